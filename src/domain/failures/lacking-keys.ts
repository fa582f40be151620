/**
 * Is it for lack of a valid key that nobody could answer? Then a route with `onUnauthorized: park` waits for one.
 *
 * LACKING-KEYS-1 Each candidate lacks one: its provider has refused the key, or has nothing left to spend on it, or the worker
 *    has none. Those that can't serve this request, whatever their key, are passed over. One that failed otherwise might
 *    answer without any person's doing: then it is no lack of a key.
 * LACKING-KEYS-2 A request that is refused itself waits for nothing.
 * LACKING-KEYS-3 A generation that is parked already goes on waiting while it is kept from being called as well: by a circuit, by
 *    a limit, by a worker's slots. When a key is mended many come back at once.
 */
import type { AttemptRecord } from '../routing/attempt'
import type { Blocked, Plan } from '../routing/plan'
import type { Candidate } from '../routing/route'
import { type FailedGeneration, lastFailures } from './failed-generation'
import { type Failure, type FailureClass, isRequestFault, ruleOf } from './failure'

export interface Unanswered {
  candidates: readonly Pick<Candidate, 'target' | 'provider'>[]
  /** By what the worker knows now. */
  plan: Pick<Plan, 'dropped'>
  blocked: readonly Blocked[]
  records: readonly AttemptRecord[]
  kind: FailedGeneration['kind']
}

/** The providers whose key is to be mended; null: it is not for lack of one. `parked`: LACKING-KEYS-3, which may name none. */
export function lackingKeys(unanswered: Unanswered, parked: boolean): string[] | null {
  const { candidates, plan, blocked, records, kind } = unanswered
  // LACKING-KEYS-2
  if (kind === 'invalid_request') return null
  const last = new Map(lastFailures(records).map(({ candidate, failure }) => [candidate, failure]))
  const lacking = new Set<string>()
  for (const [index, { target, provider }] of candidates.entries()) {
    const failure = last.get(index)
    const because = plan.dropped.find((one) => one.target === target)?.because
    const held = blocked.find((one) => one.target === target)
    if (because === 'provider' || isKeys(held?.hold) || isKeys(failure?.class)) lacking.add(provider)
    else if (because === 'request' || isPassedOver(failure)) continue
    else if (!parked || !(held !== undefined || isKeptOut(failure))) return null
  }
  return parked || lacking.size > 0 ? [...lacking] : null
}

const isKeys = (failureClass: FailureClass | undefined): boolean =>
  failureClass !== undefined && ruleOf(failureClass).lacksKey

/** LACKING-KEYS-1 */
const isPassedOver = (failure: Failure | undefined): boolean =>
  failure !== undefined && isRequestFault(failure.class) && ruleOf(failure.class).fallback !== 'opt_in'

/** LACKING-KEYS-3 */
const isKeptOut = (failure: Failure | undefined): boolean =>
  failure === undefined || failure.class === 'not_admitted' || failure.class === 'rate_limited'
