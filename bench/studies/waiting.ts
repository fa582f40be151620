/**
 * Thousands of callers whose provider takes its time.
 *
 * WAITING-1 All wait at once: the provider's answers take as long as all starts together, and a minute more.
 * WAITING-2 The next calls are begun when the provider has those before: a start's cost ends there.
 * WAITING-3 What those who wait cost anyway (heartbeats, polls) is measured while nobody starts, and taken off the last starts.
 */
import { setTimeout as pause } from 'node:timers/promises'
import type { Simulator } from '../../src/simulator'
import { type Part, startPart } from '../part'
import { atIntervals, type OnProgress } from '../progress'
import { freshTaskQueue } from '../setup'
import { median } from '../stats'
import type { Ground } from '../team'
import { sumOf, type Usage, usageOf } from '../usage'
import type { Verdict } from '../verdicts'

const AT_A_TIME = 16
const WINDOWS = 20
/** Of them, at each end. */
const COMPARED = 3
const WARM_UP = 200
const WAIT_MIN_MS = 60_000
const IDLE_MS = 5_000
const ARRIVAL_LIMIT_MS = 10_000
const BYTES_MAX = 1024 ** 3
const GROWTH_MAX = 1.1

export interface Waiting {
  who: 'holdfast' | 'against'
  calls: number
  waitedAtOnce: number
  answered: number
  /** Those with another end than an answer, or none. */
  lost: number
  reason: string | null
  startsPerSecond: number
  /** Of gateway and worker, before the first call and when all wait; null: not known. */
  rssBytes: { before: number | null; waiting: number | null }
  serverRssBytes: { before: number | null; waiting: number | null }
  /** Of gateway, worker and server for a start, without what those who wait cost. */
  startCpuMs: { first: number | null; last: number | null }
  /** Of all three, a second, while all wait and nobody starts. */
  idleCpuMsPerSecond: number | null
}

interface Crowd {
  who: Waiting['who']
  caller: Part
  /** Of gateway and worker. */
  usage(): Promise<Usage>
  server(): Usage | null
  close(): Promise<unknown>
}

export async function measureWaiting(
  calls: number,
  ground: Ground,
  simulator: Simulator,
  onProgress: OnProgress,
): Promise<Waiting[]> {
  const measured: Waiting[] = []
  for (const start of ground.setup.against === null ? [ours] : [ours, theirs]) {
    const crowd = await start(ground)
    try {
      measured.push(await measureCrowd(crowd, calls, simulator, onProgress))
    } finally {
      await crowd.close()
    }
  }
  return measured
}

async function ours({ setup, serverPid }: Ground): Promise<Crowd> {
  const taskQueue = freshTaskQueue('waiting')
  const settings = { setup, taskQueue, url: null, countHeartbeats: false }
  const worker = await startPart({ ...settings, subject: 'waiting-worker', part: 'worker' })
  const gateway = await startPart({ ...settings, subject: 'waiting-gateway', part: 'worker' })
  const { url } = gateway
  const caller = await startPart({ ...settings, subject: 'waiting-gateway', part: 'caller', url })
  return {
    who: 'holdfast',
    caller,
    usage: async () => sumOf([await gateway.usage(), await worker.usage()]),
    server: () => usageOf(serverPid),
    close: () => Promise.all([caller, gateway, worker].map((part) => part.close())),
  }
}

async function theirs({ setup }: Ground): Promise<Crowd> {
  const settings = { setup, taskQueue: '', url: null, countHeartbeats: false }
  const caller = await startPart({ ...settings, subject: 'against-waiting', part: 'caller' })
  const { pid = null } = setup.against ?? {}
  return {
    who: 'against',
    caller,
    usage: async () => (pid === null ? { cpuMs: null, rssBytes: null, handles: null } : usageOf(pid)),
    server: () => null,
    close: () => caller.close(),
  }
}

const PROVIDER = 'waiting'

async function measureCrowd(
  crowd: Crowd,
  calls: number,
  simulator: Simulator,
  onProgress: OnProgress,
): Promise<Waiting> {
  const { who, caller } = crowd
  const report = atIntervals(onProgress)
  const answerAfter = (ms: number) => {
    simulator.reset()
    simulator.script(PROVIDER, [{ words: 60, latency: `${Math.ceil(ms)}ms` }])
  }
  onProgress(`waiting (${who}): warming up`)
  answerAfter(0)
  const before = await sample(crowd)
  await startCalls(WARM_UP, caller, simulator, report)
  const warm = await sample(crowd)
  await caller.settle()

  // WAITING-1
  answerAfter(2 * (calls / WARM_UP) * (warm.at - before.at) + WAIT_MIN_MS)
  const windows: Window[] = []
  const size = Math.ceil(calls / WINDOWS)
  for (let begun = 0; begun < calls; begun += size) {
    const now = Math.min(size, calls - begun)
    const from = await sample(crowd)
    await startCalls(now, caller, simulator, report)
    windows.push({ calls: now, ...between(from, await sample(crowd)) })
  }
  // WAITING-3
  const from = await sample(crowd)
  await pause(IDLE_MS)
  const waiting = await sample(crowd)
  const idle = between(from, waiting)
  const idlePerMs = idle.cpuMs === null ? null : idle.cpuMs / idle.ms

  const inFlight = simulator.calls({ provider: PROVIDER, outcome: 'in_flight' }).length
  onProgress(`waiting (${who}): ${inFlight} calls wait for their answers`)
  const { answered, failed, reason } = await caller.settle()
  return {
    who,
    calls,
    waitedAtOnce: inFlight,
    answered,
    lost: failed,
    reason,
    startsPerSecond: calls / (windows.reduce((sum, { ms }) => sum + ms, 0) / 1_000),
    rssBytes: { before: before.own.rssBytes, waiting: waiting.own.rssBytes },
    serverRssBytes: { before: before.server?.rssBytes ?? null, waiting: waiting.server?.rssBytes ?? null },
    startCpuMs: {
      first: startCpuMs(windows.slice(0, COMPARED), 0),
      last: startCpuMs(windows.slice(-COMPARED), idlePerMs ?? 0),
    },
    idleCpuMsPerSecond: idlePerMs === null ? null : idlePerMs * 1_000,
  }
}

