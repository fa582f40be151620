/**
 * Providers' own limits, as a worker keeps them: what the config says and what answers' headers say.
 *
 * LIMITS-1 A call to a target without a known limit waits for nothing.
 * LIMITS-2 What a call will cost is estimated before it; what it has cost replaces the estimate when it ends.
 * LIMITS-3 What is kept is bounded: callers may name any model. Of what is over that, nothing is learned.
 */
import type { Config } from '../config'
import { limitsIn } from '../domain/limits/headers'
import { costIn, type Limit, type LimitCost, type LimitScope, limitId } from '../domain/limits/limit'
import type { LimitReport } from '../domain/limits/sharing'
import { createLane, type Grant, type Lane, type LaneRequest } from './lane'
import { createMeter, type Meter, type OthersPart } from './meter'

/** LIMITS-3 */
const METERS_AT_MOST = 1_000
const LANES_AT_MOST = 1_000
/** Of a target that has answered nothing yet, tokens. */
const FIRST_OUTPUT = 500
/** How much the newest answer counts for what the next one is expected to have. */
const NEWEST = 0.1

type Headers = { readonly [name: string]: string }

export interface LimitedCall extends Omit<LaneRequest, 'cost'> {
  provider: string
  model: string
  /** Tokens of its prompt; only called where a limit counts them. */
  inputTokens(): number
  /** The most that it may answer; undefined: not said. */
  maxOutputTokens: number | undefined
}

/** A call that may go. */
export interface LimitPermission {
  key: string | null
  /** So long it waited for its turn. */
  waitedMs: number
  /** Its response has begun. */
  seen(headers: Headers): void
  /** It has ended. `used`: its tokens, where the provider said; `refused`: by the provider, for a limit. */
  ended(end: { used: LimitCost | null; refused: boolean; called: boolean }): void
}

export type LimitAnswer = { ok: true; permission: LimitPermission } | { ok: false; retryAfterMs: number }

/** One limit, as this worker knows it. */
export interface KnownLimit extends LimitScope {
  provider: string
  id: string
  meter: Meter
  learned: boolean
}

export interface Sharing {
  /** A call of the provider takes of its limits, or waits. */
  touched(provider: string): void
  /** How many there are, this one included. */
  workers(): number
}

export interface Limits {
  take(call: LimitedCall): LimitAnswer | Promise<LimitAnswer>
  known(provider: string): readonly KnownLimit[]
  /** What this worker would report of them, by limitId. */
  reports(provider: string): { [id: string]: LimitReport }
  /** Somebody shares them with other workers. */
  shareBy(sharing: Sharing): void
  /** By limitId. */
  share(provider: string, partOf: (id: string, report: LimitReport) => OthersPart): void
  /** Of limits of a known model or provider, for metrics. */
  ratios(): { target: string; unit: string; ratio: number }[]
}

interface OfProvider {
  limits: Map<string, KnownLimit>
  lanes: Map<string, Lane>
  /** By key and model. */
  lists: Map<string, Meter[]>
  output: Map<string, number>
}

