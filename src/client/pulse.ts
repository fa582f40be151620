/**
 * Is Temporal there? Asked before a generation is sent: what was not sent was certainly not accepted, and its caller
 * may go elsewhere. A start that fails can't tell: it may have arrived, and a native connection goes on sending it for
 * ten seconds after its caller has given up.
 *
 * U1 Within FRESH_MS of an answer nobody asks: under load a start costs no call more.
 * U2 One question at a time, bounded. A no holds for NO_HOLDS_MS, so that an outage is told at once, while the next
 *    question is under way.
 */
import type { ConnectionLike } from '@temporalio/client'
import { type Accepted, HoldfastError } from '../contract/errors'
import { inTime } from '../temporal/in-time'

/** A server that has died is met without a question for so long: those starts end as `unknown`. */
const FRESH_MS = 250
/** A healthy server takes 1 to 5 ms; a busy machine took 160. */
const QUESTION_MS = 1_000
const NO_HOLDS_MS = 1_000
/** Where a caller is told when to come back: an outage that ends is known by then. */
const TRY_AGAIN_AFTER_MS = 1_000

export interface Pulse {
  /** Does it answer? Never rejects. */
  beats(): Promise<boolean>
  /** It has answered something. */
  heard(): void
  /** It has left a call without an answer: the next one asks first. */
  doubt(): void
}

/** Of each connection, whoever uses it: what one caller hears all others know. */
const pulses = new WeakMap<ConnectionLike, Pulse>()

export function pulseOf(connection: ConnectionLike): Pulse {
  const known = pulses.get(connection)
  if (known !== undefined) return known
  const pulse = createPulse(() =>
    inTime(
      QUESTION_MS,
      connection.withDeadline(Date.now() + QUESTION_MS, () => connection.workflowService.getSystemInfo({})),
    ),
  )
  pulses.set(connection, pulse)
  return pulse
}

export function createPulse(ask: () => Promise<unknown>): Pulse {
  let heardAt = Number.NEGATIVE_INFINITY
  let refusedAt = Number.NEGATIVE_INFINITY
  let asking: Promise<boolean> | null = null
  const heard = (): void => {
    heardAt = Date.now()
    refusedAt = Number.NEGATIVE_INFINITY
  }
  /** A clock that was set back makes everything old. */
  const within = (at: number, ms: number): boolean => Math.abs(Date.now() - at) < ms

  const question = (): Promise<boolean> =>
    ask()
      .then(
        () => {
          heard()
          return true
        },
        () => {
          refusedAt = Date.now()
          return false
        },
      )
      .finally(() => {
        asking = null
      })

  return {
    heard,
    async beats() {
      if (within(heardAt, FRESH_MS)) return true
      asking ??= question()
      return within(refusedAt, NO_HOLDS_MS) ? false : asking
    },
    doubt() {
      heardAt = Number.NEGATIVE_INFINITY
    },
  }
}

/** Throws HoldfastError `unavailable` where Temporal does not answer. `accepted`: of what is asked about. */
export async function requirePulse(
  connection: ConnectionLike,
  id: string | null,
  accepted: Accepted = false,
): Promise<void> {
  if (await pulseOf(connection).beats()) return
  throw new HoldfastError({
    kind: 'unavailable',
    message: `Temporal does not answer${accepted === false ? ': nothing was accepted, send it again later' : ''}`,
    accepted,
    generationId: id,
    retryAt: Date.now() + TRY_AGAIN_AFTER_MS,
  })
}
