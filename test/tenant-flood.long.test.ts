/** A thousand generations of one tenant, and another tenant's latency beside them. In short: tenant-flood.test.ts. */
import { createHoldfast, type Holdfast } from '../src/client'
import { parseConfig } from '../src/config'
import { type Stack, startStack, twoProviders } from './helpers/stack'

const FLOOD = 1_000
const PROBES = 40
/** Of the provider: far above what the stack itself takes, so that the ratio is about waiting. */
const LATENCY = '500ms'
const config = (url: string): string =>
  twoProviders(url, 'deadline: 10m').replace('[alpha/model-a, beta/model-b]', '[alpha/model-a]')

let stack: Stack
beforeAll(async () => {
  // Half of them are the provider's: a flood of a thousand waits ten times over.
  stack = await startStack({ slots: 200, config })
})
afterAll(() => stack.close())

const clientOf = (tenant: string): Promise<Holdfast> =>
  createHoldfast({
    config: parseConfig(config(stack.simulator.url)),
    env: {},
    connection: stack.client.connection,
    namespace: stack.client.options.namespace,
    taskQueue: stack.taskQueue,
    tenant,
  })

/** One after the other; the 95th percentile in milliseconds. */
async function p95(holdfast: Holdfast): Promise<number> {
  const took: number[] = []
  for (let n = 0; n < PROBES; n += 1) {
    const startedAt = performance.now()
    await holdfast.generate({ prompt: `other ${n}` })
    took.push(performance.now() - startedAt)
  }
  took.sort((a, b) => a - b)
  return took[Math.floor(PROBES * 0.95)] ?? Number.NaN
}

it('the 95th percentile of a tenant stays within 1.5 x of its own while another one floods', async () => {
  const { simulator } = stack
  simulator.script('alpha', [{ answer: 'yes', latency: LATENCY }])
  const [flood, other] = await Promise.all([clientOf('flood'), clientOf('other')])
  try {
    const alone = await p95(other)
    let open = FLOOD
    const flooded = Array.from({ length: FLOOD }, (_, n) =>
      flood.generate({ prompt: `flood ${n}` }).finally(() => {
        open -= 1
      }),
    )
    await simulator.waitForCalls(PROBES + 50, { provider: 'alpha' }, 30_000)
    const beside = await p95(other)
    process.stderr.write(
      `p95 alone ${Math.round(alone)} ms, beside ${open} of ${FLOOD} still open ${Math.round(beside)} ms: ${(beside / alone).toFixed(2)} x\n`,
    )
    const answers = await Promise.all(flooded)
    expect(answers).toHaveLength(FLOOD)
    expect(beside / alone).toBeLessThan(1.5)
  } finally {
    await Promise.all([flood.close(), other.close()])
  }
}, 300_000)