export function createLimits(providers: Config['providers'], now: () => number): Limits {
  const all = new Map<string, OfProvider>()
  let sharing: Sharing = { touched: () => undefined, workers: () => 1 }

  const of = (provider: string): OfProvider => {
    const known = all.get(provider) ?? {
      limits: new Map(),
      lanes: new Map(),
      lists: new Map(),
      output: new Map(),
    }
    all.set(provider, known)
    return known
  }

  /** null: LIMITS-3. */
  function limitOf(provider: string, scope: LimitScope, limit: Limit, learned: boolean): KnownLimit | null {
    const { limits, lists } = of(provider)
    const id = limitId(scope, limit)
    const known = limits.get(id)
    if (known !== undefined) return known
    if (limits.size >= METERS_AT_MOST) return null
    const created = { provider, id, ...scope, meter: createMeter(limit), learned }
    created.meter.share({ used: null, at: now(), share: 1 / Math.max(1, sharing.workers()) })
    limits.set(id, created)
    lists.clear()
    return created
  }

  /** LIMITS-1 */
  function metersOf(provider: string, model: string, key: string | null): readonly Meter[] {
    const { lists, limits } = of(provider)
    const name = JSON.stringify([key, model])
    const listed = lists.get(name)
    if (listed !== undefined) return listed
    const configured = Object.hasOwn(providers, provider) ? providers[provider]?.limits : undefined
    for (const limit of configured?.all ?? []) limitOf(provider, { key, model: null }, limit, false)
    const ofModel =
      configured !== undefined && Object.hasOwn(configured.models, model) ? configured.models[model] : []
    for (const limit of ofModel ?? []) limitOf(provider, { key, model }, limit, false)
    const meters = [...limits.values()]
      .filter((one) => one.key === key && (one.model === null || one.model === model))
      .map(({ meter }) => meter)
    if (lists.size < METERS_AT_MOST) lists.set(name, meters)
    return meters
  }

  function laneOf(provider: string, model: string): Lane {
    const { lanes } = of(provider)
    const known = lanes.get(model)
    if (known !== undefined) return known
    const lane = createLane((key) => metersOf(provider, model, key), now)
    const [oldest] = lanes
    if (lanes.size >= LANES_AT_MOST && oldest !== undefined && oldest[1].waiting().calls === 0)
      lanes.delete(oldest[0])
    lanes.set(model, lane)
    return lane
  }

  function learn({ provider, model }: LimitedCall, grant: Grant, headers: Headers): void {
    const scope = { key: grant.key, model }
    for (const { unit, windowMs, named, ...measured } of limitsIn(headers, now())) {
      const known = limitOf(provider, scope, { unit, windowMs, amount: measured.amount }, true)
      if (known === null) continue
      known.learned = true
      const taken = grant.taken.find(({ meter }) => meter === known.meter)?.taken
      // The first answer names the limit: the call that it came with had taken nothing of it.
      known.meter.measure(measured, taken ?? known.meter.take(0, grant.at), now())
      if (named) continue
      // It was taken for one of another window before.
      for (const one of of(provider).limits.values())
        if (one !== known && one.key === scope.key && one.model === model && one.meter.limit.unit === unit)
          one.meter.forget()
    }
  }

  function permit(call: LimitedCall, grant: Grant, askedAt: number): LimitPermission {
    let open = true
    return {
      key: grant.key,
      waitedMs: grant.at - askedAt,
      seen: (headers) => learn(call, grant, headers),
      ended({ used, refused, called }) {
        if (!open) return
        open = false
        for (const { meter, taken } of grant.taken) {
          if (refused) meter.refused(now())
          const { unit } = meter.limit
          // LIMITS-2
          if (used !== null) meter.settle(taken, costIn(unit, used))
          else if (refused || !called) meter.settle(taken, called && unit === 'requests' ? 1 : 0)
        }
        if (used === null) return
        const { output } = of(call.provider)
        const before = output.get(call.model)
        if (before !== undefined || output.size < LANES_AT_MOST)
          output.set(call.model, (before ?? used.outputTokens) * (1 - NEWEST) + used.outputTokens * NEWEST)
      },
    }
  }

  const answer = (
    call: LimitedCall,
    askedAt: number,
    taken: Awaited<ReturnType<Lane['take']>>,
  ): LimitAnswer => (taken.ok ? { ok: true, permission: permit(call, taken.grant, askedAt) } : taken)

  const reportOf = ({ provider, model, meter, learned }: KnownLimit): LimitReport => {
    const { unit, amount, windowMs } = meter.limit
    const lanes = of(provider).lanes
    const waiting =
      model === null ? [...lanes.values()] : [lanes.get(model)].filter((lane) => lane !== undefined)
    const sum = waiting.reduce((total, lane) => {
      const { calls, cost } = lane.waiting()
      return total + (unit === 'requests' ? calls : costIn(unit, cost))
    }, 0)
    return { amount, windowMs, used: meter.used(now()), waiting: sum, learned }
  }

  return {
    take(call) {
      const { provider, model } = call
      const counted = call
        .keys()
        .some((key) => metersOf(provider, model, key).some(({ limit }) => limit.unit !== 'requests'))
      const cost: LimitCost = counted
        ? {
            inputTokens: call.inputTokens(),
            outputTokens: call.maxOutputTokens ?? Math.ceil(of(provider).output.get(model) ?? FIRST_OUTPUT),
          }
        : { inputTokens: 0, outputTokens: 0 }
      const askedAt = now()
      const taken = laneOf(provider, model).take({ ...call, cost })
      if (of(provider).limits.size > 0) sharing.touched(provider)
      return taken instanceof Promise
        ? taken.then((one) => answer(call, askedAt, one))
        : answer(call, askedAt, taken)
    },
    known: (provider) => [...of(provider).limits.values()],
    reports: (provider) =>
      Object.fromEntries([...of(provider).limits.values()].map((one) => [one.id, reportOf(one)])),
    shareBy(next) {
      sharing = next
    },
    share(provider, partOf) {
      for (const one of of(provider).limits.values()) one.meter.share(partOf(one.id, reportOf(one)))
      for (const lane of of(provider).lanes.values()) lane.wake()
    },
    ratios: () =>
      [...all.values()].flatMap(({ limits }) =>
        [...limits.values()].map(({ provider, model, meter }) => ({
          target: model === null ? provider : `${provider}/${model}`,
          unit: meter.limit.unit,
          ratio: Math.max(0, meter.ratio(now())),
        })),
      ),
  }
}
