/** What a call needs of whoever makes it: an activity's Context, or a direct run's own (src/worker/in-process). */
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
}
