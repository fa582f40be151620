/** What a call needs of its host: an activity's Context, or that of an in-process run (src/worker/in-process). */
import type { Context, Info } from '@temporalio/activity'

export interface CallContext
  extends Pick<Context, 'heartbeat' | 'cancellationSignal' | 'cancelled' | 'cancellationDetails'> {
  info: Pick<
    Info,
    | 'activityId'
    | 'attempt'
    | 'currentAttemptScheduledTimestampMs'
    | 'heartbeatDetails'
    | 'scheduledTimestampMs'
    | 'workflowExecution'
  >
  /** Its turn has to be now: else it ends as `no_turn`. Absent: it waits for it. */
  waitsForNothing?: true | undefined
}
