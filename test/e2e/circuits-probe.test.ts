/** The one call that probes: it learns for everybody, and its caller does not pay for it (activities/probe.ts). */
import { circuitConfig, phaseOf, untilPublished } from '../helpers/circuits'
import { until } from '../helpers/sockets'
import { type Stack, startStack } from '../helpers/stack'

/** Of `circuitConfig`. */
const ATTEMPT_MS = 3_000

const config = (url: string): string =>
  circuitConfig(url, { circuit: 'consecutive: 2, openFor: 500ms, maxOpenFor: 500ms' })

describe('the call that probes', () => {
  let stack: Stack
  beforeAll(async () => {
    stack = await startStack({ config })
  })
  afterAll(() => stack.close())

  const ask = async (more: object = {}) => {
    const startedAt = Date.now()
    const { target, attempts } = await stack.holdfast.generate({ prompt: 'hi', ...more })
    return { target, attempts, tookMs: Date.now() - startedAt }
  }
  const alphaCalls = () => stack.simulator.calls({ provider: 'alpha' })
  const phase = (name: string) =>
    untilPublished(stack, 'alpha', (state) => phaseOf(state, 'model-a') === name)

  /** Opens alpha's circuit, then alpha is as the script says. */
  async function openThen(step: Parameters<Stack['simulator']['script']>[1]): Promise<void> {
    stack.simulator.reset()
    stack.simulator.script('alpha', [{ status: 503 }])
    while (alphaCalls().length < 2) await ask()
    const { circuits } = await phase('open')
    const opened = circuits.models['model-a']?.phase
    stack.simulator.reset()
    stack.simulator.script('alpha', step)
    await until(() => opened?.name === 'open' && Date.now() > opened.until)
  }
  const probed = async (call: () => Promise<unknown>): Promise<void> => {
    while (alphaCalls().length === 0) await call()
  }

  it('hangs, and its caller has the next candidate’s answer long before its timeout', async () => {
    await openThen([{ fault: 'silent', times: 1 }, {}])
    let slowest = { tookMs: 0 } as Awaited<ReturnType<typeof ask>>
    await probed(async () => {
      const one = await ask()
      if (one.tookMs > slowest.tookMs) slowest = one
    })
    expect(slowest.target).toBe('beta/model-b')
    expect(slowest.tookMs).toBeLessThan(ATTEMPT_MS - 500)
    expect(slowest.attempts.map(({ failure }) => failure?.code)).toContain('circuit')
    // It runs on, and nobody else waits for it: then it has failed, and the next one finds the target well.
    while ((await ask()).target !== 'alpha/model-a') expect(alphaCalls().length).toBeLessThanOrEqual(2)
    await phase('closed')
  })

  it('runs on when its caller hangs up, and closes the circuit', async () => {
    await openThen([{ latency: '700ms' }])
    const leaving = new AbortController()
    const left = probed(() => ask({ signal: leaving.signal }).catch(() => undefined))
    await until(() => alphaCalls().length === 1)
    leaving.abort()
    await left
    await phase('closed')
    expect(alphaCalls()).toHaveLength(1)
  })

  it('has the route’s own time, however little its caller gives it', async () => {
    await openThen([{ latency: '700ms' }])
    await probed(() => ask({ override: { timeouts: { attempt: '100ms' } } }))
    await phase('closed')
    expect(alphaCalls()).toHaveLength(1)
  })

  it('comes soon after a long outage: half a minute after a minute of it, in the small', async () => {
    const SCALE = 20
    await openThen([{ fault: 'refuse' }])
    const downUntil = Date.now() + 60_000 / SCALE
    while (Date.now() < downUntil) expect((await ask()).target).toBe('beta/model-b')
    stack.simulator.reset()
    const recoveredAt = Date.now()
    while ((await ask()).target !== 'alpha/model-a') expect(alphaCalls()).toEqual([])
    expect(Date.now() - recoveredAt).toBeLessThan(30_000 / SCALE)
  })
})
