/** The benchmark in short: what can be counted. Nothing here depends on how fast the machine is. */
import path from 'node:path'
import { Client } from '@temporalio/client'
import { footprintOf } from '../bench/footprint'
import { type HeartbeatCounter, installCountingRuntime } from '../bench/heartbeats'
import { type HistorySize, historySize } from '../bench/history'
import { runLoad } from '../bench/load'
import { type Report, reportText, TARGETS, verdicts } from '../bench/report'
import { IN_FLIGHT, measureRounds } from '../bench/rounds'
import { freshTaskQueue, SCRIPT, type Setup } from '../bench/setup'
import { median, percentile } from '../bench/stats'
import { benchLogger, type CallerPart, SUBJECT_NAMES, SUBJECTS, type SubjectName } from '../bench/subjects'
import type { Team } from '../bench/team'
import { createHoldfast, type Holdfast } from '../src/client'
import { parseConfig } from '../src/config'
import { type Simulator, startSimulator } from '../src/simulator'
import { keptBundle } from '../src/temporal/workflow-bundle'
import { startHost } from '../src/worker'
import { testServer } from './helpers/temporal'
import { countWorkflowPromises } from './helpers/workflow-promises'

/** 20 when this was written. A scope that is run adds 7, and from then on each counts twice in its thread. */
const PROMISES_AT_MOST = 22

// Bundling the floor's workflow takes seconds, more on a busy machine.
jest.setTimeout(120_000)

const closers: (() => Promise<unknown>)[] = []
const callers = {} as { [S in SubjectName]: CallerPart }
let heartbeats: HeartbeatCounter
let simulator: Simulator
let setup: Setup
let client: Client

beforeAll(async () => {
  heartbeats = installCountingRuntime(benchLogger())
  const { address, namespace } = testServer()
  const floorBundle = await keptBundle(path.resolve(__dirname, '../bench/floor/workflow.ts'))
  simulator = await startSimulator({ script: SCRIPT })
  closers.push(() => simulator.close())
  setup = {
    temporal: { address, namespace, connection: {} },
    simulatorUrl: simulator.url,
    floorBundle: floorBundle.codePath,
  }
  for (const name of SUBJECT_NAMES) callers[name] = await startSubject(name)
})

afterAll(async () => {
  for (const close of closers.reverse()) await close()
})

async function startSubject(name: SubjectName): Promise<CallerPart> {
  const { startWorker, startCaller } = SUBJECTS[name]
  const taskQueue = freshTaskQueue(name)
  const worker = (await startWorker?.(setup, taskQueue)) ?? null
  if (worker !== null) closers.push(() => worker.close())
  const caller = await startCaller(setup, taskQueue, worker)
  closers.push(() => caller.close())
  if (name === 'holdfast' && worker !== null)
    client = new Client({ connection: worker.connection, namespace: setup.temporal.namespace })
  return caller
}

async function sizeOf(name: SubjectName): Promise<HistorySize> {
  const id = await callers[name].call()
  if (id === null) throw new Error(`${name} has no workflow`)
  return historySize(client, id)
}

/** A host and client of their own, for one test. */
async function withHoldfast<T>(route: string, act: (holdfast: Holdfast) => Promise<T>): Promise<T> {
  const { temporal } = setup
  const config = parseConfig(`
providers:
  slow: { api: openai-chat, baseUrl: ${simulator.url}/slow/v1, auth: none }
routes:
  default: { candidates: [slow/model], ${route} }
`)
  const taskQueue = freshTaskQueue('own')
  const host = await startHost({ config, env: {}, logger: benchLogger(), temporal, taskQueue })
  try {
    const { connection } = host
    return await act(await createHoldfast({ config, env: {}, connection, taskQueue, eager: true }))
  } finally {
    await host.close()
  }
}

describe('what a healthy generation leaves and sends', () => {
  it(`is a history of at most ${TARGETS.events} events: two more than the floor's`, async () => {
    const [floor, holdfast] = [await sizeOf('floor'), await sizeOf('holdfast')]
    expect(holdfast.events).toBeLessThanOrEqual(TARGETS.events)
    expect(holdfast.types.filter((type) => !floor.types.includes(type))).toEqual([
      'MARKER_RECORDED',
      'UPSERT_WORKFLOW_SEARCH_ATTRIBUTES',
    ])
    expect(holdfast.events).toBe(floor.events + 2)
  })

  it("is at most twice the floor's bytes", async () => {
    const [floor, holdfast] = [await sizeOf('floor'), await sizeOf('holdfast')]
    expect(holdfast.bytes).toBeLessThanOrEqual(2 * floor.bytes)
  })

  it('carries the request twice, to the workflow and to the activity, and no third time', async () => {
    const bytesWith = (prompt: string) =>
      withHoldfast('deadline: 1m', async (holdfast) => {
        const { id } = await holdfast.generate({ prompt })
        return (await historySize(client, id)).bytes
      })
    const more = 10_000
    simulator.script('slow', [{ answer: 'short' }])
    const grown = (await bytesWith('x'.repeat(more + 100))) - (await bytesWith('x'.repeat(100)))
    expect(grown).toBeGreaterThan(1.9 * more)
    expect(grown).toBeLessThan(2.1 * more)
  })

  it('is no heartbeat, for a quick call; a call longer than half of workerLost sends some', async () => {
    heartbeats.count()
    await callers.holdfast.call()
    expect(heartbeats.count()).toBe(0)
    simulator.script('slow', [{ answer: 'late', latency: '1200ms' }])
    await withHoldfast('timeouts: { workerLost: 1s }', (holdfast) => holdfast.generate({ prompt: 'wait' }))
    expect(heartbeats.count()).toBeGreaterThan(0)
  })

  it(`is at most ${PROMISES_AT_MOST} promises in its workflow, none of them in a scope of its own (P3)`, async () => {
    const id = (await callers.holdfast.call()) ?? ''
    const history = await client.workflow.getHandle(id).fetchHistory()
    const made = await countWorkflowPromises(history)
    expect(made).toBeGreaterThan(0)
    expect(made).toBeLessThanOrEqual(PROMISES_AT_MOST)
  })

  it('is the same request to the provider as the direct call and the floor send', async () => {
    simulator.reset()
    simulator.script('bench', SCRIPT.bench ?? [])
    for (const name of SUBJECT_NAMES) await callers[name].call()
    const [first, ...others] = simulator.calls().map(({ path: route, body }) => ({ route, body }))
    expect(others).toEqual([first, first])
  })
})

