/** The benchmark in short: what can be counted. Nothing here depends on how fast the machine is. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Client } from '@temporalio/client'
import { footprintOf } from '../../bench/footprint'
import { type HeartbeatCounter, installCountingRuntime } from '../../bench/heartbeats'
import { type HistorySize, historySize, isOpen } from '../../bench/history'
import { runLoad } from '../../bench/load'
import { type Report, reportText } from '../../bench/report'
import { measureRounds } from '../../bench/rounds'
import { ROUTE, SCRIPT } from '../../bench/routes'
import { freshTaskQueue, type Setup } from '../../bench/setup'
import { benchLogger, type CallerPart, type SubjectName, subjectNames, subjectOf } from '../../bench/subjects'
import type { Team } from '../../bench/team'
import { TARGETS, verdicts } from '../../bench/verdicts'
import { createInternalHoldfast, type InternalHoldfast } from '../../src/client/internal'
import { parseConfig } from '../../src/config'
import { keyHash, type Simulator, startSimulator } from '../../src/simulator'
import { keptBundle } from '../../src/temporal/workflow-bundle'
import { startHost } from '../../src/worker'
import { testServer } from '../helpers/temporal'
import { countWorkflowPromises } from '../helpers/workflow-promises'

/** 20 when this was written. A scope that is run adds 7, and from then on each counts twice in its thread. */
const PROMISES_AT_MOST = 20

// Bundling the floor's workflow takes seconds, more on a busy machine.
jest.setTimeout(120_000)

/** Those that don't ask for a stream, which the provider would see. */
const WHOLE = ['direct', 'floor', 'holdfast', 'gateway', 'against'] as const
const STREAMED = ['gateway-stream', 'against-stream'] as const

/** Those of the express lane have a test of their own: six workers are too many for one process. */
const NAMES: readonly SubjectName[] = ['direct', 'floor', 'holdfast', 'gateway', 'gateway-stream']

const IN_FLIGHT = [1, 16]

const closers: (() => Promise<unknown>)[] = []
const callers = {} as { [S in SubjectName]: CallerPart }
let heartbeats: HeartbeatCounter
let simulator: Simulator
let setup: Setup
let client: Client

beforeAll(async () => {
  heartbeats = installCountingRuntime(benchLogger())
  const { address, namespace } = testServer()
  const floorBundle = await keptBundle(path.resolve(__dirname, '..', '..', 'bench', 'floor', 'workflow.ts'))
  simulator = await startSimulator({ script: SCRIPT })
  closers.push(() => simulator.close())
  const folder = mkdtempSync(path.join(tmpdir(), 'holdfast-bench-test-'))
  closers.push(async () => rmSync(folder, { recursive: true, force: true }))
  setup = {
    temporal: { address, namespace, connection: {} },
    simulatorUrl: simulator.url,
    floorBundle: floorBundle.codePath,
    folder,
    // Set when the gateway is up, which stands in for somebody else's.
    against: { baseUrl: '', model: ROUTE, keyEnv: null, pid: null },
  }
  for (const name of subjectNames(setup, NAMES)) callers[name] = await startSubject(name)
})

afterAll(async () => {
  for (const close of closers.reverse()) await close()
})

async function startSubject(name: SubjectName): Promise<CallerPart> {
  const { startWorker, startCaller } = subjectOf(name)
  const taskQueue = freshTaskQueue(name)
  const worker = (await startWorker?.(setup, taskQueue)) ?? null
  if (worker !== null) closers.push(() => worker.close())
  const url = worker?.url ?? null
  if (name === 'gateway' && setup.against !== null) setup.against.baseUrl = `${url}/v1`
  const caller = await startCaller({ setup, taskQueue, worker, url })
  closers.push(() => caller.close())
  if (name === 'holdfast' && worker !== null)
    client = new Client({ connection: worker.connection, namespace: setup.temporal.namespace })
  return caller
}

async function workflowOf(name: SubjectName): Promise<string> {
  const { workflowId } = await callers[name].call()
  if (workflowId === null) throw new Error(`${name} has no workflow`)
  return workflowId
}

async function sizeOf(name: SubjectName): Promise<HistorySize> {
  return historySize(client, await workflowOf(name))
}

/** A host and client of their own, for one test. */
async function withHoldfast<T>(route: string, act: (holdfast: InternalHoldfast) => Promise<T>): Promise<T> {
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
    return await act(await createInternalHoldfast({ config, env: {}, connection, taskQueue, eager: true }))
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
    const id = await workflowOf('holdfast')
    const history = await client.workflow.getHandle(id).fetchHistory()
    const made = await countWorkflowPromises(history)
    expect(made).toBeGreaterThan(0)
    expect(made).toBeLessThanOrEqual(PROMISES_AT_MOST)
  })

  it('is the same request to the provider as the direct call and the floor send', async () => {
    simulator.reset()
    simulator.script('bench', SCRIPT.bench ?? [])
    for (const name of WHOLE) await callers[name].call()
    const [first, ...others] = simulator.calls().map(({ path: route, body }) => ({ route, body }))
    expect(others).toEqual(WHOLE.slice(1).map(() => first))
  })
})

