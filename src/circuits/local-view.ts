/**
 * What one worker sees itself of one provider: it counts at once, before the entity has published, and keeps what
 * is to be reported. `now` in epoch milliseconds throughout.
 *
 * LOCAL-VIEW-1 While all is well nothing is kept but the last two seconds, and nothing is reported.
 * LOCAL-VIEW-2 A trip or a hold of its own ends after LOCAL_TRIP_MS, in a large fleet after a worker's turn
 *    to read: then the entity has confirmed it, or it was this worker's trouble. A hold stays where the
 *    entity can't be reached: the provider requested it.
 * LOCAL-VIEW-3 A call counts only under the version of the circuit that it was admitted under, and only while
 *    that is closed.
 * LOCAL-VIEW-4 Callers may name any model: only the SCOPES_AT_MOST that were used last are kept.
 */
import { type Circuit, forcedNow } from '../domain/circuits/circuit'
import {
  circuitOf,
  type ProviderCircuits,
  type Scope,
  type ScopedHold,
  type ScopedReport,
} from '../domain/circuits/provider-circuits'
import { addReport, emptyTally, type Report, type Tally, trips } from '../domain/circuits/trip'
import type { FailureClass } from '../domain/failures/failure'
import type { CircuitPolicy } from '../domain/routing/route'

const LOCAL_TRIP_MS = 2_000
/** In a large fleet reports reach the entity later, and a worker reads later what the entity made of them. */
const LOCAL_TRIP_PER_WORKER_MS = 40
const LOCAL_TRIP_MAX_MS = 10_000
const BUCKET_MS = 100
/** Longer than it takes until this worker has read that another worker saw a failure. */
const KEPT_MS = 2_000
/** A hold that ends hardly later than the known one is not worth a report. */
const HOLD_SLACK_MS = 1_000
/** More than an entity keeps. */
const SCOPES_AT_MOST = 500

type Counts = Pick<Report, 'calls' | 'failures' | 'trailingFailures' | 'connectionFailures'>

interface Seen {
  version: number
  policy: CircuitPolicy
  /** `reportable`: the first unreported failure, or after it. */
  buckets: { at: number; reportable: boolean; counts: Counts }[]
  /** The first failure that was not reported yet. */
  failedAt: number | null
  lastClass: FailureClass | undefined
  tally: Tally | null
  trippedUntil: number
}

export interface Call {
  scope: Scope
  ok: boolean
  connection: boolean
  failureClass: FailureClass | undefined
  /** Of the circuit, when the call was admitted. */
  version: number
  policy: CircuitPolicy
}

export interface LocalView {
  /** Returns whether there is something to report now. */
  count(call: Call, now: number): boolean
  hold(hold: ScopedHold, now: number): boolean
  /** Which of these is blocked by what this worker saw, and until when. */
  blocked(
    scopes: readonly Scope[],
    now: number,
  ): { scope: Scope; until: number; reason: string; hold: boolean } | null
  /** Those of which something was seen lately. */
  scopes(): Scope[]
  /** What is to be reported, which it then forgets. null: nothing. */
  take(now: number): { reports: ScopedReport[]; holds: ScopedHold[] } | null
}

/** What the entity says, as far as it is known. */
export interface Published {
  circuits(): ProviderCircuits
  /** false: the entity can't be reached, and this worker's own view is all there is. */
  reachable(): boolean
  /** How many workers there are. */
  workers(): number
}

