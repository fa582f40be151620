/**
 * How long the calls of a route to one target take, as one worker has seen it, and the order that follows. `now` in epoch
 * milliseconds. The numbers were chosen by simulation (docs/decisions/0050-order-of-candidates.md).
 *
 * LATENCY-1 A call counts from its start to its first token where it is streamed, else to its end.
 * LATENCY-2 A call that failed counts as its time and FAILED_CALLS usual ones: a quick refusal is no quick answer.
 * LATENCY-3 First places are drawn, the quicker the likelier: among those about as quick nobody is left out, and traffic moves
 *    by degrees.
 * LATENCY-4 One that has more calls in flight than its times were measured with is expected to be slower by as much: else all
 *    that comes before the next answer would go to the one that was quick.
 * LATENCY-5 One that is not measured is drawn as the quickest, until it has kept silent for longer than that one takes.
 * LATENCY-6 One that takes twice as long stands behind. It is tried again by one generation in a hundred, and only where
 *    nobody has called it for RETRY_AFTER_MS.
 */
import { drawn, shareOf } from './draw'

export interface Latency {
  ms: number
  /** Calls that were in flight there when those began that `ms` is of. */
  load: number
  /** So many calls stand in it. */
  calls: number
  /** When the last of them counted. */
  at: number
}

/** What a worker knows of a target: of calls of one route, all streamed or none. */
export interface TargetLatency {
  target: string
  /** What the next call is expected to take. Absent: none has counted yet, or none for long. */
  ms?: number | undefined
  /** How long the oldest call in flight has said nothing, where `ms` is absent. Absent: none is in flight. */
  silentMs?: number | undefined
  /** Since the last call began. */
  ageMs: number
}

export interface TimedCall {
  tookMs: number
  /** Calls that were in flight there when it began. */
  beside: number
}

/** The last ten calls or so: fewer are noise, more are slow to see a change. */
const NEW_CALL_PART = 0.1
/** What was measured so long ago counts for about a third beside a new call. */
const FADES_MS = 60_000
/** LATENCY-2 */
const FAILED_CALLS = 4
/** Where nothing is known of how long a call takes there: as long as a short answer. */
const UNKNOWN_MS = 1_000
/** What nobody has called for so long is not known any more. */
export const FORGOTTEN_AFTER_MS = 10 * 60_000

/** With one call more. null: nothing was known before. */
export function withCall(before: Latency | null, { tookMs, beside }: TimedCall, now: number): Latency {
  if (before === null) return { ms: tookMs, load: beside, calls: 1, at: now }
  const { ms, load, calls, at } = before
  const part = Math.max(1 / (calls + 1), NEW_CALL_PART, 1 - Math.exp(-Math.max(0, now - at) / FADES_MS))
  return { ms: ms + part * (tookMs - ms), load: load + part * (beside - load), calls: calls + 1, at: now }
}

/** LATENCY-2 */
export const withFailure = (before: Latency | null, { tookMs, beside }: TimedCall, now: number): Latency =>
  withCall(before, { tookMs: tookMs + FAILED_CALLS * (before?.ms ?? UNKNOWN_MS), beside }, now)

/** One that was cut would have taken longer: that says something where it has taken longer than usual already. */
export const withCut = (before: Latency | null, call: TimedCall, now: number): Latency | null =>
  call.tookMs > (before?.ms ?? 0) ? withCall(before, call, now) : before

/** A few calls more or less are chance. */
const CHANCE_CALLS = 2

/** LATENCY-4 */
export const expectedMs = ({ ms, load }: Latency, inFlight: number): number =>
  ms * Math.max(1, (inFlight + CHANCE_CALLS) / (load + CHANCE_CALLS))

/** Of first places: by this power of how much quicker one is. A smaller one leaves too many to the slow. */
const SHARPNESS = 4
/** LATENCY-6: at twice the time. */
const LEAST_PART = 1 / 16
/** What calls differ by anyhow. */
const NOISE_MS = 20
const TRIED_AGAIN = 0.01
const RETRY_AFTER_MS = 10_000

export interface LatencyStanding<T> {
  one: T
  /** null: not known. */
  ms: number | null
  /** It stands first to be measured again. */
  again?: true | undefined
}

/** @param seed draws the first places */
export function byLatency<T extends { target: string }>(
  all: readonly T[],
  latencies: readonly TargetLatency[],
  seed: string,
): LatencyStanding<T>[] {
  const seen = all.map((one) => ({ one, of: latencies.find(({ target }) => target === one.target) }))
  const quickestMs = Math.min(...seen.map(({ of }) => knownMs(of) ?? Number.POSITIVE_INFINITY))
  const standings = seen.map(({ one, of }) => {
    const ms = knownMs(of) ?? silentMs(of, quickestMs)
    const part = ms === null ? 1 : ((quickestMs + NOISE_MS) / (ms + NOISE_MS)) ** SHARPNESS
    return { one, ms, part, ageMs: of?.ageMs ?? 0 }
  })
  const quick = standings.filter(({ part }) => part >= LEAST_PART)
  const slow = standings.filter((one) => !quick.includes(one)).sort((a, b) => b.part - a.part)
  const again = shareOf(`again\n${seed}`) < TRIED_AGAIN ? longestUncalled(slow) : undefined
  const order = [...drawn(quick, seed, ({ one, part }) => ({ name: one.target, weight: part })), ...slow]
  return [...(again === undefined ? [] : [again]), ...order.filter((one) => one !== again)].map(
    (standing) => ({
      one: standing.one,
      ms: standing.ms,
      ...(standing === again ? { again: true as const } : {}),
    }),
  )
}

/** A history may be written by others: what is no time is not known. */
const knownMs = (of: TargetLatency | undefined): number | null =>
  of?.ms !== undefined && Number.isFinite(of.ms) && of.ms >= 0 ? of.ms : null

/** LATENCY-5 */
const silentMs = (of: TargetLatency | undefined, quickestMs: number): number | null =>
  of?.silentMs !== undefined && of.silentMs > quickestMs ? of.silentMs : null

const longestUncalled = <T extends { ageMs: number }>(slow: readonly T[]): T | undefined =>
  slow.filter(({ ageMs }) => ageMs >= RETRY_AFTER_MS).sort((a, b) => b.ageMs - a.ageMs)[0]
