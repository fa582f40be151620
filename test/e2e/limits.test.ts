/** A provider that enforces its limits, and a worker that keeps within them. */
import { type Stack, startStack } from '../helpers/stack'

/** So many go at once before the limit is paced: half of it. */
const RPM = 80
const config = (url: string): string => `
providers:
  alpha: { api: openai-chat, baseUrl: ${url}/alpha/v1, auth: none, limits: { requestsPerMinute: ${RPM} } }
  beta: { api: anthropic-messages, baseUrl: ${url}/beta/v1, auth: none }
  gamma: { api: openai-chat, baseUrl: ${url}/gamma/v1, auth: none }
  keyed: { api: openai-chat, baseUrl: ${url}/keyed/v1, apiKeysEnv: [KEY_ONE, KEY_TWO], limits: { requestsPerMinute: 20 } }
routes:
  default: { candidates: [alpha/model-a] }
  fallback: { candidates: [{ target: gamma/model-g, retry: { maxWait: 50ms } }, beta/model-b] }
  learned: { candidates: [beta/model-l], deadline: 60s }
  late: { candidates: [gamma/model-g], deadline: 2s }
  keys: { candidates: [keyed/model-k] }
models:
  gamma/model-g: { limits: { requestsPerMinute: 6 } }
`

let stack: Stack
beforeAll(async () => {
  stack = await startStack({ config, env: { KEY_ONE: 'one', KEY_TWO: 'two' } })
  stack.simulator.rateLimits('alpha', { requestsPerMinute: RPM, how: 'window', headers: false })
  stack.simulator.rateLimits('beta/model-l', { requestsPerMinute: RPM, how: 'bucket' })
})
afterAll(() => stack.close())

const generate = (route: string, count: number) =>
  Promise.all(
    Array.from({ length: count }, (_, n) => stack.holdfast.generate({ route, prompt: `${route} ${n}` })),
  )

const refusedBy = (provider: string) =>
  stack.simulator.calls({ provider }).filter(({ status }) => status === 429)

it('what is over the limit waits for its turn in the call, and is not refused', async () => {
  const startedAt = Date.now()
  const all = await generate('default', RPM / 2 + 6)
  expect(refusedBy('alpha')).toHaveLength(0)
  // The first after half of it goes at once, the others 1.3 a second.
  expect(Date.now() - startedAt).toBeGreaterThan(3_000)
  expect(all.flatMap(({ attempts }) => attempts)).toHaveLength(RPM / 2 + 6)
  // The wait is no part of the call.
  for (const { attempts } of all) expect(attempts[0]?.durationMs).toBeLessThan(3_000)
}, 30_000)

it('a limit that only the headers name is learned from them', async () => {
  await generate('learned', 1)
  await generate('learned', RPM / 2 + 6)
  expect(refusedBy('beta')).toHaveLength(0)
  const text = await stack.metrics.text()
  expect(text).toMatch(/holdfast_limit_used_ratio\{target="beta\/model-l",unit="requests"\} 0\.[4-6]/)
  expect(text).toMatch(/holdfast_limit_wait_seconds_count\{target="beta\/model-l"\} [1-9]/)
}, 30_000)

it('where another candidate is left, nobody waits longer than maxWait', async () => {
  const all = await generate('fallback', 8)
  const targets = all.map(({ target }) => target)
  expect(targets.filter((target) => target === 'gamma/model-g')).toHaveLength(4)
  const refused = all.flatMap(({ attempts }) => attempts).filter(({ failure }) => failure?.code === 'limit')
  expect(refused).toHaveLength(4)
  expect(refused[0]?.failure).toMatchObject({ class: 'not_admitted', retryAfterMs: expect.any(Number) })
})

it('where its turn comes after the deadline the call fails at once, and says when to come back', async () => {
  const startedAt = Date.now()
  const failed = await stack.holdfast
    .generate({ route: 'late', prompt: 'late' })
    .catch((error: unknown) => error)
  expect(failed).toMatchObject({ kind: 'all_failed', retryAt: expect.any(Date) })
  expect(Date.now() - startedAt).toBeLessThan(2_000)
})

it('of several keys one that has room is used', async () => {
  await generate('keys', 20)
  const byKey = new Map<string | null, number>()
  for (const { keyHash } of stack.simulator.calls({ provider: 'keyed' }))
    byKey.set(keyHash, (byKey.get(keyHash) ?? 0) + 1)
  // Half of what each may have goes at once, and one more.
  expect([...byKey.values()].sort()).toEqual([11, 9])
})
