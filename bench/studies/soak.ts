/**
 * What grows: `up` with its state in files, for many minutes at four fifths of what it can do. Each period has a few failures of
 * the first candidate, so that circuits open and close, and their entity has something to write.
 */
import { Client } from '@temporalio/client'
import type { Simulator } from '../../src/simulator'
import { connectClient } from '../../src/temporal/connection'
import type { OnProgress } from '../progress'
import { median, percentile } from '../stats'
import { type Crew, type Ground, startTeam } from '../team'
import type { Verdict } from '../verdicts'

const SHARE_OF_CAPACITY = 0.8
const IN_FLIGHT = 16
const WARM_UP_MS = 10_000
const CAPACITY_MS = 20_000
const PERIOD_MS = 30_000
/** Enough to open a circuit. */
const FAILURES = 20

export interface Period {
  answered: number
  failed: number
  p50Ms: number
  p99Ms: number
  /** Of `up`'s process. */
  rssBytes: number | null
  handles: number | null
  serverRssBytes: number | null
  /** Events of the longest history of a run that has not ended: an entity's. */
  longestHistory: number
}

export interface Soak {
  minutes: number
  perSecond: number
  periods: Period[]
}

export async function measureSoak(
  minutes: number,
  ground: Ground,
  simulator: Simulator,
  onProgress: OnProgress,
): Promise<Soak> {
  const crew = await startTeam('up-soak', 'together', ground)
  const connection = await connectClient({ ...ground.setup.temporal, address: crew.serverAddress })
  try {
    const client = new Client({ connection, namespace: ground.setup.temporal.namespace })
    onProgress('soak: measuring the capacity')
    await crew.caller.load(IN_FLIGHT, WARM_UP_MS)
    const { latenciesMs, wallMs } = await crew.caller.load(IN_FLIGHT, CAPACITY_MS)
    const perSecond = SHARE_OF_CAPACITY * (latenciesMs.length / (wallMs / 1_000))
    const periods: Period[] = []
    const until = performance.now() + minutes * 60_000
    while (performance.now() < until) {
      const leftMs = Math.ceil((until - performance.now()) / 1_000)
      onProgress(`soak: ${perSecond.toFixed(1)} calls a second, ${leftMs} s left`)
      simulator.script('bench', [`503 x${FAILURES}`, '60 words'])
      periods.push(await onePeriod(crew, client, perSecond))
    }
    return { minutes, perSecond, periods }
  } finally {
    await connection.close()
    await crew.close()
  }
}

async function onePeriod(crew: Crew, client: Client, perSecond: number): Promise<Period> {
  const { latenciesMs, failed } = await crew.caller.pace(perSecond, PERIOD_MS)
  const { worker, server } = await crew.usage()
  return {
    answered: latenciesMs.length,
    failed,
    p50Ms: median(latenciesMs),
    p99Ms: percentile(latenciesMs, 0.99),
    rssBytes: worker?.rssBytes ?? null,
    handles: worker?.handles ?? null,
    serverRssBytes: server?.rssBytes ?? null,
    longestHistory: await longestHistory(client),
  }
}

/** The list does not know it while a run goes on: each is asked. */
async function longestHistory(client: Client): Promise<number> {
  let longest = 0
  for await (const { workflowId } of client.workflow.list({ query: "ExecutionStatus = 'Running'" })) {
    const { historyLength } = await client.workflow.getHandle(workflowId).describe()
    longest = Math.max(longest, historyLength)
  }
  return longest
}

interface Measure {
  name: string
  of(period: Period): number | null
  shown(value: number): string
  /** The end's most, of the beginning. */
  growthMax: number
}

const mebibytes = (bytes: number) => `${(bytes / 1024 ** 2).toFixed(0)} MiB`
const whole = (value: number) => value.toFixed(0)

const MEASURES: readonly Measure[] = [
  { name: 'memory', of: ({ rssBytes }) => rssBytes, shown: mebibytes, growthMax: 1.1 },
  { name: 'handles', of: ({ handles }) => handles, shown: whole, growthMax: 1.1 },
  { name: 'p50 ms', of: ({ p50Ms }) => p50Ms, shown: whole, growthMax: 1.25 },
  // A history is begun anew when it has grown: between the two ends of its life.
  { name: 'longest history', of: ({ longestHistory }) => longestHistory, shown: whole, growthMax: 2 },
]

/** Medians of the first and the last third, without the first period: caches and pools fill in it. */
function ends({ periods }: Soak, of: Measure['of']): { begin: number; end: number } | null {
  const settled = periods.slice(1).map(of)
  const known = settled.filter((value) => value !== null)
  const third = Math.ceil(known.length / 3)
  if (known.length < 2) return null
  return { begin: median(known.slice(0, third)), end: median(known.slice(-third)) }
}

export function soakText(soak: Soak): string {
  const { minutes, perSecond, periods } = soak
  const sum = (of: (period: Period) => number) => periods.reduce((total, period) => total + of(period), 0)
  const server = ends(soak, ({ serverRssBytes }) => serverRssBytes)
  return [
    `soak: ${minutes} min at ${perSecond.toFixed(1)} calls a second: ${sum(({ answered }) => answered)} answered, ${sum(({ failed }) => failed)} failed`,
    ...(server === null
      ? []
      : [`  server: ${mebibytes(server.begin)} at first, ${mebibytes(server.end)} at last`]),
  ].join('\n')
}

export function soakVerdicts(soak: Soak): Verdict[] {
  const failed = soak.periods.reduce((total, period) => total + period.failed, 0)
  return [
    { target: 'soak: no call fails', measured: String(failed), met: failed === 0 },
    ...MEASURES.map(({ name, of, shown, growthMax }): Verdict => {
      const both = ends(soak, of)
      return {
        target: `soak: ${name} at the end: at most ${growthMax} x the beginning's`,
        measured: both === null ? '-' : `${shown(both.begin)} -> ${shown(both.end)}`,
        met: both === null ? null : both.end <= growthMax * both.begin,
      }
    }),
  ]
}
