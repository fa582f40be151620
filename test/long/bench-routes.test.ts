/** The benchmark's routes do what their names say: by the calls that their providers get. Nothing here reads a clock. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { SCRIPT } from '../../bench/routes'
import { freshTaskQueue, type Setup } from '../../bench/setup'
import { type CallerPart, type SubjectName, subjectOf } from '../../bench/subjects'
import { type Simulator, startSimulator } from '../../src/simulator'
import { testServer } from '../helpers/temporal'

let simulator: Simulator
let setup: Setup

beforeAll(async () => {
  const { address, namespace } = testServer()
  simulator = await startSimulator({ script: SCRIPT })
  const folder = mkdtempSync(path.join(tmpdir(), 'holdfast-bench-test-'))
  setup = {
    temporal: { address, namespace, connection: {} },
    simulatorUrl: simulator.url,
    floorBundle: '',
    folder,
    against: null,
  }
})

afterAll(async () => {
  await simulator.close()
  rmSync(setup.folder, { recursive: true, force: true })
})

async function withCaller<T>(name: SubjectName, act: (caller: CallerPart) => Promise<T>): Promise<T> {
  const { startWorker, startCaller } = subjectOf(name)
  const taskQueue = freshTaskQueue(name)
  const worker = (await startWorker?.(setup, taskQueue)) ?? null
  try {
    const caller = await startCaller({ setup, taskQueue, worker, url: worker?.url ?? null })
    return await act(caller).finally(() => caller.close())
  } finally {
    await worker?.close()
  }
}

/** By provider, of so many calls one after the other. */
async function providerCalls(name: SubjectName, calls: number): Promise<{ [provider: string]: number }> {
  simulator.reset()
  await withCaller(name, async ({ call }) => {
    for (let made = 0; made < calls; made += 1) await call()
  })
  const counted: { [provider: string]: number } = {}
  for (const { provider } of simulator.calls()) counted[provider] = (counted[provider] ?? 0) + 1
  return counted
}

describe('a route', () => {
  it('`failing-primary` calls the failing provider each time, then the spare one', async () => {
    expect(await providerCalls('failing-primary', 6)).toEqual({ failing: 6, spare: 6 })
  })

  it('`open-circuit` leaves the failing provider alone once its circuit is open', async () => {
    const { failing = 0, spare } = await providerCalls('open-circuit', 8)
    expect(spare).toBe(8)
    // A retry of one call may still be under way when the circuit opens.
    expect(failing).toBeGreaterThanOrEqual(5)
    expect(failing).toBeLessThanOrEqual(6)
  })

  it('`cache-hit` calls its provider once', async () => {
    expect(await providerCalls('cache-hit', 3)).toEqual({ bench: 1 })
  })

  it('`long-tail` has one call more where the first candidate is slow', async () => {
    await withCaller('long-tail', async ({ call }) => {
      simulator.reset()
      simulator.script('long-tail', ['60 words, in 30s'])
      await call()
    })
    expect(simulator.calls().map(({ provider }) => provider)).toEqual(['long-tail', 'long-tail-spare'])
  })
})
