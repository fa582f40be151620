/** RETRY-7: in an outage the calls to who is down are bounded by the route's budget of retries, and all are answered. */
import { type Stack, startStack } from '../helpers/stack'

const REQUESTS = 30
const SHARE = 0.2
/** As src/domain/routing/share-bucket.ts says: saved up at first, and what comes back while the test runs. */
const QUIET = 2
const REFILL_MS = 5_000

const config = (url: string): string => `
providers:
  alpha: { api: openai-chat, baseUrl: ${url}/alpha/v1, auth: none }
  beta: { api: openai-chat, baseUrl: ${url}/beta/v1, auth: none }
defaults:
  circuit: false
  retry: { maximumAttempts: 2, initialInterval: 1ms }
  candidates: [alpha/a, beta/b]
routes:
  bounded: { retryBudget: 20% }
  unbounded: {}
`

let stack: Stack
beforeAll(async () => {
  stack = await startStack({ config })
})
afterAll(() => stack?.close())
beforeEach(() => stack.simulator.reset())

async function outage(route: string): Promise<{ calls: number; tookMs: number }> {
  const { simulator, holdfast } = stack
  simulator.script('alpha', [{ fault: 'overloaded' }])
  const startedAt = Date.now()
  const answers = await Promise.all(
    Array.from({ length: REQUESTS }, (_, n) => holdfast.generate({ route, prompt: `number ${n}` })),
  )
  expect(new Set(answers.map(({ target }) => target))).toEqual(new Set(['beta/b']))
  return { calls: simulator.calls({ provider: 'alpha' }).length, tookMs: Date.now() - startedAt }
}

it('retries are at most the share of the calls, and the rest goes to the next candidate at once', async () => {
  const { calls, tookMs } = await outage('bounded')
  const most = REQUESTS * (1 + SHARE) + QUIET + tookMs / REFILL_MS
  expect(calls).toBeGreaterThan(REQUESTS)
  expect(calls).toBeLessThanOrEqual(most)
  expect(await stack.metrics.text()).toMatch(/holdfast_retry_budget_exhausted_total\{route="bounded"\} [1-9]/)
}, 60_000)

it('without a budget each is called again', async () => {
  expect((await outage('unbounded')).calls).toBe(2 * REQUESTS)
}, 60_000)
