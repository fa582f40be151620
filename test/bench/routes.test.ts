/** The benchmark's routes do what their names say: by the calls that their providers get. Nothing here reads a clock. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { SCRIPT } from '../../bench/routes'
import { freshTaskQueue, type Setup } from '../../bench/setup'
import {
  ALL,
  besideOf,
  type CallerPart,
  type SubjectName,
  subjectNames,
  subjectOf,
} from '../../bench/subjects'
import { verdicts } from '../../bench/verdicts'
import { type Simulator, startSimulator } from '../../src/simulator'
import { testServer } from '../helpers/temporal'

const against = { baseUrl: 'http://127.0.0.1:1/v1', model: 'model-x', keyEnv: null, pid: null }

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

describe('the choice of subjects', () => {
  it('has the usual ones without a name, and no peer without another gateway', () => {
    const usual = ['direct', 'floor', 'holdfast', 'gateway', 'gateway-stream']
    expect(subjectNames({ against: null })).toEqual(usual)
    expect(subjectNames({ against })).toEqual([...usual, 'against', 'against-stream'])
  })

  it('adds what a named one is held against, and its peer', () => {
    expect(subjectNames({ against: null }, ['open-circuit'])).toEqual(['healthy', 'open-circuit'])
    expect(subjectNames({ against }, ['hedge'])).toEqual([
      'sequence',
      'hedge',
      'against-sequence',
      'against-hedge',
    ])
    expect(subjectNames({ against }, [])).toEqual([])
  })

  it('knows only subjects', () => {
    for (const name of ALL) {
      const beside = besideOf(name)
      if (beside !== null) expect(ALL).toContain(beside)
      expect(() => subjectNames({ against }, [name])).not.toThrow()
    }
  })
})

describe('a goal', () => {
  const row = (subject: SubjectName, perSecond: number) => ({
    inFlight: 16,
    subject,
    calls: 1,
    failed: 0,
    reason: null,
    p50Ms: 1,
    p99Ms: 351,
    firstTokenMs: null,
    perSecond,
    cpuMs: { caller: null, worker: null, server: null },
    totalCpuMs: null,
    rssBytes: null,
    serverRssBytes: null,
    providerCalls: 1.1,
    ratio: { to: 'healthy' as const, p50: 1.1, firstToken: null, cpu: 1.11 },
  })
  const met = (rows: ReturnType<typeof row>[]) => verdicts(rows, []).map(({ met: is }) => is)

  it('is met at its limit, missed above it, and unknown without what it is held against', () => {
    expect(met([row('open-circuit', 1)])).toEqual([true, false])
    expect(met([row('long-tail', 1)])).toEqual([false, true])
    expect(met([row('up-file', 12)])).toEqual([null])
    expect(met([row('up-file', 12), row('against', 10)])).toEqual([true])
    expect(met([row('up-file', 11), row('against', 10)])).toEqual([false])
  })
})
