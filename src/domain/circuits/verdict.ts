/**
 * What one attempt proves about the circuits of its provider: the account's, which stands for being able to
 * connect at all, and the model's. Read from the failure's rule; `ignored` proves nothing either way.
 *
 * VERDICT-1 Any HTTP answer is a success of the account's circuit, whatever it says: the connection works.
 * VERDICT-2 What is the caller's doing is ignored: a cancelled call, a deadline that came, a request that is
 *    at fault.
 * VERDICT-3 A timeout while tokens were coming is ignored: the model was at work.
 * VERDICT-4 So is what ended only one call: a conflict with another call (409), a request sent too early
 *    (425), one whose sender is said to have hung up (499).
 */
import { type Failure, type FailureClass, ruleOf } from '../failures/failure'
import { keyHoldOf, UNTIL_MENDED_MS } from '../failures/key-hold'

export type Verdict = 'success' | 'failure' | 'ignored'

export interface Hold {
  scope: 'model' | 'provider'
  forMs: number
  reason: FailureClass
  /** Nobody said how long: at its end one call tries for all. */
  probe?: true | undefined
}

export interface Verdicts {
  account: Verdict
  model: Verdict
  /** What is to be left alone for a while, by the whole cluster. */
  hold: Hold | null
}

export interface Attempted {
  /** null: it succeeded. */
  failure: Failure | null
  /** Another key of the provider is free: then only the key is held, by the worker's own key ring. */
  otherKeyFree: boolean
  /** A timeout that is the deadline's doing: the call had less time than its own timeout. */
  cutByDeadline: boolean
}

export const SUCCEEDED: Verdicts = { account: 'success', model: 'success', hold: null }
export const IGNORED: Verdicts = { account: 'ignored', model: 'ignored', hold: null }

export function verdictsOf({ failure, otherKeyFree, cutByDeadline }: Attempted): Verdicts {
  if (failure === null) return SUCCEEDED
  if (failure.class === 'timeout' && cutByDeadline) return { ...IGNORED, account: accountOf(failure) }
  if (isConnectionFailure(failure)) return { account: 'failure', model: 'ignored', hold: null }
  const model = modelFailed(failure) ? 'failure' : 'ignored'
  // A free key takes the hold over, where the failure is of the key at all.
  const hold = otherKeyFree && keyHoldOf(failure) !== null ? null : holdOf(failure)
  return { account: accountOf(failure), model, hold }
}

/** Below HTTP: it proves nothing about the model, and that the connection fails. */
const isConnectionFailure = ({ class: failureClass, timeoutPhase }: Failure): boolean =>
  failureClass === 'connection' || (failureClass === 'timeout' && timeoutPhase === 'connect')

/** VERDICT-1. The phase `attempt` begins with the headers. */
function accountOf({ class: failureClass, status, tokensFlowing, timeoutPhase }: Failure): Verdict {
  const answered = status !== undefined || ruleOf(failureClass).answered
  return answered || tokensFlowing === true || timeoutPhase === 'attempt' ? 'success' : 'ignored'
}

/** VERDICT-4 */
const OF_ONE_CALL: ReadonlySet<number | undefined> = new Set([409, 425, 499])

/** VERDICT-3 */
const modelFailed = (failure: Failure): boolean =>
  ruleOf(failure.class).circuit === 'failure' &&
  !OF_ONE_CALL.has(failure.status) &&
  !(failure.class === 'timeout' && failure.tokensFlowing === true)

function holdOf(failure: Failure): Hold | null {
  const { class: reason, retryAfterMs } = failure
  const probe = retryAfterMs === undefined ? ({ probe: true } as const) : {}
  switch (ruleOf(reason).hold) {
    case 'none':
      return null
    case 'key':
    case 'provider':
      return { scope: 'provider', forMs: keyHoldOf(failure)?.forMs ?? UNTIL_MENDED_MS, reason, ...probe }
    case 'model':
      // A 429 that does not say how long is the backoff's business.
      if (reason === 'rate_limited' && retryAfterMs === undefined) return null
      return { scope: 'model', forMs: retryAfterMs ?? UNTIL_MENDED_MS, reason, ...probe }
  }
}
