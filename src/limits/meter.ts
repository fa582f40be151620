/**
 * One limit, as one worker meters it: what it has taken itself, what others have, what the provider says is left.
 *
 * METER-1 What is left is the least that anything says: the window as this worker has counted it, with what the others
 *    have published, and the provider's own word where it is fresh.
 * METER-2 The provider's word is of the moment at which the call was sent that it came with. What this worker has taken
 *    since is subtracted; what has come back since counts for its share alone, the others take theirs.
 * METER-3 Where nothing is known of the others, and the provider says nothing, a worker has its part of the limit: all
 *    together never take more than all.
 * METER-4 A limit of a day is counted and not paced: who has spent it waits for its end.
 * METER-5 Where the provider refuses all the same, less is counted on for a while.
 */
import { type Limit, MINUTE_MS } from '../domain/limits/limit'
import { isPaced, rateOf } from '../domain/limits/pace'

const PARTS = 60
/** A call may come so much before its time: timers are no finer. */
const EARLY_MS = 20
const LEAST_WAIT_MS = 25
/** METER-5 */
const LOWERED = { by: 0.85, least: 0.1, onceInMs: 5_000, recoversInMs: 1_200_000 }
/** A single call that is larger than the limit goes when so much of it is left. */
const LARGEST = 0.9
const LEAST_SHARE = 0.01

/** What the provider says of it, with an answer. */
export interface Measured {
  amount: number
  remaining: number
  /** Till all of it is back, or the window ends; null: not said. */
  resetMs: number | null
}

/** What this worker goes by of the others. */
export interface OthersPart {
  /** Taken by all others in the window; null: not known. */
  used: number | null
  /** Epoch milliseconds: when it was known. */
  at: number
  /** Of the limit that is this worker's, over 0 up to 1. */
  share: number
}

/** What one call has taken. */
export interface Taken {
  cost: number
  at: number
  /** All that had been taken with it. */
  sum: number
}

export interface Meter {
  readonly limit: Limit
  /** So long, in milliseconds, till a call of this cost may go; 0: now. */
  waitMs(cost: number, now: number): number
  /** So long, in milliseconds, this worker takes to spend so much at its share. */
  spanMs(cost: number): number
  take(cost: number, now: number): Taken
  /** It has turned out to cost `cost`. */
  settle(taken: Taken, cost: number): void
  measure(measured: Measured, taken: Taken, now: number): void
  /** What the provider has said was of another limit. */
  forget(): void
  /** The provider has refused a call of it. */
  refused(now: number): void
  share(others: OthersPart): void
  /** By this worker in the last window. */
  used(now: number): number
  /** By all, as far as is known, 0 to 1 and over. */
  ratio(now: number): number
  /** Does the provider say what is left? */
  isMeasured(now: number): boolean
  /** Of what this worker may have, or all may, 0 to 1 and over: the most by any count. */
  pressure(now: number): number
}