describe("the gateway's callers", () => {
  it("have the answer before the workflow has ended, whole or streamed; the floor's never does", async () => {
    const early = async (name: SubjectName): Promise<number> => {
      let open = 0
      for (let call = 0; call < 10; call += 1) if (await isOpen(client, await workflowOf(name))) open += 1
      return open
    }
    expect(await early('floor')).toBe(0)
    // The question may come after the end on a busy machine: a few of ten may miss it.
    expect(await early('gateway')).toBeGreaterThanOrEqual(5)
    expect(await early('gateway-stream')).toBeGreaterThanOrEqual(5)
  })

  it('leave the history that a call of the library leaves, less the read of the circuits: the worker in the same process has done it', async () => {
    const [own, streamed, library] = [
      await sizeOf('gateway'),
      await sizeOf('gateway-stream'),
      await sizeOf('holdfast'),
    ]
    expect(library.types).toContain('MARKER_RECORDED')
    const less = library.types.filter((type) => type !== 'MARKER_RECORDED')
    expect(own.types).toEqual(less)
    expect(streamed.types).toEqual(less)
  })

  it('are not measured against anything unless there is something', () => {
    expect(subjectNames({ against: null })).not.toContain('against')
    expect(subjectNames(setup)).toEqual(expect.arrayContaining(['against', 'against-stream']))
  })

  it('send the key of another gateway from the variable that was named, and say so when it is not set', async () => {
    const named = {
      ...setup,
      against: { baseUrl: `${simulator.url}/bench/v1`, model: 'other', keyEnv: 'BENCH_KEY', pid: null },
    }
    const settings = { setup: named, taskQueue: '', worker: null, url: null }
    await expect(subjectOf('against').startCaller(settings)).rejects.toThrow('BENCH_KEY is not set')
    process.env.BENCH_KEY = 'a-key'
    simulator.reset()
    simulator.script('bench', SCRIPT.bench ?? [])
    const caller = await subjectOf('against').startCaller(settings)
    delete process.env.BENCH_KEY
    await caller.call()
    await caller.close()
    expect(simulator.calls()).toMatchObject([{ keyHash: keyHash('a-key'), body: { model: 'other' } }])
  })
})

describe('the report', () => {
  it('has a row for every subject at every number in flight, and a verdict for every target', async () => {
    const teams = subjectNames(setup, NAMES).map((name): Team => {
      const theirs = name === 'direct' || name.startsWith('against')
      const cpu = { caller: null, worker: 2, server: theirs ? null : 3 }
      return {
        name,
        measure: async (inFlight, durationMs) => ({
          // Two lanes stand in for sixteen: seconds are short here.
          ...(await runLoad(callers[name].call, Math.min(inFlight, 2), durationMs)),
          cpu,
          rssBytes: 1024 ** 2,
          serverRssBytes: theirs ? null : 1024 ** 2,
          providerCalls: 1,
        }),
        close: async () => undefined,
      }
    })
    const plan = { inFlight: IN_FLIGHT, rounds: 2, segmentMs: 20, warmUpMs: 10 }
    const rows = await measureRounds(teams, plan, () => undefined)
    expect(rows.map(({ inFlight, subject }) => `${inFlight} ${subject}`)).toEqual(
      IN_FLIGHT.flatMap((inFlight) => subjectNames(setup, NAMES).map((subject) => `${inFlight} ${subject}`)),
    )
    for (const { calls, failed, p50Ms, p99Ms, perSecond } of rows) {
      expect(calls).toBeGreaterThan(0)
      expect(failed).toBe(0)
      expect(p50Ms).toBeGreaterThan(0)
      expect(p99Ms).toBeGreaterThanOrEqual(p50Ms)
      expect(perSecond).toBeGreaterThan(0)
    }
    const footprints = [
      footprintOf('floor', [await sizeOf('floor')], { heartbeats: 0, early: 0 }),
      footprintOf('holdfast', [await sizeOf('holdfast')], { heartbeats: 0, early: 0 }),
    ]
    const machine = { cpus: 2, cpu: 'a processor', node: '20', server: 'a server' }
    const report: Report = {
      layout: 'together',
      rounds: 2,
      segmentMs: 20,
      machine,
      rows,
      footprints,
      studies: {},
    }
    const streamed = rows.filter(({ firstTokenMs }) => firstTokenMs !== null)
    expect(streamed.map(({ subject }) => subject)).toEqual(IN_FLIGHT.flatMap(() => STREAMED))
    for (const { firstTokenMs, p50Ms } of streamed) expect(firstTokenMs).toBeLessThanOrEqual(p50Ms)
    // Those that depend on a clock may be either.
    const clock = expect.any(Boolean)
    const met = verdicts(rows, footprints).map((verdict) => verdict.met)
    expect(met).toEqual([true, true, clock, clock, true, true])
    const text = reportText(report)
    for (const name of subjectNames(setup, NAMES)) expect(text).toContain(name)
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
      firstTokenMs: null,
      perSecond: 1,
      cpuMs,
      rssBytes: null,
      serverRssBytes: null,
      providerCalls: 1,
    }
    const rows = [1.31, null].map((cpu, at) => ({
      ...row,
      subject: 'holdfast' as const,
      inFlight: at,
      totalCpuMs: null,
      ratio: { to: 'floor' as const, p50: 1, firstToken: null, cpu },
    }))
    const history = { events: TARGETS.events + 1, bytes: 1, types: [] }
    const footprints = [footprintOf('holdfast', [history], { heartbeats: 1, early: 0 })]
    expect(verdicts(rows, footprints).map(({ met }) => met)).toEqual([false, null, false, false])
  })
})
