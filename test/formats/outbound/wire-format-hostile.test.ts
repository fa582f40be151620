/** What no provider sends and anybody between could: names that every object has, and words without an end. */
import { wireFormat } from '../../../src/formats/outbound'
import { adapt } from '../../../src/formats/outbound/anthropic-messages/output'
import { APIS } from '../../../src/formats/outbound/wire-format'
import { play } from './fixtures'

describe.each(APIS)('%s', (api) => {
  it.each(['constructor', 'toString', 'valueOf', '__proto__'])(
    'an event of the type %s is read as one that is not known, or as none',
    (word) => {
      const data = JSON.stringify({ type: word })
      const outcome = wireFormat(api).createStreamDecoder().push({ event: null, data })
      expect(outcome.ok || outcome.failure.class === 'bad_response').toBe(true)
    },
  )
})

it('a reason of any length is shown by its beginning', () => {
  const long = 'x'.repeat(70_000)
  const data = JSON.stringify({ promptFeedback: { blockReason: long } })
  const { answer } = play(wireFormat('gemini').createStreamDecoder(), [{ event: null, data }])
  expect(answer.ok || answer.failure.message.length).toBeLessThan(200)
  expect(answer).toMatchObject({ ok: false, failure: { class: 'content_refused' } })
})

it.each(['constructor', 'toString', '__proto__'])(
  'a schema may have the word %s, and a property of that name',
  (word) => {
    const text = `{"type":"object","${word}":1,"properties":{"${word}":{"type":"string"}}}`
    const property = `{"type":"object","properties":{"${word}":{"type":"string"}},"additionalProperties":false}`
    const adapted = adapt(JSON.parse(text))
    expect(adapted.ok && JSON.stringify(adapted.schema)).toBe(property)
  },
)
