/**
 * Is Temporal there? Asked before a generation is sent: what was not sent was certainly not accepted, and its caller
 * may go elsewhere. A start that fails can't tell: it may have arrived, and a native connection goes on sending it for
 * ten seconds after its caller has given up.
 *
 * HEALTH-CHECK-1 Within FRESH_MS of an answer nobody asks: under load a start costs no call more.
 * HEALTH-CHECK-2 One question at a time, bounded. A no holds for NO_HOLDS_MS, so that an outage is told at
 *    once, while the next question is under way.
 */
import type { ConnectionLike } from '@temporalio/client'
import { type Accepted, HoldfastError } from '../contract/errors'
import { inTime, singleFlight } from '../util/async'

/** A server that has died is met without a question for so long: those starts end as `unknown`. */
const FRESH_MS = 250
/** A healthy server takes 1 to 5 ms; a busy machine took 160. */
const QUESTION_MS = 1_000
const NO_HOLDS_MS = 1_000
/** Where a caller is told when to come back: an outage that ends is known by then. */
const TRY_AGAIN_AFTER_MS = 1_000

export interface HealthCheck {
  /** Does it answer? Never rejects. */
  healthy(): Promise<boolean>
  /** It has answered something. */
  answered(): void
  /** It has left a call without an answer: the next one asks first. */
  doubt(): void
}

/** Of each connection, whoever uses it: what one caller hears all others know. */
const healthChecks = new WeakMap<ConnectionLike, HealthCheck>()

export function healthCheckOf(connection: ConnectionLike): HealthCheck {
  const known = healthChecks.get(connection)
  if (known !== undefined) return known
  const healthCheck = createHealthCheck(() =>
    inTime(
      QUESTION_MS,
      connection.withDeadline(Date.now() + QUESTION_MS, () => connection.workflowService.getSystemInfo({})),
    ),
  )
  healthChecks.set(connection, healthCheck)
  return healthCheck
}

export function createHealthCheck(ask: () => Promise<unknown>): HealthCheck {
  let answeredAt = Number.NEGATIVE_INFINITY
  let refusedAt = Number.NEGATIVE_INFINITY
  const answered = (): void => {
    answeredAt = Date.now()
    refusedAt = Number.NEGATIVE_INFINITY
  }
  /** A clock that was set back makes everything old. */
  const within = (at: number, ms: number): boolean => Math.abs(Date.now() - at) < ms

  const check = singleFlight(() =>
    ask().then(
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
      return within(refusedAt, NO_HOLDS_MS) ? false : checking
    },
    doubt() {
      answeredAt = Number.NEGATIVE_INFINITY
    },
  }
}

/** Throws HoldfastError `unavailable` where Temporal does not answer. `accepted`: of what is asked about. */
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
