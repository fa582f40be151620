/** One tenant floods a worker, another one comes later: it waits for a slot, and not for the flood. */
import { createHoldfast, type Holdfast } from '../../src/client'
import { parseConfig } from '../../src/config'
import { type Stack, startStack, twoProviders } from '../helpers/stack'

/** Half of them for one provider, and as many again as half of that may wait. */
const SLOTS = 40
const CALLS_AT_ONCE = SLOTS / 2
const FLOOD = 100

let stack: Stack
beforeAll(async () => {
  stack = await startStack({
    slots: SLOTS,
    config: (url) =>
      twoProviders(url, 'deadline: 60s').replace('[alpha/model-a, beta/model-b]', '[alpha/model-a]'),
  })
})
afterAll(() => stack.close())

const clientOf = (tenant: string): Promise<Holdfast> =>
  createHoldfast({
    config: parseConfig(
      twoProviders(stack.simulator.url, 'deadline: 60s').replace(
        '[alpha/model-a, beta/model-b]',
        '[alpha/model-a]',
      ),
    ),
    env: {},
    connection: stack.client.connection,
    namespace: stack.client.options.namespace,
    taskQueue: stack.taskQueue,
    tenant,
  })

it('a flood fills its share and no more; a later request is called at once, and none fails because all slots are taken', async () => {
  const { simulator } = stack
  simulator.script('alpha', [{ answer: 'yes', latency: '1s' }])
  const [flood, other] = await Promise.all([clientOf('flood'), clientOf('other')])
  try {
    const of = (holdfast: Holdfast, prompt: string, count: number) =>
      Array.from({ length: count }, () => holdfast.generate({ prompt }))
    const flooded = of(flood, 'flood', FLOOD)
    // A tenth is left to the others.
    await simulator.waitForCalls(CALLS_AT_ONCE * 0.9, { provider: 'alpha' }, 30_000)
    const before = simulator.calls().length
    const others = await Promise.all(of(other, 'other', 4))
    const calls = simulator.calls().map(({ body }) => JSON.stringify(body).includes('other'))
    expect(calls.slice(0, before)).not.toContain(true)
    // All four had begun long before the flood was through.
    expect(calls.length).toBeLessThan(FLOOD)
    const answered = [...others, ...(await Promise.all(flooded))]
    expect(answered).toHaveLength(FLOOD + 4)
    for (const { attempts } of answered) {
      const made = attempts.filter(({ failure }) => failure === undefined)
      expect(made).toHaveLength(1)
      // However often it was refused: that it waited is one record.
      expect(attempts.length).toBeLessThanOrEqual(2)
    }
    // The wait for a slot is no part of the call: the last ones waited for five calls before them.
    const durations = answered.map(({ attempts }) => attempts.at(-1)?.durationMs ?? 0).sort((a, b) => a - b)
    expect(durations[FLOOD / 2]).toBeLessThan(3_000)
    expect(simulator.calls()).toHaveLength(FLOOD + 4)
  } finally {
    await Promise.all([flood.close(), other.close()])
  }
}, 60_000)
