/**
 * The express lane of one run: the first calls of its candidates as local activities, within the run's first workflow task.
 * That spares Temporal half of its writes (docs/express.md).
 *
 * EXPRESS-LANE-1 A call is made in the lane once. A task whose worker was lost is given to another one with nothing of what
 *    the first did; there the local activity begins anew, knows so by its arguments, and makes no call: the activity does, whose attempts
 *    the delivery log knows as later ones.
 * EXPRESS-LANE-2 No replay compares arguments: what is scheduled does not depend on it.
 * EXPRESS-LANE-3 The lane ends with the first task: with the first pause, the first activity, or LANE_MS of calls. Later tasks
 *    are renewed while they wait, and their loss is not seen in the length of the history.
 */
import { ActivityCancellationType, proxyLocalActivities, workflowInfo } from '@temporalio/workflow'
import type {
  Activities,
  CallProviderInput,
  ExpressCall,
  ExpressResult,
  GenerationInput,
} from '../src/contract/generation'

export interface ExpressLane {
  isOpen(): boolean
  /** The first task is about to end. */
  close(): void
  /** Rejects as a local activity does. */
  call(input: CallProviderInput): Promise<ExpressResult>
}

/** EXPRESS-LANE-3. Well within a task's timeout of 10 s. */
const LANE_MS = 5_000
/** A call's own timers end it. */
const MARGIN_MS = 5_000
/** A run has started, and its task was scheduled and started. */
const FIRST_TASK_EVENTS = 3
/** After them: it was lost, scheduled and started. What is fewer are signals. */
const LOST_TASK_EVENTS = 6

/** To be opened in the run's first activation. */
export function openLane({ resumed }: GenerationInput): ExpressLane {
  const { historyLength: begun, runId, firstExecutionRunId } = workflowInfo()
  const isReset = resumed === undefined && runId !== firstExecutionRunId
  let open = true
  const again = (): ExpressCall['again'] => {
    // Read here: in a replay, only a call whose end is not recorded is made.
    if (workflowInfo().unsafe.isReplaying) return 'lost'
    if (begun === FIRST_TASK_EVENTS) return null
    return begun >= LOST_TASK_EVENTS && !isReset ? 'lost' : 'maybe'
  }
  return {
    isOpen: () => open,
    close() {
      open = false
    },
    async call(input) {
      const { timeouts } = input.candidate
      const at = Date.now()
      const { expressCall } = proxyLocalActivities<Pick<Activities, 'expressCall'>>({
        startToCloseTimeout: Math.max(1, Math.min(timeouts.attemptMs, input.deadlineAt - at)) + MARGIN_MS,
        cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
        retry: { maximumAttempts: 1 },
      })
      open = false
      const result = await expressCall({ call: input, at, again: again() })
      // Another candidate may be called in the same task.
      open = result.type === 'failed' && result.retryInMs === null && tookMs(result) < LANE_MS
      return result
    },
  }
}

const tookMs = ({ of, records }: Extract<ExpressResult, { type: 'failed' }>): number =>
  Math.max(...records.map(({ startedAt, durationMs }) => startedAt + durationMs - of.at))
