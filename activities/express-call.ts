/**
 * The first call of a candidate on a route with `express`: a local activity, which holds its worker's workflow task.
 *
 * EXPRESS-CALL-1 It makes the same attempt as the activity, and says as a value how that ended: whether and when the activity
 *    goes on is the workflow's to see.
 * EXPRESS-CALL-2 It waits for nothing: without room in its worker's lane, a slot, or room in the provider's limits, the
 *    activity makes the call, and waits where waiting is cheap.
 * EXPRESS-CALL-3 One that may have been made before makes no call (workflows/express-lane.ts, EXPRESS-LANE-1).
 */
import { Context } from '@temporalio/activity'
import { ActivityCancellationDetails } from '@temporalio/common'
import type { Activities, ExpressCall, ExpressResult } from '../src/contract/generation'
import { errorOf } from './attempt-end'
import type { CallContext } from './call-context'
import { callAttempt } from './call-provider'
import type { ActivityDeps, ExpressPlace } from './deps'
import { resultOf } from './result-of'

export const createExpressCall =
  (deps: ActivityDeps): Activities['expressCall'] =>
  async (express) => {
    const { call, at, again } = express
    const { candidateIndex, othersLeft, lastResort, callsBefore, stream } = call
    const of = { candidateIndex, othersLeft, lastResort, callsBefore, sequence: stream?.sequence ?? 1, at }
    // EXPRESS-CALL-2, EXPRESS-CALL-3
    const place = again === null ? deps.express.enter() : null
    if (place === null) return { of, type: 'handed_over', lost: again === 'lost' }
    try {
      return { of, ...(await called(deps, express, place)) }
    } finally {
      place.leave()
    }
  }

/** EXPRESS-CALL-1 */
async function called(
  deps: ActivityDeps,
  { call, at }: ExpressCall,
  place: ExpressPlace,
): Promise<DistributedOmit<ExpressResult, 'of'>> {
  const end = await callAttempt(deps, contextOf(Context.current(), at, place), call)
  switch (end.type) {
    case 'answered':
      return { type: 'answered', ...resultOf(end.commit, call.candidateIndex, end.records) }
    case 'failed':
      if (end.failure.class === 'cancelled') throw errorOf(end)
      return { type: 'failed', records: end.records, retryInMs: end.retryInMs }
    // Of those that others have beaten none is in a sequence, but for one that Temporal has given up on.
    case 'gave_way':
    case 'lost_too_often':
    case 'superseded':
    case 'no_turn':
      return { type: 'handed_over', lost: false }
  }
}

type DistributedOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never

const HANDS_OVER = new ActivityCancellationDetails({ workerShutdown: true })

/** Times of a local activity are its worker's own; `at` is Temporal's. It has no heartbeats. */
function contextOf(context: Context, at: number, { closing }: ExpressPlace): CallContext {
  const { info, cancellationSignal, cancelled } = context
  return {
    heartbeat: () => undefined,
    cancellationSignal: AbortSignal.any([cancellationSignal, closing]),
    cancelled,
    get cancellationDetails() {
      return closing.aborted && !cancellationSignal.aborted ? HANDS_OVER : context.cancellationDetails
    },
    info: {
      activityId: info.activityId,
      attempt: 1,
      heartbeatDetails: undefined,
      scheduledTimestampMs: at,
      currentAttemptScheduledTimestampMs: at,
      ...(info.workflowExecution === undefined ? {} : { workflowExecution: info.workflowExecution }),
    },
    waitsForNothing: true,
  }
}
