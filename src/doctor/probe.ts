/**
 * What the server's settings do, measured from outside: a run of the doctor's own, on a task queue of its own, whose
 * workflow tasks it answers itself. All spans are between events of its history, so by the server's clock; they hold no
 * way over the network but where that is said. The run is deleted at the end; one that could not be ends by its timeout.
 *
 * PROBE-1 Its timer comes first: the tasks behind it use up what the server lets through before it slows them down.
 */
import { randomUUID } from 'node:crypto'
import type { Connection } from '@temporalio/client'
import { msToTs } from '@temporalio/common/lib/time'
import { temporal } from '@temporalio/proto'
import { millisecondsOf } from '../temporal/pollers'

const { CommandType, EventType } = temporal.api.enums.v1
type Command = temporal.api.command.v1.ICommand

export const PROBE_WORKFLOW = 'holdfast-doctor'
export const PROBE_TIMER_MS = 300
/** A server with its defaults lets about 35 pass (measured, server 1.32), then one each 50 ms. */
export const PROBE_TASKS = 45
/** Of the last ones: by then it is slowed down. */
const LAST_TASKS = 7
/** For the tasks behind the timer. */
const TASKS_LIMIT_MS = 2_000
/** A timer of 300 ms takes up to 1.3 s there. */
const POLL_LIMIT_MS = 2_500
const RUN_TIMEOUT_MS = 10_000

export interface ProbeResult {
  /** How long the timer of PROBE_TIMER_MS took. */
  timerMs: number
  /** From a workflow task's schedule to its start, the middle one of the last; null: too few fitted into the time. */
  dispatchMs: number | null
  /** So many workflow tasks were made. */
  tasks: number
  /** This machine's clock is ahead of the server's by so much, give or take `clockErrorMs`. Negative: behind. */
  clockAheadMs: number
  clockErrorMs: number
}

/** @param now this machine's clock, epoch milliseconds. Throws what Temporal throws. */
export async function probe(
  connection: Connection,
  namespace: string,
  now: () => number,
): Promise<ProbeResult> {
  const { workflowService: service } = connection
  const identity = PROBE_WORKFLOW
  const workflowId = `${PROBE_WORKFLOW}-${randomUUID()}`
  const taskQueue = { name: workflowId }
  const within = <T>(limitMs: number, call: () => Promise<T>): Promise<T> =>
    connection.withDeadline(Date.now() + limitMs, call)
  const poll = () =>
    within(POLL_LIMIT_MS, () => service.pollWorkflowTaskQueue({ namespace, taskQueue, identity }))
  const answer = (taskToken: Uint8Array | null | undefined, commands: Command[], next: boolean) =>
    service.respondWorkflowTaskCompleted({
      namespace,
      identity,
      taskToken: taskToken ?? null,
      commands,
      forceCreateNewWorkflowTask: next,
    })

  const sentAt = now()
  const { runId } = await service.startWorkflowExecution({
    namespace,
    workflowId,
    workflowType: { name: PROBE_WORKFLOW },
    taskQueue,
    identity,
    requestId: randomUUID(),
    workflowRunTimeout: msToTs(RUN_TIMEOUT_MS),
  })
  const answeredAt = now()
  const workflowExecution = { workflowId, runId: runId ?? '' }
  try {
    // PROBE-1
    const first = await poll()
    await answer(first.taskToken, [TIMER], false)
    let tasks = 0
    let endAt = Number.POSITIVE_INFINITY
    for (let ended = false; !ended; ) {
      const { taskToken } = await poll()
      if (tasks === 0) endAt = performance.now() + TASKS_LIMIT_MS
      tasks += 1
      ended = tasks >= PROBE_TASKS || performance.now() > endAt
      await answer(taskToken, ended ? [COMPLETE] : [], !ended)
    }
    const { history } = await service.getWorkflowExecutionHistory({ namespace, execution: workflowExecution })
    const events = history?.events ?? []
    const startedAt = millisecondsOf(events[0]?.eventTime)
    const delays = spans(
      events,
      EventType.EVENT_TYPE_WORKFLOW_TASK_SCHEDULED,
      EventType.EVENT_TYPE_WORKFLOW_TASK_STARTED,
    )
    const [timerMs = Number.NaN] = spans(
      events,
      EventType.EVENT_TYPE_TIMER_STARTED,
      EventType.EVENT_TYPE_TIMER_FIRED,
    )
    return {
      timerMs,
      tasks,
      dispatchMs: tasks < PROBE_TASKS ? null : middle(delays.slice(-LAST_TASKS)),
      clockAheadMs: (sentAt + answeredAt) / 2 - startedAt,
      clockErrorMs: Math.abs(answeredAt - sentAt) / 2,
    }
  } finally {
    // A key that may start runs need not be one that may delete them: then it stays for the namespace's retention.
    await service.deleteWorkflowExecution({ namespace, workflowExecution }).catch(() => undefined)
  }
}

const TIMER: Command = {
  commandType: CommandType.COMMAND_TYPE_START_TIMER,
  startTimerCommandAttributes: { timerId: '1', startToFireTimeout: msToTs(PROBE_TIMER_MS) },
}
const COMPLETE: Command = {
  commandType: CommandType.COMMAND_TYPE_COMPLETE_WORKFLOW_EXECUTION,
  completeWorkflowExecutionCommandAttributes: {},
}

/** From each event of one type to the next one of the other. */
function spans(
  events: readonly temporal.api.history.v1.IHistoryEvent[],
  from: temporal.api.enums.v1.EventType,
  to: temporal.api.enums.v1.EventType,
): number[] {
  const found: number[] = []
  let since = 0
  for (const { eventType, eventTime } of events) {
    if (eventType === from) since = millisecondsOf(eventTime)
    if (eventType === to) found.push(millisecondsOf(eventTime) - since)
  }
  return found
}

const middle = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
