/**
 * What the server's settings do, measured from outside: two runs of the doctor's own, each on a task queue of its own, whose
 * workflow tasks it answers itself. All spans are between events of their histories, so by the server's clock. The runs are
 * deleted at the end; one that could not be ends by its timeout.
 *
 * PROBE-1 A server that rounds timers up does so to its own ticks, and the first one may be lucky: the second begins with a
 *    tick, and is the one that counts.
 * PROBE-2 Workflow tasks follow each other without a pause: a server that lets so many a second through lets the first ones
 *    pass, so the last ones count. Quick ones say something only where there were more than it would have let through.
 * PROBE-3 It is over before a check's limit.
 */
import { randomUUID } from 'node:crypto'
import type { Connection } from '@temporalio/client'
import { msToTs } from '@temporalio/common/lib/time'
import { temporal } from '@temporalio/proto'
import { millisecondsOf } from '../temporal/pollers'
import { inTime } from '../util/async'

const { CommandType, EventType } = temporal.api.enums.v1
type Command = temporal.api.command.v1.ICommand
type HistoryEvent = temporal.api.history.v1.IHistoryEvent

export const PROBE_WORKFLOW = 'holdfast-doctor'
/** PROBE-1 */
const FIRST_TIMER_MS = 10
export const PROBE_TIMER_MS = 300
/** PROBE-2. A server with its defaults lets about 35 pass (measured, server 1.32), and meanwhile 20 in a second. */
const TASKS_AT_ONCE = 40
const TASKS_PER_SECOND = 20
/** With the settings 2 ms, with the defaults 45 (measured, server 1.32). */
export const SLOW_DISPATCH_MS = 25
const LAST_TASKS = 7
const TASKS_LIMIT_MS = 2_500
/** A server ends a poll without a task one second before its deadline. */
const POLL_LIMIT_MS = 3_000
/** PROBE-3 */
const LIMIT_MS = 4_500
const RUN_TIMEOUT_MS = 10_000

export interface TimerProbe {
  /** How long the timer of PROBE_TIMER_MS took. */
  timerMs: number
  /** This machine's clock is ahead of the server's by so much, give or take `clockErrorMs`. Negative: behind. */
  clockAheadMs: number
  clockErrorMs: number
}

export interface DispatchProbe {
  /** From a workflow task's schedule to its start, the middle one of the last; null: too few to say something. */
  dispatchMs: number | null
  /** So many workflow tasks were made. */
  tasks: number
}

interface ProbeRun {
  /** The next workflow task's token. */
  poll(): Promise<Uint8Array>
  /** `next`: another workflow task follows at once. */
  answer(taskToken: Uint8Array, command: Command | null, next?: boolean): Promise<unknown>
  history(): Promise<HistoryEvent[]>
  /** When this machine sent its start, and when it had the answer, by its own clock, epoch milliseconds. */
  sentAt: number
  answeredAt: number
}

type Prober<T> = (connection: Connection, namespace: string, now: () => number) => Promise<T>

/** Throws what Temporal throws, and TooLateError (PROBE-3). `now`: this machine's clock, epoch milliseconds. */
export const probeTimers: Prober<TimerProbe> = (connection, namespace, now) =>
  inTime(LIMIT_MS, withRun(connection, namespace, now, measureTimers))

/** As `probeTimers`. */
export const probeDispatch: Prober<DispatchProbe> = (connection, namespace, now) =>
  inTime(LIMIT_MS, withRun(connection, namespace, now, measureTasks))

async function measureTimers(run: ProbeRun): Promise<TimerProbe> {
  // PROBE-1
  for (const ms of [FIRST_TIMER_MS, PROBE_TIMER_MS]) await run.answer(await run.poll(), timerOf(ms))
  await run.answer(await run.poll(), COMPLETE)
  const events = await run.history()
  const [, timerMs = Number.NaN] = spans(
    events,
    EventType.EVENT_TYPE_TIMER_STARTED,
    EventType.EVENT_TYPE_TIMER_FIRED,
  )
  const { sentAt, answeredAt } = run
  const startedAt = millisecondsOf(events[0]?.eventTime)
  return {
    timerMs,
    clockAheadMs: (sentAt + answeredAt) / 2 - startedAt,
    clockErrorMs: Math.abs(answeredAt - sentAt) / 2,
  }
}

async function measureTasks(run: ProbeRun): Promise<DispatchProbe> {
  const startedAt = performance.now()
  let tasks = 0
  let enough = false
  for (let ended = false; !ended; ) {
    const taskToken = await run.poll()
    tasks += 1
    const tookMs = performance.now() - startedAt
    enough = tasks > TASKS_AT_ONCE + (TASKS_PER_SECOND * tookMs) / 1_000
    ended = enough || tookMs > TASKS_LIMIT_MS
    await run.answer(taskToken, ended ? COMPLETE : null, !ended)
  }
  const delays = spans(
    await run.history(),
    EventType.EVENT_TYPE_WORKFLOW_TASK_SCHEDULED,
    EventType.EVENT_TYPE_WORKFLOW_TASK_STARTED,
  )
  // PROBE-2
  const dispatchMs = middle(delays.slice(-LAST_TASKS))
  return { tasks, dispatchMs: enough || dispatchMs > SLOW_DISPATCH_MS ? dispatchMs : null }
}

async function withRun<T>(
  connection: Connection,
  namespace: string,
  now: () => number,
  act: (run: ProbeRun) => Promise<T>,
): Promise<T> {
  const { workflowService: service } = connection
  const identity = PROBE_WORKFLOW
  const workflowId = `${PROBE_WORKFLOW}-${randomUUID()}`
  const taskQueue = { name: workflowId }
  const endAt = performance.now() + LIMIT_MS
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
  const execution = { workflowId, runId: runId ?? '' }
  try {
    return await act({
      sentAt,
      answeredAt,
      async poll() {
        for (;;) {
          const { taskToken } = await connection.withDeadline(Date.now() + POLL_LIMIT_MS, () =>
            service.pollWorkflowTaskQueue({ namespace, taskQueue, identity }),
          )
          if (taskToken?.length || performance.now() > endAt) return taskToken ?? new Uint8Array()
        }
      },
      answer: (taskToken, command, next = false) =>
        service.respondWorkflowTaskCompleted({
          namespace,
          identity,
          taskToken,
          commands: command === null ? [] : [command],
          forceCreateNewWorkflowTask: next,
        }),
      history: async () =>
        (await service.getWorkflowExecutionHistory({ namespace, execution })).history?.events ?? [],
    })
  } finally {
    // A key that may start runs need not be one that may delete them: then it stays for the namespace's retention.
    await service.deleteWorkflowExecution({ namespace, workflowExecution: execution }).catch(() => undefined)
  }
}

const timerOf = (ms: number): Command => ({
  commandType: CommandType.COMMAND_TYPE_START_TIMER,
  startTimerCommandAttributes: { timerId: `${ms}`, startToFireTimeout: msToTs(ms) },
})

const COMPLETE: Command = {
  commandType: CommandType.COMMAND_TYPE_COMPLETE_WORKFLOW_EXECUTION,
  completeWorkflowExecutionCommandAttributes: {},
}

/** From each event of one type to the next one of the other. */
function spans(
  events: readonly HistoryEvent[],
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
