/** What no provider sends and anybody between could: names that every object has, and words without an end. */
import { wireFormat } from '../../../src/formats/outbound'
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
