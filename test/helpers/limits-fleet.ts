/** Workers of one provider in virtual time: the real meters, a provider that enforces its limit, and its headers. */
import { type Limit, limitId } from '../../src/domain/limits/limit'
import { newLimitReports, publishLimits, reduceLimits } from '../../src/domain/limits/sharing'
import { createMeter, type Taken } from '../../src/limits/meter'
import { othersPart } from '../../src/limits/others'

export interface FleetOptions {
  workers: number
  limit: Limit
  enforced: 'bucket' | 'window'
  /** Does the provider send what is left? */
  headers: boolean
  /** Do workers publish what they take? */
  sharing: boolean
  latencyMs: number
  /** Calls that come in this millisecond step at a worker. */
  arrivals(worker: number, now: number): number
  untilMs: number
  /** Tokens of a call. Default 1 (requests). */
  cost?: (random: number) => { estimate: number; actual: number }
  /** From when on a worker is dead. */
  dies?: { worker: number; at: number }
  /** The provider's own amount, where it changes. */
  amountAt?: (now: number) => number
}

export interface FleetResult {
  sent: number
  refused: number
  answered: number
  byWorker: number[]
  reports: number
  /** Calls answered in each minute. */
  perMinute: number[]
  waiting: number
}

const STEP_MS = 20
const TURN_MS = 2_000
const NETWORK_MS = 30

interface Flight {
  taken: Taken
  actual: number
  at: number
  worker: number
}

export function runFleet(options: FleetOptions): FleetResult {
  const { workers: count, limit, enforced, headers, sharing, latencyMs, arrivals, untilMs } = options
  let seed = 1
  const random = (): number => {
    seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31
    return seed / 2 ** 31
  }
  const amountAt = options.amountAt ?? (() => limit.amount)
  const workers = Array.from({ length: count }, () => ({
    meter: createMeter(limit),
    waiting: 0,
    reported: null as number | null,
    lastTurn: 0,
    answers: [] as { at: number; flight: Flight; remaining: number; refused: boolean }[],
  }))
  for (const { meter } of workers) meter.share({ used: null, at: 0, share: 1 / count })
  const arriving: Flight[] = []
  let level = limit.amount
  const log: { at: number; cost: number }[] = []
  const id = limitId({ key: null, model: 'm' }, limit)
  let entity = newLimitReports()
  let published = publishLimits(entity, 0)
  const result: FleetResult = {
    sent: 0,
    refused: 0,
    answered: 0,
    byWorker: Array(count).fill(0),
    reports: 0,
    perMinute: [],
    waiting: 0,
  }

  const admit = (cost: number, now: number): { ok: boolean; remaining: number } => {
    const amount = amountAt(now)
    if (enforced === 'bucket') {
      level = Math.min(level, amount)
      if (level < cost) return { ok: false, remaining: Math.max(0, level) }
      level -= cost
      return { ok: true, remaining: level }
    }
    while (log[0] !== undefined && log[0].at <= now - limit.windowMs) log.shift()
    const used = log.reduce((sum, one) => sum + one.cost, 0)
    if (used + cost > amount) return { ok: false, remaining: amount - used }
    log.push({ at: now, cost })
    return { ok: true, remaining: amount - used - cost }
  }

  for (let now = 1_000_000; now < 1_000_000 + untilMs; now += STEP_MS) {
    const amount = amountAt(now)
    level = Math.min(amount, level + (amount / limit.windowMs) * STEP_MS)
    workers.forEach((worker, index) => {
      if (options.dies !== undefined && options.dies.worker === index && now - 1_000_000 >= options.dies.at)
        return
      worker.waiting += arrivals(index, now - 1_000_000)
      while (worker.answers[0] !== undefined && worker.answers[0].at <= now) {
        const answer = worker.answers.shift()
        if (answer === undefined) break
        const { flight, refused, remaining } = answer
        worker.meter.settle(flight.taken, refused ? 0 : flight.actual)
        if (headers) worker.meter.measure({ amount, remaining, resetMs: null }, flight.taken, now)
        if (refused) worker.meter.refused(now)
      }
      // A turn of its own for each, as in the worker.
      const turn = Math.floor((now + (index * TURN_MS) / count) / TURN_MS)
      if (sharing && turn !== worker.lastTurn) {
        worker.lastTurn = turn
        const used = worker.meter.used(now)
        const watched = now - published.at < 10_000 && Object.keys(published.limits).length > 0
        if ((watched && used > 0) || worker.meter.pressure(now) >= 0.5 || worker.waiting > 0) {
          worker.reported = used
          const reports = {
            [id]: {
              amount: limit.amount,
              windowMs: limit.windowMs,
              used,
              waiting: worker.waiting,
              learned: false,
            },
          }
          entity = reduceLimits(entity, { worker: String(index), leaseMs: 6_000, limits: reports }, now)
          published = publishLimits(entity, now)
          result.reports += 1
        }
        worker.meter.share(
          othersPart(published.limits[id], {
            at: published.at,
            reported: worker.reported,
            need: used + worker.waiting,
            workers: count,
            now,
            leaseMs: 10_000,
          }),
        )
      }
      while (worker.waiting > 0) {
        const { estimate, actual } = options.cost?.(random()) ?? { estimate: 1, actual: 1 }
        if (worker.meter.waitMs(estimate, now) > 0) break
        worker.waiting -= 1
        arriving.push({
          taken: worker.meter.take(estimate, now),
          actual,
          at: now + NETWORK_MS,
          worker: index,
        })
        result.sent += 1
      }
    })
    while (arriving[0] !== undefined && arriving[0].at <= now) {
      const flight = arriving.shift()
      if (flight === undefined) break
      const { ok, remaining } = admit(flight.actual, now)
      if (ok) {
        result.answered += 1
        result.byWorker[flight.worker] = (result.byWorker[flight.worker] ?? 0) + 1
        const minute = Math.floor((now - 1_000_000) / 60_000)
        result.perMinute[minute] = (result.perMinute[minute] ?? 0) + flight.actual
      } else result.refused += 1
      const answers = workers[flight.worker]?.answers
      answers?.push({
        at: now + (ok ? latencyMs * (0.5 + random()) : NETWORK_MS),
        flight,
        remaining,
        refused: !ok,
      })
      answers?.sort((one, other) => one.at - other.at)
    }
  }
  result.waiting = workers.reduce((sum, { waiting }) => sum + waiting, 0)
  return result
}
