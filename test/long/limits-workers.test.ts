/** Three workers at one provider's limit: a thousand requests at six hundred a minute. */
import { type Stack, startStack } from '../helpers/stack'

const RPM = 600
const REQUESTS = 1_000

const config =
  (limits: string) =>
  (url: string): string =>
    `
providers:
  alpha: { api: openai-chat, baseUrl: ${url}/alpha/v1, auth: none${limits} }
routes:
  default: { candidates: [alpha/model-a], deadline: 10m }
`

test.each([
  [
    'a window that says nothing, configured',
    `, limits: { requestsPerMinute: ${RPM} }`,
    { how: 'window', headers: false },
  ],
  ['a bucket whose limit only the headers name', '', { how: 'bucket', headers: true }],
] as const)(
  '%s: under 1 % is refused, and all are answered in about the time that the limit allows',
  async (_name, limits, enforced) => {
    const stack: Stack = await startStack({ config: config(limits), workers: 3 })
    try {
      const { simulator, holdfast, client, taskQueue } = stack
      simulator.script('alpha', [{ answer: 'yes', latency: '300ms' }])
      simulator.rateLimits('alpha', { requestsPerMinute: RPM, ...enforced })
      await holdfast.generate({ prompt: 'first' })
      const startedAt = Date.now()
      let next = 0
      const caller = async (): Promise<void> => {
        while (next < REQUESTS) {
          next += 1
          const prompt = `request ${next}`
          const request = { prompt, idempotencyKey: prompt }
          // A busy machine may confirm a start too late: the same one again attaches.
          await holdfast.generate(request).catch(() => holdfast.generate(request))
        }
      }
      await Promise.all(Array.from({ length: 40 }, caller))
      const tookMs = Date.now() - startedAt
      const calls = simulator.calls()
      const refused = calls.filter(({ status }) => status === 429).length
      const { historyLength } = await client.workflow.getHandle(`limits-alpha@${taskQueue}`).describe()
      process.stderr.write(
        `${JSON.stringify({ enforced, tookMs, calls: calls.length, refused, historyLength })}\n`,
      )
      expect(refused / calls.length).toBeLessThan(0.01)
      expect(tookMs).toBeLessThan((REQUESTS / RPM) * 60_000 * 1.6)
    } finally {
      await stack.close()
    }
  },
  300_000,
)
