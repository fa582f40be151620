/**
 * The measuring itself.
 *
 * ROUNDS-1 Subjects take turns in short segments, in turned order every other round: what slows the machine for
 *    a while slows them alike.
 * ROUNDS-2 A ratio is taken within its round, and the median of the rounds is reported.
 */
import type { OnProgress } from './progress'
import { median, percentile } from './stats'
import { besideOf, type SubjectName } from './subjects'
import type { CpuPerCall, Segment, Team } from './team'

export interface Plan {
  /** Calls at a time, each measured. */
  inFlight: readonly number[]
  rounds: number
  segmentMs: number
  warmUpMs: number
}

export interface Row {
  inFlight: number
  subject: SubjectName
  calls: number
  failed: number
  /** Why the first one failed. */
  reason: string | null
  /** Median of the rounds' medians. */
  p50Ms: number
  /** Of all calls of all rounds. */
  p99Ms: number
  /** Time to the first token, as p50Ms; null: not streamed. */
  firstTokenMs: number | null
  perSecond: number
  cpuMs: CpuPerCall
  /** Worker and server; null where either is not known. */
  totalCpuMs: number | null
  /** The most of all rounds, of the worker's process (with its caller, where they are one); null: not known. */
  rssBytes: number | null
  /** As rssBytes, of the server; null: none on the way. */
  serverRssBytes: number | null
  /** What the providers received for each call that was answered. */
  providerCalls: number
  /** Each by `to`'s p50, or its CPU of worker and server. null: it is held against nobody. */
  ratio: { to: SubjectName; p50: number; firstToken: number | null; cpu: number | null } | null
}

/** `direct` needs no server to wait for: a quarter of the time gives it thousands of calls. */
const DIRECT_SHARE = 0.25

type Segments = Map<SubjectName, Segment[]>

export async function measureRounds(
  teams: readonly Team[],
  { inFlight: inFlights, rounds, segmentMs, warmUpMs }: Plan,
  onProgress: OnProgress,
): Promise<Row[]> {
  for (const team of teams) {
    onProgress(`warming up ${team.name}`)
    await team.measure(Math.max(...inFlights), share(team, warmUpMs))
  }
  const all = inFlights.map((inFlight) => {
    const segments: Segments = new Map(teams.map(({ name }) => [name, []]))
    return { inFlight, segments }
  })
  for (let round = 1; round <= rounds; round += 1) {
    onProgress(`round ${round} of ${rounds}`)
    const inTurn = round % 2 === 0 ? [...teams].reverse() : teams
    for (const { inFlight, segments } of all)
      for (const team of inTurn)
        segments.get(team.name)?.push(await team.measure(inFlight, share(team, segmentMs)))
  }
  return all.flatMap(({ inFlight, segments }) => teams.map(({ name }) => rowOf(inFlight, name, segments)))
}

const share = ({ name }: Team, durationMs: number): number =>
  name === 'direct' ? durationMs * DIRECT_SHARE : durationMs

function rowOf(inFlight: number, subject: SubjectName, all: Segments): Row {
  const segments = all.get(subject) ?? []
  const cpuMs = (part: keyof CpuPerCall) => medianOrNull(segments.map(({ cpu }) => cpu[part]))
  const sum = (of: (segment: Segment) => number) => segments.reduce((total, one) => total + of(one), 0)
  const calls = sum(({ latenciesMs }) => latenciesMs.length)
  return {
    inFlight,
    subject,
    calls,
    failed: sum(({ failed }) => failed),
    reason: segments.find(({ failed }) => failed > 0)?.reason ?? null,
    p50Ms: median(segments.map(p50)),
    p99Ms: percentile(
      segments.flatMap(({ latenciesMs }) => latenciesMs),
      0.99,
    ),
    firstTokenMs: medianOrNull(segments.map(firstToken)),
    perSecond: median(segments.map(({ latenciesMs, wallMs }) => (latenciesMs.length / wallMs) * 1_000)),
    cpuMs: { caller: cpuMs('caller'), worker: cpuMs('worker'), server: cpuMs('server') },
    totalCpuMs: medianOrNull(segments.map(totalCpu)),
    rssBytes: mostOrNull(segments.map(({ rssBytes }) => rssBytes)),
    serverRssBytes: mostOrNull(segments.map(({ serverRssBytes }) => serverRssBytes)),
    providerCalls: sum(({ providerCalls }) => providerCalls) / calls,
    ratio: ratioOf(subject, segments, all),
  }
}

/** ROUNDS-2 */
function ratioOf(subject: SubjectName, segments: readonly Segment[], all: Segments): Row['ratio'] {
  const to = besideOf(subject)
  if (to === null) return null
  const base = all.get(to) ?? []
  return {
    to,
    p50: median(ratios(segments.map(p50), base.map(p50)).map((ratio) => ratio ?? Number.NaN)),
    firstToken: medianOrNull(ratios(segments.map(firstToken), base.map(p50))),
    cpu: medianOrNull(ratios(segments.map(totalCpu), base.map(totalCpu))),
  }
}

const ratios = (of: readonly (number | null)[], to: readonly (number | null)[]): (number | null)[] =>
  of.map((value, index) => {
    const base = to[index] ?? null
    return value === null || base === null ? null : value / base
  })

const p50 = ({ latenciesMs }: Segment): number => percentile(latenciesMs, 0.5)

const firstToken = ({ firstTokensMs }: Segment): number | null =>
  firstTokensMs.length === 0 ? null : percentile(firstTokensMs, 0.5)

const totalCpu = ({ cpu: { worker, server } }: Segment): number | null =>
  worker === null || server === null ? null : worker + server

const medianOrNull = (values: readonly (number | null)[]): number | null => {
  const known = values.filter((value) => value !== null)
  return known.length === 0 ? null : median(known)
}

const mostOrNull = (values: readonly (number | null)[]): number | null => {
  const known = values.filter((value) => value !== null)
  return known.length === 0 ? null : Math.max(...known)
}
