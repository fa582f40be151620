/** Three workers at one provider's limit: requests in plenty, at six hundred a minute. */
import { type RecordedCall, type Simulator, startSimulator } from '../../src/simulator'
import { batchText, resultsOf } from '../helpers/batch'
import { type Command, type Commands, commands } from '../helpers/commands'
import { CHAT_BODY, postChat } from '../helpers/gateway-process'
import { type Stack, startStack } from '../helpers/stack'
import { ownTaskQueue, testServer } from '../helpers/temporal'

const RPM = 600
const REQUESTS = 1_000

const config =
  (limits: string) =>
  (url: string): string =>
    `
providers:
  alpha: { api: openai-chat, baseUrl: ${url}/alpha/v1, auth: none${limits} }
routes:
  default: { candidates: [alpha/model-a], deadline: 10m, timeouts: { workerLost: 5s } }
`
/** Nobody waits for a slot of its own making: each worker has many more calls at once than the limit lets through. */
const LATENCY = '300ms'
const CONFIGURED = `, limits: { requestsPerMinute: ${RPM} }`
const MINUTE_MS = 60_000

test.each([
  ['a window that says nothing, configured', CONFIGURED, { how: 'window', headers: false }],
  ['a bucket whose limit only the headers name', '', { how: 'bucket', headers: true }],
] as const)(
  '%s: under 1 % is refused, and all are answered in about the time that the limit allows',
  async (_name, limits, enforced) => {
    const stack: Stack = await startStack({ config: config(limits), workers: 3 })
    try {
      const { simulator, holdfast, client, taskQueue } = stack
      simulator.script('alpha', [{ answer: 'yes', latency: LATENCY }])
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

describe('processes', () => {
  const { address, namespace } = testServer()
  let host: Commands
  let simulator: Simulator
  let workers: Command[]
  let file: string
  let env: { [name: string]: string }

  beforeEach(async () => {
    env = {
      TEMPORAL_ADDRESS: address,
      TEMPORAL_NAMESPACE: namespace,
      HOLDFAST_TASK_QUEUE: ownTaskQueue('limits'),
    }
    simulator = await startSimulator()
    simulator.script('alpha', [{ answer: 'yes', latency: LATENCY }])
    simulator.rateLimits('alpha', { requestsPerMinute: RPM, how: 'window', headers: false })
    host = commands()
    file = host.file('holdfast.yaml', config(CONFIGURED)(simulator.url))
    workers = Array.from({ length: 3 }, () => host.run(['worker', '--config', file], env))
    await Promise.all(workers.map((worker) => worker.says(/Worker ready/)))
  }, 120_000)
  afterEach(async () => {
    await host.close()
    await simulator.close()
  })

  const refusedOf = (calls: readonly RecordedCall[]): number =>
    calls.filter(({ status }) => status === 429).length / calls.length
  /** Of the limit, what was let through in the minute from then on. */
  const useFrom = (calls: readonly RecordedCall[], at: number): number =>
    calls.filter(
      ({ status, receivedAt }) => status === 200 && receivedAt >= at && receivedAt < at + MINUTE_MS,
    ).length / RPM
  const say = (what: object): void => {
    process.stderr.write(`${JSON.stringify(what)}\n`)
  }

  it('a batch at the limit uses it, and is refused nothing', async () => {
    const lines = 900
    const input = host.file('in.jsonl', batchText(lines))
    const output = `${host.folder}/out.jsonl`
    const batch = host.run(['batch', input, output, '--config', file, '--concurrency', '60'], env)
    expect(await batch.exited).toBe(0)
    const calls = simulator.calls()
    // All of it: what goes at once at first is missing in the minute behind.
    const tookMs = (calls.at(-1)?.receivedAt ?? 0) - (calls[0]?.receivedAt ?? 0)
    const use = (lines / RPM) * (MINUTE_MS / tookMs)
    say({ batch: lines, tookMs, calls: calls.length, refused: refusedOf(calls), use })
    expect(resultsOf(output).every(({ response }) => response?.status_code === 200)).toBe(true)
    expect(refusedOf(calls)).toBeLessThan(0.01)
    expect(use).toBeGreaterThan(0.85)
  }, 300_000)

  it('of two gateways, a worker that is killed with its share leaves it to the others', async () => {
    const urls = await Promise.all(
      [1, 2].map(async () => {
        const gateway = host.run(['gateway', '--port', '0', '--config', file], env)
        const [, url = ''] = await gateway.says(/Gateway at (http:\/\/[^:]+:\d+)/)
        return url
      }),
    )
    let isDone = false
    const statuses = new Map<number, number>()
    const caller = async (url: string): Promise<void> => {
      while (!isDone) {
        const response = await postChat(url, CHAT_BODY)
        await response.text()
        statuses.set(response.status, (statuses.get(response.status) ?? 0) + 1)
      }
    }
    const callers = urls.flatMap((url) => Array.from({ length: 20 }, () => caller(url)))
    // Past the half that goes at once and the minute that pays for it: each has its share by now.
    await simulator.waitForCalls(900, {}, 150_000)
    workers[0]?.kill('SIGKILL')
    // Its calls are others' after `workerLost`, and its share after four turns.
    const sharedAt = Date.now() + 10_000
    await new Promise((resolve) => setTimeout(resolve, sharedAt + MINUTE_MS - Date.now()))
    isDone = true
    await Promise.all(callers)
    const calls = simulator.calls()
    const use = useFrom(calls, sharedAt)
    say({ gateways: 2, calls: calls.length, refused: refusedOf(calls), use, statuses: [...statuses] })
    expect([...statuses.keys()]).toEqual([200])
    expect(refusedOf(calls)).toBeLessThan(0.01)
    expect(use).toBeGreaterThan(0.85)
  }, 300_000)
})