/** WAITING-2 */
async function startCalls(
  count: number,
  caller: Part,
  simulator: Simulator,
  report: OnProgress,
): Promise<void> {
  const arrived = () => simulator.calls({ provider: PROVIDER }).length
  for (let begun = 0; begun < count; ) {
    const now = Math.min(AT_A_TIME, count - begun)
    const wanted = arrived() + now
    await caller.open(now)
    begun += now
    // One that was refused on its way never arrives: it is counted among the lost.
    await simulator.waitForCalls(wanted, { provider: PROVIDER }, ARRIVAL_LIMIT_MS).catch(() => undefined)
    report(`waiting: ${arrived()} calls have reached the provider`)
  }
}

interface Sample {
  at: number
  own: Usage
  server: Usage | null
}

const sample = async ({ usage, server }: Crowd): Promise<Sample> => ({
  own: await usage(),
  server: server(),
  at: performance.now(),
})

interface Span {
  ms: number
  /** Of gateway, worker and server. */
  cpuMs: number | null
}

interface Window extends Span {
  calls: number
}

const totalCpu = ({ own, server }: Sample) => sumOf(server === null ? [own] : [own, server]).cpuMs

function between(from: Sample, to: Sample): Span {
  const [before, after] = [totalCpu(from), totalCpu(to)]
  return { ms: to.at - from.at, cpuMs: before === null || after === null ? null : after - before }
}

/** The median of the windows. */
function startCpuMs(windows: readonly Window[], idlePerMs: number): number | null {
  const costs = windows.flatMap(({ calls, ms, cpuMs }) =>
    cpuMs === null ? [] : [(cpuMs - idlePerMs * ms) / calls],
  )
  return costs.length === 0 ? null : median(costs)
}

const mebibytes = (bytes: number | null) => (bytes === null ? '-' : `${(bytes / 1024 ** 2).toFixed(0)} MiB`)
const ms = (value: number | null) => (value === null ? '-' : `${value.toFixed(1)} ms`)

export function waitingText(waiting: Waiting): string {
  const { who, calls, waitedAtOnce, answered, lost, reason, startsPerSecond } = waiting
  const { rssBytes, serverRssBytes, startCpuMs, idleCpuMsPerSecond } = waiting
  return [
    `waiting (${who}): ${calls} calls, ${waitedAtOnce} at once; ${answered} answered, ${lost} lost${reason === null ? '' : ` (${reason})`}`,
    `  ${startsPerSecond.toFixed(1)} starts a second; CPU of a start ${ms(startCpuMs.first)} at first, ${ms(startCpuMs.last)} at last`,
    `  gateway and worker: ${mebibytes(rssBytes.before)} before, ${mebibytes(rssBytes.waiting)} while all wait; server: ${mebibytes(serverRssBytes.before)}, ${mebibytes(serverRssBytes.waiting)}`,
    `  CPU while all wait: ${ms(idleCpuMsPerSecond)} a second`,
  ].join('\n')
}

export function waitingVerdicts(waiting: Waiting): Verdict[] {
  const { who, calls, lost, waitedAtOnce, rssBytes, startCpuMs } = waiting
  if (who === 'against') return []
  const { first, last } = startCpuMs
  const growth = first === null || last === null ? null : last / first
  const bytes = rssBytes.waiting
  return [
    {
      target: `${calls} calls wait at once and none is lost`,
      measured: `${waitedAtOnce} at once, ${lost} lost`,
      met: waitedAtOnce === calls && lost === 0,
    },
    {
      target: 'gateway and worker have at most 1 GiB while all wait',
      measured: mebibytes(bytes),
      met: bytes === null ? null : bytes <= BYTES_MAX,
    },
    {
      target: `the last start costs at most ${GROWTH_MAX} x the CPU of the first`,
      measured: growth === null ? '-' : `${growth.toFixed(2)} x`,
      met: growth === null ? null : growth <= GROWTH_MAX,
    },
  ]
}
