/**
 * A generation that waits for a valid key: parked till a person has mended one, and then gone on with.
 *
 * RUN-PARKED-1 It looks again after 30 s and then ever more seldom, at least every 5 min, each generation at a moment of its own;
 *    and soon after somebody says that the circuits have changed.
 * RUN-PARKED-2 A look calls only what its circuits let through: of all that are parked at one provider one call at a time tries
 *    the key, by a permit of the circuits. None is a last resort.
 * RUN-PARKED-3 Its clock stands meanwhile: each look has the route's whole deadline, and the wait as a whole ends after the route's
 *    `parkFor`.
 */
import type { CircuitSnapshot, GenerationInput, Parked } from '../contract/generation'
import { failedGeneration } from '../domain/failures/failed-generation'
import { lackingKeys } from '../domain/failures/lacking-keys'
import type { Route } from '../domain/routing/route'
import { type PlanEnd, runPlan } from './run-plan'
import { planOf } from './steps'
import type { GenerationHost, Parking, Progress } from './types'

/** RUN-PARKED-1. A hold that nobody timed is 30 s. */
const FIRST_LOOK_MS = 30_000
const LOOKS_APART_MAX_MS = 300_000
/** Each pause is up to so much shorter or longer. */
const SPREAD = 0.2
/** After a change of the circuits; a thousand that are notified of it at once come within this time. */
const AFTER_CHANGE_MS = 5_000
/** The key is good again, and something else is in the way. */
const KEPT_OUT_AT_LEAST_MS = 5_000

type Unanswered = Extract<PlanEnd, { type: 'unanswered' }>

/**
 * @param ended how its plan ended; null: it was parked in the run before this one
 * @returns how it ended after all; null: it does not wait for a key
 */
export async function runParked(
  input: GenerationInput,
  host: GenerationHost,
  progress: Progress,
  ended: Unanswered | null,
): Promise<PlanEnd | null> {
  const { route, resumed } = input
  const { parking } = host
  if (route.park === undefined || parking === undefined) return null
  let parked: Parked
  if (ended === null) {
    if (resumed?.parked === undefined) return null
    parked = resumed.parked
  } else {
    const now = host.now()
    const missing = await lackOf(input, host, progress, ended, false)
    if (missing === null) return null
    parked = { since: now, until: now + route.park.forMs, looks: 0, providers: missing.providers }
  }
  parking.begin(parked, ended === null)
  let soonerMs = LOOKS_APART_MAX_MS
  for (;;) {
    const wakeAt = Math.min(parked.until, host.now() + Math.min(soonerMs, pauseMs(parked.looks, parking)))
    const event = await parking.wait(parked, wakeAt)
    if (event.type === 'nudged' && !host.cancelled())
      await parking.wait(parked, Math.min(parked.until, host.now() + parking.random() * AFTER_CHANGE_MS))
    if (host.cancelled()) return { type: 'cancelled' }
    if (host.mayRest()) return { type: 'resting', dispatch: { pass: 1, pausedUntil: null }, parked }
    // RUN-PARKED-3
    const look = { ...lookOf(input), deadlineAt: host.now() + route.deadlineMs }
    const end = await runPlan(look, host, progress)
    if (end.type !== 'unanswered') return end
    const missing = await lackOf(input, host, progress, end, true)
    if (missing === null) return end
    if (host.now() >= parked.until) return { ...end, end: { type: 'deadline' } }
    parked = { ...parked, looks: parked.looks + 1, providers: missing.providers }
    soonerMs = missing.providers.length > 0 ? LOOKS_APART_MAX_MS : missing.againInMs
  }
}

/** RUN-PARKED-1 */
function pauseMs(looks: number, { random }: Parking): number {
  const grown = Math.min(LOOKS_APART_MAX_MS, FIRST_LOOK_MS * 2 ** Math.min(looks, 10))
  return Math.round(grown * (1 - SPREAD + 2 * SPREAD * random()))
}

/** RUN-PARKED-2. A look begins anew, whatever the run before this one had left. */
function lookOf({ resumed: _resumed, ...input }: GenerationInput): GenerationInput {
  const { circuit } = input.route
  const route: Route = {
    ...input.route,
    passes: 1,
    circuit: circuit === null ? null : { ...circuit, whenAllOpen: 'fail' },
  }
  return { ...input, route }
}

async function lackOf(
  input: GenerationInput,
  host: GenerationHost,
  { records }: Progress,
  { end, plan }: Unanswered,
  parked: boolean,
): Promise<{ providers: string[]; againInMs: number } | null> {
  const now = host.now()
  const { kind, retryAt } = failedGeneration(end, plan, records, now)
  let view: CircuitSnapshot = { unusable: [] }
  try {
    view = await host.circuitReader.circuits(true)
  } catch (error) {
    if (host.isCancellation(error)) throw error
  }
  const { candidates } = input.route
  // Workers of two deploys know of different keys: what either lacks counts.
  const dropped = [
    ...plan.dropped.filter(({ because }) => because === 'provider'),
    ...planOf(input, view).dropped,
  ]
  const known = { candidates, plan: { dropped }, blocked: view.blocked ?? [], records, kind }
  const providers = lackingKeys(known, parked)
  const againInMs = Math.max(KEPT_OUT_AT_LEAST_MS, (retryAt ?? now) - now)
  return providers === null ? null : { providers, againInMs }
}
