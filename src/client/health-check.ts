/**
 * Does Temporal answer? Checked before a generation is sent: what was not sent was certainly not accepted, and its
 * caller may go elsewhere. A start that fails does not show it: it may have arrived, and a native connection goes on
 * sending it for ten seconds after its caller has given up.
 *
 * HEALTH-CHECK-1 Within FRESH_MS of an answer no check is sent: under load a start costs no call more.
 * HEALTH-CHECK-2 One check at a time, bounded. A failed one holds for FAILURE_HOLDS_MS, so that an outage is
 *    reported at once, while the next check is under way.
 */
import type { ConnectionLike } from '@temporalio/client'
import { type Accepted, HoldfastError } from '../contract/errors'
import { inTime, singleFlight } from '../util/async'

/** Starts are sent without a check for so long after a server has died: they end as `unknown`. */
const FRESH_MS = 250
/** A healthy server takes 1 to 5 ms; a busy machine took 160. */
const CHECK_DEADLINE_MS = 1_000
const FAILURE_HOLDS_MS = 1_000
/** The `retryAt` of the error: an outage that ends is known by then. */
const TRY_AGAIN_AFTER_MS = 1_000

export interface HealthCheck {
  /** Does it answer? Never rejects. */
  healthy(): Promise<boolean>
  /** It has answered something. */
  answered(): void
  /** It has left a call without an answer: the next one checks first. */
  doubt(): void
}

/** One per connection: what one caller's check finds holds for all callers. */
const healthChecks = new WeakMap<ConnectionLike, HealthCheck>()

export function healthCheckOf(connection: ConnectionLike): HealthCheck {
  const known = healthChecks.get(connection)
  if (known !== undefined) return known
  const healthCheck = createHealthCheck(() =>
    inTime(
      CHECK_DEADLINE_MS,
      connection.withDeadline(Date.now() + CHECK_DEADLINE_MS, () =>
        connection.workflowService.getSystemInfo({}),
      ),
    ),
  )
  healthChecks.set(connection, healthCheck)
  return healthCheck
}

export function createHealthCheck(ping: () => Promise<unknown>): HealthCheck {
  let answeredAt = Number.NEGATIVE_INFINITY
  let refusedAt = Number.NEGATIVE_INFINITY
  const answered = (): void => {
    answeredAt = Date.now()
    refusedAt = Number.NEGATIVE_INFINITY
  }
  /** A clock that was set back makes everything old. */
  const within = (at: number, ms: number): boolean => Math.abs(Date.now() - at) < ms

  const check = singleFlight(() =>
    ping().then(
      () => {
        answered()
        return true
      },
      () => {
        refusedAt = Date.now()
        return false
      },
    ),
  )

  return {
    answered,
    async healthy() {
      if (within(answeredAt, FRESH_MS)) return true
      const checking = check()
      return within(refusedAt, FAILURE_HOLDS_MS) ? false : checking
    },
    doubt() {
      answeredAt = Number.NEGATIVE_INFINITY
    },
  }
}

/** Throws HoldfastError `unavailable` where Temporal does not answer. `accepted`: of the generation in question. */
export async function requireHealthy(
  connection: ConnectionLike,
  id: string | null,
  accepted: Accepted = false,
): Promise<void> {
  if (await healthCheckOf(connection).healthy()) return
  throw new HoldfastError({
    kind: 'unavailable',
    message: `Temporal does not answer${accepted === false ? ': nothing was accepted, send it again later' : ''}`,
    accepted,
    generationId: id,
    retryAt: Date.now() + TRY_AGAIN_AFTER_MS,
  })
}