describe('the report', () => {
  it('has a row for every subject at every number in flight, and a verdict for every target', async () => {
    const teams = SUBJECT_NAMES.map((name): Team => {
      const cpu = { caller: null, worker: 2, server: name === 'direct' ? null : 3 }
      return {
        name,
        measure: async (inFlight, durationMs) => ({
          ...(await runLoad(callers[name].call, inFlight, durationMs)),
          cpu,
        }),
        close: async () => undefined,
      }
    })
    const plan = { rounds: 2, segmentMs: 20, warmUpMs: 10 }
    const rows = await measureRounds(teams, process.pid, plan, () => undefined)
    expect(rows.map(({ inFlight, subject }) => `${inFlight} ${subject}`)).toEqual(
      IN_FLIGHT.flatMap((inFlight) => SUBJECT_NAMES.map((subject) => `${inFlight} ${subject}`)),
    )
    for (const { calls, failed, p50Ms, p99Ms, perSecond } of rows) {
      expect(calls).toBeGreaterThan(0)
      expect(failed).toBe(0)
      expect(p50Ms).toBeGreaterThan(0)
      expect(p99Ms).toBeGreaterThanOrEqual(p50Ms)
      expect(perSecond).toBeGreaterThan(0)
    }
    const footprints = [
      footprintOf('floor', [await sizeOf('floor')], 0),
      footprintOf('holdfast', [await sizeOf('holdfast')], 0),
    ]
    const machine = { cpus: 2, cpu: 'a processor', node: '20', server: 'a server' }
    const report: Report = { layout: 'together', rounds: 2, segmentMs: 20, machine, rows, footprints }
    expect(verdicts(report).map(({ met }) => met)).toEqual([true, true, true, true])
    const text = reportText(report)
    for (const name of SUBJECT_NAMES) expect(text).toContain(name)
    expect(text).toContain('1.00 x')
    expect(text).toContain('Not measured')
    expect(text).not.toMatch(/NaN|undefined/)
  })

  it('says so when a target is missed, and when it could not be measured', () => {
    const cpuMs = { caller: null, worker: null, server: null }
    const row = {
      subject: 'holdfast',
      calls: 1,
      failed: 0,
      reason: null,
      p50Ms: 1,
      p99Ms: 1,
      perSecond: 1,
      cpuMs,
    }
    const rows = [1.31, null].map((cpu, at) => ({
      ...row,
      subject: 'holdfast' as const,
      inFlight: at,
      totalCpuMs: null,
      timesFloor: { p50: 1, cpu },
    }))
    const history = { events: TARGETS.events + 1, bytes: 1, types: [] }
    const footprints = [footprintOf('holdfast', [history], 1)]
    expect(verdicts({ rows, footprints }).map(({ met }) => met)).toEqual([false, null, false, false])
  })
})

describe('the arithmetic', () => {
  it('takes percentiles by nearest rank and medians between two', () => {
    const hundred = Array.from({ length: 100 }, (_, at) => 100 - at)
    expect(percentile(hundred, 0.5)).toBe(50)
    expect(percentile(hundred, 0.99)).toBe(99)
    expect(percentile([7], 0.99)).toBe(7)
    expect(median([3, 1, 2])).toBe(2)
    expect(median([4, 1, 2, 3])).toBe(2.5)
  })

  it('counts calls that fail apart, and gives up when none is answered', async () => {
    let calls = 0
    const everyOther = async () => {
      calls += 1
      if (calls % 2 === 0) throw new Error('busy')
    }
    const load = await runLoad(everyOther, 4, 0)
    expect(load).toMatchObject({ failed: 2, reason: 'busy' })
    expect(load.latenciesMs).toHaveLength(2)
    const never = async () => Promise.reject(new Error('down'))
    await expect(runLoad(never, 1, 0)).rejects.toThrow('no call was answered: down')
  })
})
