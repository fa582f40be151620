/** What a whole answer is held against, and that nobody's schema holds up the worker. */
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { outputCheck } from '../../activities/check-output'
import type { JsonObject } from '../../src/domain/request/json'
import { answerOf } from '../helpers/cache'

async function checked(text: string, schema: JsonObject, tenant: string | null = null) {
  const check = await outputCheck({ output: { schema }, tools: [] } as never, tenant)
  if (!check.ok) throw new Error(check.failure.message)
  return check.value(answerOf(text))
}

const OBJECT: JsonObject = { type: 'object', properties: { n: { type: 'number' } }, required: ['n'] }

describe('the check of an answer', () => {
  it.each(['{"n": 3}', '```json\n{"n": 3}\n```', '  ```\n{"n": 3}\n  ```\n', '```json  \r\n{"n": 3}\r\n```'])(
    'reads JSON as models send it: %j',
    async (text) => {
      expect(await checked(text, OBJECT)).toMatchObject({ ok: true, value: { output: { n: 3 } } })
    },
  )

  it.each(['```js\n{"n": 3}\n```', '```json {"n": 3} ```', '```', 'n', '{"n": "3"}'])(
    'refuses %j',
    async (text) => {
      expect(await checked(text, OBJECT)).toMatchObject({ ok: false, failure: { class: 'schema_mismatch' } })
    },
  )

  it('an answer of nothing but line ends in a fence costs no more than its length', async () => {
    const startedAt = performance.now()
    expect(await checked(`\`\`\`json\n${'\n'.repeat(1_500_000)}x`, OBJECT)).toMatchObject({ ok: false })
    // With a pattern that searches again from each line end it took minutes.
    expect(performance.now() - startedAt).toBeLessThan(20_000)
  })

  it('a pattern that takes for ever is given up, and the worker goes on', async () => {
    const schema = { type: 'string', pattern: '^(a+)+$' }
    expect(await checked(`"${'a'.repeat(40)}!"`, schema)).toMatchObject({
      ok: false,
      failure: { class: 'schema_mismatch', message: expect.stringContaining('could not be checked') },
    })
    expect(await checked('"aaa"', schema)).toMatchObject({ ok: true, value: { output: 'aaa' } })
  })

  it('an answer of 100,000 levels is refused unread, under a schema that takes anything', async () => {
    const deep = `${'['.repeat(100_000)}1${']'.repeat(100_000)}`
    expect(await checked(deep, {})).toMatchObject({ ok: false, failure: { class: 'schema_mismatch' } })
    expect(await checked(`${'['.repeat(90)}1${']'.repeat(90)}`, {})).toMatchObject({ ok: true })
  })

  it('an invalid schema is an error before anything is sent', async () => {
    expect(
      await outputCheck({ output: { schema: { type: 'nothing' } }, tools: [] } as never, null),
    ).toMatchObject({
      ok: false,
      failure: { class: 'invalid_request' },
    })
  })

  it('large and malicious schemas do not block the event loop', async () => {
    const wide = (n: number): JsonObject => ({
      type: 'object',
      properties: Object.fromEntries(Array.from({ length: n }, (_, at) => [`k${at}`, { type: 'string' }])),
    })
    const delays = monitorEventLoopDelay({ resolution: 5 })
    const checks = Array.from({ length: 3 }, (_, at) =>
      outputCheck({ output: { schema: wide(5_000 + at) } } as never, null),
    )
    const evil = Array.from({ length: 2 }, (_, at) =>
      checked(`"${'a'.repeat(40 + at)}!"`, { type: 'string', pattern: `^(a+)+$|${at}` }),
    )
    // What hashing and posting them takes is not theirs.
    await new Promise((resolve) => setImmediate(resolve))
    delays.enable()
    await Promise.all([...checks, ...evil])
    delays.disable()
    // In this thread each of the evil ones took a second, and each of the wide ones as long.
    expect(delays.max / 1e6).toBeLessThan(700)
    expect((await Promise.all(evil)).map(({ ok }) => ok)).toEqual([false, false])
  })

  it('tenants take turns: a check waits for one check of a flooding tenant, not for all of them', async () => {
    const ended: string[] = []
    const evil = Array.from({ length: 4 }, (_, at) =>
      checked(`"${'a'.repeat(50 + at)}!"`, { type: 'string', pattern: `^(b|a+)+$|${at}` }, 'flood').then(() =>
        ended.push('flood'),
      ),
    )
    const other = checked('"abc"', { type: 'string', pattern: '^a' }, 'other').then(({ ok }) =>
      ended.push(`other ${ok}`),
    )
    await Promise.all([...evil, other])
    expect(ended.indexOf('other true')).toBeLessThanOrEqual(2)
  })

  it('a schema that took too long to compile is not compiled again', async () => {
    const schema: JsonObject = {
      type: 'object',
      properties: Object.fromEntries(
        Array.from({ length: 20_000 }, (_, at) => [`k${at}`, { type: 'string' }]),
      ),
    }
    const first = await outputCheck({ output: { schema } } as never, null)
    expect(first).toMatchObject({
      ok: false,
      failure: { message: expect.stringContaining('within 1000 ms') },
    })
    const startedAt = performance.now()
    await outputCheck({ output: { schema } } as never, null)
    expect(performance.now() - startedAt).toBeLessThan(900)
  })
})