export function createMeter(given: Limit): Meter {
  let { amount } = given
  const { windowMs } = given
  const partMs = windowMs / PARTS
  const parts = new Map<number, number>()
  let total = 0
  let sum = 0
  let nextAt = 0
  let others: OthersPart = { used: null, at: 0, share: 1 }
  let measured: (Measured & { at: number; sum: number }) | null = null
  let lowered = { factor: 1, at: Number.NEGATIVE_INFINITY }

  /** METER-5 */
  const factor = (now: number): number =>
    Math.min(1, lowered.factor + Math.max(0, now - lowered.at) / LOWERED.recoversInMs)

  /** Parts stand in the order of their time. */
  function used(now: number): number {
    const oldest = Math.floor((now - windowMs) / partMs)
    for (const [index, cost] of parts) {
      if (index >= oldest) break
      parts.delete(index)
      total -= cost
    }
    return parts.size === 0 ? 0 : total
  }

  const isDay = windowMs > MINUTE_MS
  const fresh = (now: number) => {
    if (measured === null) return null
    const { at, resetMs } = measured
    return now - at < (isDay ? (resetMs ?? 0) : windowMs) ? measured : null
  }
  const usedByOthers = (now: number): number =>
    (others.used ?? 0) * Math.max(0, 1 - Math.max(0, now - others.at) / windowMs)

  /** What all may take, and this worker's part of it: METER-3. */
  const whole = (now: number): number => amount * factor(now)
  const part = (now: number): number => whole(now) * others.share

  /** METER-1: what is left by each count, beside what it is left of. */
  function counts(now: number): { free: number; of: number }[] {
    const own = used(now)
    const counted = [
      { free: part(now) - own, of: part(now) },
      { free: whole(now) - own - usedByOthers(now), of: whole(now) },
    ]
    const said = fresh(now)
    if (said === null) return counted
    // METER-2
    const back = isDay ? 0 : (others.share * amount * (now - said.at)) / windowMs
    const reported = { free: Math.min(amount, said.remaining + back) - (sum - said.sum), of: amount }
    // Its own count of a day begins with the process.
    return isDay ? [reported] : [...counted, reported]
  }

  const left = (now: number): number => Math.min(...counts(now).map(({ free, of }) => free / of))

  return {
    get limit() {
      return { ...given, amount }
    },
    used,
    pressure: (now) => 1 - left(now),
    isMeasured: (now) => fresh(now) !== null,
    ratio(now) {
      const [, ...all] = counts(now)
      return 1 - Math.min(...all.map(({ free, of }) => free / of))
    },
    waitMs(cost, now) {
      const all = counts(now)
      const lacks = Math.max(...all.map(({ free, of }) => Math.min(cost, of * LARGEST) - free))
      if (lacks > 0) {
        const said = fresh(now)
        if (isDay && said !== null) return Math.max(LEAST_WAIT_MS, said.at + (said.resetMs ?? 0) - now)
        const rate = (amount * Math.max(LEAST_SHARE, others.share)) / windowMs
        return Math.max(LEAST_WAIT_MS, lacks / rate, nextAt - now)
      }
      if (isDay || !isPaced(Math.min(...all.map(({ free, of }) => free / of)))) return 0
      const waitMs = nextAt - now
      return waitMs <= EARLY_MS ? 0 : waitMs
    },
    spanMs: (cost) =>
      cost <= 0 || isDay ? 0 : (cost * windowMs) / (amount * Math.max(LEAST_SHARE, others.share)),
    take(cost, now) {
      const share = Math.max(LEAST_SHARE, others.share)
      const paced = !isDay && isPaced(left(now))
      nextAt = paced
        ? Math.max(nextAt, now) + cost / rateOf({ amount: amount * factor(now), windowMs }, share, left(now))
        : now
      const index = Math.floor(now / partMs)
      total = used(now) + cost
      parts.set(index, (parts.get(index) ?? 0) + cost)
      sum += cost
      return { cost, at: now, sum }
    },
    settle(taken, cost) {
      const index = Math.floor(taken.at / partMs)
      const more = cost - taken.cost
      const before = parts.get(index)
      if (before !== undefined) {
        const after = Math.max(0, before + more)
        parts.set(index, after)
        total += after - before
      }
      // What the provider has said already has it in, as the provider reckons it.
      if (measured === null || taken.sum > measured.sum) sum += more
      taken.cost = cost
    },
    measure(next, taken, now) {
      if (measured !== null && taken.at < measured.at) return
      amount = next.amount
      measured = { ...next, at: taken.at, sum: taken.sum }
      if (isDay && next.resetMs !== null) measured.at = now
    },
    forget() {
      measured = null
    },
    refused(now) {
      if (now - lowered.at < LOWERED.onceInMs) return
      lowered = { factor: Math.max(LOWERED.least, factor(now) * LOWERED.by), at: now }
    },
    share(next) {
      others = { ...next, share: Math.min(1, Math.max(LEAST_SHARE, next.share)) }
    },
  }
}
