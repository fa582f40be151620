/** What a whole answer is held against, and that nobody's schema holds up the worker. */
import { outputCheck } from '../activities/check-output'
import type { JsonObject } from '../src/domain/json'
import { answerOf } from './helpers/cache'

function checked(text: string, schema: JsonObject) {
  const check = outputCheck({ output: { schema }, tools: [] } as never)
  if (!check.ok) throw new Error(check.failure.message)
  return check.value(answerOf(text))
}

const OBJECT: JsonObject = { type: 'object', properties: { n: { type: 'number' } }, required: ['n'] }

describe('the check of an answer', () => {
  it.each(['{"n": 3}', '```json\n{"n": 3}\n```', '  ```\n{"n": 3}\n  ```\n', '```json  \r\n{"n": 3}\r\n```'])(
    'reads JSON as models send it: %j',
    (text) => {
      expect(checked(text, OBJECT)).toMatchObject({ ok: true, value: { output: { n: 3 } } })
    },
  )

  it.each(['```js\n{"n": 3}\n```', '```json {"n": 3} ```', '```', 'n', '{"n": "3"}'])(
    'refuses %j',
    (text) => {
      expect(checked(text, OBJECT)).toMatchObject({ ok: false, failure: { class: 'schema_mismatch' } })
    },
  )

  it('an answer of nothing but line ends in a fence costs no more than its length', () => {
    const startedAt = performance.now()
    expect(checked(`\`\`\`json\n${'\n'.repeat(1_500_000)}x`, OBJECT)).toMatchObject({ ok: false })
    // By a pattern that looks again from each line end it was minutes.
    expect(performance.now() - startedAt).toBeLessThan(20_000)
  })

  it('a pattern that takes for ever is given up, and the worker goes on', () => {
    const schema = { type: 'string', pattern: '^(a+)+$' }
    expect(checked(`"${'a'.repeat(40)}!"`, schema)).toMatchObject({
      ok: false,
      failure: { class: 'schema_mismatch', message: expect.stringContaining('could not be checked') },
    })
    expect(checked('"aaa"', schema)).toMatchObject({ ok: true, value: { output: 'aaa' } })
  })

  it('a schema that is none is told before anything is sent', () => {
    expect(outputCheck({ output: { schema: { type: 'nothing' } }, tools: [] } as never)).toMatchObject({
      ok: false,
      failure: { class: 'invalid_request' },
    })
  })
})
