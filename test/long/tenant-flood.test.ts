/** A thousand generations of one tenant, and another tenant's latency beside them. In short: tenant-flood.test.ts. */
import { createInternalHoldfast, type InternalHoldfast } from '../../src/client/internal'
import { parseConfig } from '../../src/config'
import { until } from '../helpers/processes'
import { type Stack, startStack, twoProviders } from '../helpers/stack'

const FLOOD = 1_000
const PROBES = 40
const AT_ONCE = 4
/** Of the provider, as models have it: above what the stack itself takes, so that the ratio is about waiting. */
const LATENCY = '2s'
const config = (url: string): string =>
  twoProviders(url, 'deadline: 10m').replace('[alpha/model-a, beta/model-b]', '[alpha/model-a]')

let stack: Stack
beforeAll(async () => {
  // Half of them are the provider's, 20 calls a second: what two cores carry, so that the wait is for slots and not for
  // them. The flood lasts 50 s.
  stack = await startStack({ slots: 80, delivery: true, config })
})
afterAll(() => stack.close())

const clientOf = (tenant: string): Promise<InternalHoldfast> =>
  createInternalHoldfast({
    config: parseConfig(config(stack.simulator.url)),
    env: {},
    connection: stack.client.connection,
    namespace: stack.client.options.namespace,
    taskQueue: stack.taskQueue,
    tenant,
    delivery: stack.delivery,
  })

/** A few at a time; the 95th percentile in milliseconds. */
async function p95(holdfast: InternalHoldfast): Promise<number> {
  const took: number[] = []
  const some = async (of: number): Promise<void> => {
    for (let n = of; n < PROBES; n += AT_ONCE) {
      const startedAt = performance.now()
      await holdfast.generate({ prompt: `other ${n}` })
      took.push(performance.now() - startedAt)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, (_, of) => some(of)))
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
    await until('all of them are queued', async () => {
      const { count } = await stack.client.workflow.count(`TaskQueue = '${stack.taskQueue}'`)
      return count >= PROBES + FLOOD
    })
    const beside = await p95(other)
    process.stderr.write(
      `p95 alone ${Math.round(alone)} ms, beside ${open} of ${FLOOD} still open ${Math.round(beside)} ms: ${(beside / alone).toFixed(2)} x\n`,
    )
    expect(open).toBeGreaterThan(0)
    const answers = await Promise.all(flooded)
    expect(answers).toHaveLength(FLOOD)
    expect(beside / alone).toBeLessThan(1.5)
  } finally {
    await Promise.all([flood.close(), other.close()])
  }
}, 300_000)
