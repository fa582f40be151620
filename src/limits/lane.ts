/**
 * Calls to one target that want to go: each takes of the limits of a key that has room, or waits for its turn.
 *
 * LANE-1 Nobody overtakes: who comes while others wait, waits behind those of its own tenant; tenants take turns.
 * LANE-2 Who would wait longer than it may learns at once when to come back.
 * LANE-3 Of several keys the first that has room is used.
 */
import { costIn, type LimitCost } from '../domain/limits/limit'
import { createWaiters } from '../util/waiters'
import type { Meter, Taken } from './meter'

type Key = string | null
type Tenant = string | null

export interface LaneRequest {
  tenant: Tenant
  cost: LimitCost
  /** Those that may be used now, by preference. */
  keys(): readonly Key[]
  limitMs: number
  signal: AbortSignal
}

/** What a call has taken of the limits of its key. */
export interface Grant {
  key: Key
  /** When it may go, epoch milliseconds. */
  at: number
  taken: readonly { meter: Meter; taken: Taken }[]
}

export type LaneAnswer = { ok: true; grant: Grant } | { ok: false; retryAfterMs: number }

export interface Lane {
  take(request: LaneRequest): LaneAnswer | Promise<LaneAnswer>
  /** What waits, in the unit of each meter. */
  waiting(): { calls: number; cost: LimitCost }
  /** Something has changed: somebody may go. */
  wake(): void
}

/** No longer than this without a look: shares and limits change. */
const LOOK_AGAIN_MS = 1_000
const NO_COST: LimitCost = { inputTokens: 0, outputTokens: 0 }
/** In vain, with nothing that says when. */
const LEAST_RETRY_MS = 100

export function createLane(metersOf: (key: Key) => readonly Meter[], now: () => number): Lane {
  const waiters = createWaiters<Grant, LaneRequest>()
  /** Calls that each waiting tenant has had in its turns: LANE-1. */
  const turns = new Map<Tenant, number>()
  let timer: NodeJS.Timeout | null = null

  const waitOf = (key: Key, cost: LimitCost, calls: number): number =>
    Math.max(
      0,
      ...metersOf(key).map((meter) => {
        const { unit } = meter.limit
        return meter.waitMs(unit === 'requests' ? calls : costIn(unit, cost), now())
      }),
    )

  /** LANE-3 */
  function tryTake({ keys, cost }: LaneRequest): Grant | { waitMs: number } {
    let waitMs = Number.POSITIVE_INFINITY
    for (const key of keys()) {
      const wait = waitOf(key, cost, 1)
      if (wait <= 0) {
        const at = now()
        const taken = metersOf(key).map((meter) => ({
          meter,
          taken: meter.take(costIn(meter.limit.unit, cost), at),
        }))
        return { key, at, taken }
      }
      waitMs = Math.min(waitMs, wait)
    }
    return { waitMs }
  }

  /** Till its turn: what waits before it, as far as turns are taken, and itself. */
  function expectedMs({ tenant, cost, keys }: LaneRequest): number {
    const own = waiters.all().filter(({ owner }) => owner === tenant).length + 1
    const seen = new Map<Tenant, number>()
    const ahead = { calls: 1, cost: { ...cost } }
    for (const { owner, about } of waiters.all()) {
      const count = (seen.get(owner) ?? 0) + 1
      seen.set(owner, count)
      if (count > own) continue
      ahead.calls += 1
      ahead.cost.inputTokens += about.cost.inputTokens
      ahead.cost.outputTokens += about.cost.outputTokens
    }
    const all = keys()
    const waits = all.map((key) =>
      Math.max(
        0,
        ...metersOf(key).map((meter) => {
          const { unit } = meter.limit
          const mine = unit === 'requests' ? 1 : costIn(unit, cost)
          const before = (unit === 'requests' ? ahead.calls : costIn(unit, ahead.cost)) - mine
          return meter.waitMs(mine, now()) + meter.spanMs(before / all.length)
        }),
      ),
    )
    return Math.min(...waits)
  }

  function pump(): void {
    if (timer !== null) clearTimeout(timer)
    timer = null
    while (waiters.all().length > 0) {
      const next = waiters.next((tenant) => turns.get(tenant) ?? 0)
      if (next === undefined) return
      const tried = tryTake(next.about)
      if ('waitMs' in tried) {
        timer = setTimeout(pump, Math.min(LOOK_AGAIN_MS, Math.max(1, tried.waitMs)))
        return
      }
      turns.set(next.owner, (turns.get(next.owner) ?? 0) + 1)
      next.give(tried)
    }
    turns.clear()
  }

  async function wait(request: LaneRequest): Promise<LaneAnswer> {
    const { tenant, limitMs, signal } = request
    // It begins with the turns that those have had who wait already.
    if (!waiters.all().some(({ owner }) => owner === tenant)) {
      const least = turns.size === 0 ? 0 : Math.min(...turns.values())
      turns.set(tenant, Math.max(turns.get(tenant) ?? 0, least))
    }
    const waited = waiters.wait(tenant, request, limitMs, signal)
    if (timer === null) pump()
    const grant = await waited
    if (grant !== null) return { ok: true, grant }
    return { ok: false, retryAfterMs: Math.max(LEAST_RETRY_MS, Math.ceil(expectedMs(request))) }
  }

  return {
    take(request) {
      if (waiters.all().length === 0) {
        const tried = tryTake(request)
        if (!('waitMs' in tried)) return { ok: true, grant: tried }
      }
      // LANE-2
      const expected = Math.ceil(expectedMs(request))
      if (expected > request.limitMs || request.signal.aborted)
        return { ok: false, retryAfterMs: Math.max(LEAST_RETRY_MS, expected) }
      return wait(request)
    },
    waiting() {
      const all = waiters.all()
      const cost = all.reduce(
        (sum, { about }) => ({
          inputTokens: sum.inputTokens + about.cost.inputTokens,
          outputTokens: sum.outputTokens + about.cost.outputTokens,
        }),
        NO_COST,
      )
      return { calls: all.length, cost }
    },
    wake: pump,
  }
}