export function createLocalView(worker: string, published: Published): LocalView {
  const seen = new Map<Scope, Seen>()
  const held = new Map<Scope, ScopedHold & { heldAt: number }>()
  const unreportedHolds = new Map<Scope, ScopedHold>()

  const tripMs = (): number =>
    Math.min(LOCAL_TRIP_MAX_MS, Math.max(LOCAL_TRIP_MS, published.workers() * LOCAL_TRIP_PER_WORKER_MS))
  const circuit = (scope: Scope): Circuit => circuitOf(published.circuits(), scope)
  const watchedSince = (scope: Scope): number | null => {
    const { phase } = circuit(scope)
    return phase.name === 'closed' ? (phase.tally?.since ?? null) : null
  }
  /** LOCAL-VIEW-3 */
  const current = (scope: Scope): Seen | null => {
    const one = seen.get(scope)
    return one !== undefined && one.version === circuit(scope).version ? one : null
  }

  return {
    count(call, now) {
      const { scope, version, policy, ok, failureClass } = call
      const { version: latest, phase, ...by } = circuit(scope)
      if (version !== latest || phase.name !== 'closed' || forcedNow(by, now) !== null) return false
      const one = current(scope) ?? newSeen(version, policy)
      keepLatest(seen, scope, one)
      one.policy = policy
      // A bucket of its own begins with the first failure: what went well before it is not part of the story.
      const begins = !ok && one.failedAt === null
      if (!ok) {
        one.failedAt ??= now
        one.lastClass = failureClass
      }
      addToBuckets(one, call, begins, watchedSince(scope) !== null, now)
      countLocally(one, call, worker, tripMs(), now)
      return one.failedAt !== null || watchedSince(scope) !== null
    },
    hold(hold, now) {
      const own = held.get(hold.scope)
      // One that is over by LOCAL-VIEW-2 was not confirmed: the report of it may have been lost.
      const ownUntil = own !== undefined && isHeld(own, now) ? own.until : 0
      const known = Math.max(ownUntil, circuit(hold.scope).hold?.until ?? 0)
      if (hold.until <= Math.max(now, known)) return false
      keepLatest(held, hold.scope, { ...hold, heldAt: now })
      if (hold.until <= known + HOLD_SLACK_MS) return false
      unreportedHolds.set(hold.scope, hold)
      return true
    },
    blocked(scopes, now) {
      for (const scope of scopes) {
        const hold = held.get(scope)
        if (hold !== undefined && isHeld(hold, now)) return { ...hold, hold: true }
        const until = current(scope)?.trippedUntil ?? 0
        if (now < until) return { scope, until, reason: 'this worker saw it fail', hold: false }
      }
      return null
    },
    scopes: () => [...seen.keys(), ...held.keys()],
    take(now) {
      const reports = [...seen].flatMap(([scope, one]) =>
        current(scope) === null ? [] : takeReport(scope, one, watchedSince(scope)),
      )
      const holds = [...unreportedHolds.values()].filter(({ until }) => until > now)
      unreportedHolds.clear()
      return reports.length + holds.length === 0 ? null : { reports, holds }
    },
  }

  /** LOCAL-VIEW-2 */
  function isHeld({ until, heldAt }: { until: number; heldAt: number }, now: number): boolean {
    return now < until && (now - heldAt < tripMs() || !published.reachable())
  }

  function takeReport(scope: Scope, one: Seen, watched: number | null): ScopedReport[] {
    if (watched === null && one.failedAt === null) return []
    const from = (watched ?? Number.POSITIVE_INFINITY) - BUCKET_MS
    const counts = one.buckets
      .filter(({ at, reportable }) => reportable || at > from)
      .map((bucket) => bucket.counts)
    one.buckets = []
    one.failedAt = null
    const sum = counts.reduce(follow, NOTHING)
    if (sum.calls === 0) return []
    const { version, policy, lastClass } = one
    const last = lastClass === undefined ? {} : { lastClass }
    return [{ scope, version, policy, report: { worker, workers: published.workers(), ...sum, ...last } }]
  }
}

/** LOCAL-VIEW-4 */
function keepLatest<T>(map: Map<Scope, T>, scope: Scope, value: T): void {
  map.delete(scope)
  map.set(scope, value)
  if (map.size <= SCOPES_AT_MOST) return
  const [oldest] = map.keys()
  if (oldest !== undefined) map.delete(oldest)
}

const NOTHING: Counts = { calls: 0, failures: 0, trailingFailures: 0, connectionFailures: 0 }

const newSeen = (version: number, policy: CircuitPolicy): Seen => ({
  version,
  policy,
  buckets: [],
  failedAt: null,
  lastClass: undefined,
  tally: null,
  trippedUntil: 0,
})

const countsOf = ({ ok, connection }: Call): Counts => ({
  calls: 1,
  failures: ok ? 0 : 1,
  trailingFailures: ok ? 0 : 1,
  connectionFailures: !ok && connection ? 1 : 0,
})

/** Two sums, one after the other. */
const follow = (earlier: Counts, later: Counts): Counts => ({
  calls: earlier.calls + later.calls,
  failures: earlier.failures + later.failures,
  trailingFailures:
    later.failures === later.calls
      ? earlier.trailingFailures + later.trailingFailures
      : later.trailingFailures,
  connectionFailures: earlier.connectionFailures + later.connectionFailures,
})

function addToBuckets(one: Seen, call: Call, begins: boolean, watched: boolean, now: number): void {
  const last = one.buckets.at(-1)
  if (last !== undefined && !begins && now - last.at < BUCKET_MS)
    last.counts = follow(last.counts, countsOf(call))
  else one.buckets.push({ at: now, reportable: one.failedAt !== null, counts: countsOf(call) })
  // LOCAL-VIEW-1
  if (one.failedAt === null && !watched)
    while ((one.buckets[0]?.at ?? now) < now - KEPT_MS) one.buckets.shift()
}

/** LOCAL-VIEW-2 */
function countLocally(one: Seen, call: Call, worker: string, tripMs: number, now: number): void {
  if (call.ok && one.tally === null) return
  const report: Report = { worker, workers: 1, ...countsOf(call) }
  one.tally = addReport(one.tally ?? emptyTally(now), report, one.policy, now)
  if (trips(one.tally, one.policy, now)) {
    one.trippedUntil = now + tripMs
    one.tally = null
  } else if (one.tally.quiet) one.tally = null
}
