/** Goes through a run's events, the one after the other. */
import { CIRCUITS_CHANGED_SIGNAL } from '../contract/circuits'
import { GENERATION_WORKFLOW, type GenerationInput, type UnresolvedInput } from '../contract/generation'
import { readGenerationMemo } from '../contract/generation-memo'
import { callOf, endByFailure, endCall, scheduleCall } from './call-steps'
import {
  failureOf,
  fieldsOf,
  isFields,
  numberOf,
  type PayloadReader,
  payloadOf,
  plainPayload,
  type RunEvent,
  textOf,
} from './events'
import { isExpress, readExpress } from './express-steps'
import { planBySnapshot, readMarker } from './plan-steps'
import type { Fold, RunSteps } from './step-types'
import { beginTimer, closeTimers, endTimer } from './timers'

const ENDS = new Set(
  ['Completed', 'Failed', 'Canceled', 'Terminated', 'TimedOut', 'ContinuedAsNew'].map(
    (end) => `workflowExecution${end}`,
  ),
)

/**
 * @param begun an earlier run of its chain has called somebody
 * @throws Error where it is no generation's history
 */
export function readSteps(events: readonly RunEvent[], read: PayloadReader, begun: boolean): RunSteps {
  const [first] = events
  if (first?.type !== 'workflowExecutionStarted')
    throw new Error('This history has no beginning: its first event is not WorkflowExecutionStarted')
  const steps = startOf(first, read, events.length)
  const fold: Fold = {
    steps,
    read,
    now: first.at,
    plan: null,
    hedgeAllowed: false,
    worker: null,
    begun: begun || (steps.input?.resumed?.records ?? []).length > 0,
  }
  for (const event of events) HANDLERS[event.type]?.(fold, event)
  const last = events.at(-1)
  if (last !== undefined && ENDS.has(last.type)) {
    if (steps.builds.length > 0) planBySnapshot(fold)
    steps.end = last
    closeTimers(steps.timers, last.at)
  }
  return steps
}

function startOf({ at, attributes }: RunEvent, read: PayloadReader, events: number): RunSteps {
  const type = textOf(fieldsOf(attributes.workflowType).name)
  if (type !== GENERATION_WORKFLOW)
    throw new Error(`This is the history of a workflow of the type ${type ?? '(none)'}, not of a generation`)
  const given = payloadOf(attributes.input, read)
  const resolved = isFields(given) && !('asked' in given)
  const parent = fieldsOf(attributes.parentWorkflowExecution)
  const parentId = textOf(parent.workflowId)
  const input = resolved ? (given as unknown as GenerationInput) : null
  return {
    workflowId: textOf(attributes.workflowId) ?? input?.id ?? '',
    runId: textOf(attributes.originalExecutionRunId) ?? '',
    taskQueue: textOf(fieldsOf(attributes.taskQueue).name) ?? '',
    parent: parentId === null ? null : { workflowId: parentId, runId: textOf(parent.runId) ?? '' },
    startedAt: at,
    resetAt: null,
    input: input === null ? null : timed(input, at),
    unresolved: resolved || !isFields(given) ? null : (given as unknown as UnresolvedInput),
    metadata: readGenerationMemo(memoOf(attributes.memo, read)).metadata,
    builds: [],
    events,
    plans: [],
    lookups: [],
    hedges: [],
    calls: [],
    timers: [],
    cancels: [],
    renewals: [],
    taskFailures: [],
    tasks: [],
    end: null,
  }
}

const memoOf = (memo: unknown, read: PayloadReader): { [name: string]: unknown } =>
  Object.fromEntries(
    Object.entries(fieldsOf(fieldsOf(memo).fields)).map(([name, value]) => [name, read(plainPayload(value))]),
  )

/** GENERATION-6 of workflows/generation.ts. */
const timed = (input: GenerationInput, startedAt: number): GenerationInput =>
  input.deadlineMs === undefined ? input : { ...input, deadlineAt: startedAt + input.deadlineMs }

type Handler = (fold: Fold, event: RunEvent) => void

const HANDLERS: { [type: string]: Handler } = {
  workflowTaskScheduled: ({ steps }, { at }) => {
    steps.tasks.push({ scheduledAt: at, startedAt: null, endedAt: null, failed: false })
  },
  workflowTaskStarted: (fold, { at, attributes }) => {
    fold.now = at
    fold.worker = textOf(attributes.identity)
    const task = fold.steps.tasks.at(-1)
    if (task !== undefined) task.startedAt = at
  },
  workflowTaskCompleted: ({ steps }, { at, attributes }) => {
    const task = steps.tasks.at(-1)
    if (task !== undefined) task.endedAt = at
    const build =
      textOf(fieldsOf(attributes.deploymentVersion).buildId) ??
      textOf(fieldsOf(attributes.workerVersion).buildId)
    if (build !== null && !steps.builds.includes(build)) steps.builds.push(build)
  },
  workflowTaskFailed: (fold, { at, attributes }) => {
    const cause = enumName(attributes.cause, 'WORKFLOW_TASK_FAILED_CAUSE_')
    // A reset copies the history up to here, the id of the run that it was included.
    const newRunId = textOf(attributes.newRunId)
    if (newRunId !== null) Object.assign(fold.steps, { runId: newRunId, resetAt: at })
    failTask(fold, at, cause, failureOf(attributes.failure, fold.read)?.message ?? '')
  },
  workflowTaskTimedOut: (fold, { at, attributes }) =>
    failTask(fold, at, 'timed_out', enumName(attributes.timeoutType, 'TIMEOUT_TYPE_')),
  markerRecorded: (fold, event) => (isExpress(fold, event) ? readExpress : readMarker)(fold, event),
  activityTaskScheduled: scheduleCall,
  activityTaskStarted: ({ steps, read }, { at, attributes }) => {
    const call = callOf(steps, attributes)
    if (call === undefined) return
    call.worker = textOf(attributes.identity)
    if (numberOf(attributes.attempt) <= 1) call.startedAt = at
    call.details ??= failureOf(attributes.lastFailure, read)?.details
  },
  activityTaskCompleted: (fold, event) => {
    endCall(fold, event, 'completed', { details: payloadOf(event.attributes.result, fold.read) })
  },
  activityTaskFailed: (fold, event) => endByFailure(fold, event, 'failed'),
  activityTaskTimedOut: (fold, event) => endByFailure(fold, event, 'timed_out'),
  activityTaskCanceled: (fold, event) =>
    endCall(fold, event, 'cancelled', { details: payloadOf(event.attributes.details, fold.read) }),
  activityTaskCancelRequested: ({ steps }, { at, attributes }) => {
    const call = callOf(steps, attributes)
    const taskId = numberOf(attributes.workflowTaskCompletedEventId)
    if (call !== undefined)
      steps.cancels.push({ at, target: call.input.candidate.target, cause: null, taskId })
  },
  workflowExecutionCancelRequested: ({ steps }, { at, attributes }) => {
    const cause = textOf(attributes.cause) ?? textOf(attributes.identity)
    steps.cancels.push({ at, target: null, cause, taskId: null })
  },
  startChildWorkflowExecutionInitiated: ({ steps }, { at, attributes }) => {
    steps.renewals.push({ at, id: textOf(attributes.workflowId) ?? '' })
  },
  workflowExecutionSignaled: ({ steps }, { attributes }) => {
    if (attributes.signalName === CIRCUITS_CHANGED_SIGNAL)
      for (const timer of steps.timers) if (timer.endedAt === null) timer.signalled = true
  },
  timerStarted: (fold, event) => {
    planBySnapshot(fold)
    const { steps, now, plan } = fold
    // Its call says itself what it waits for.
    if (steps.calls.some(({ express }) => express)) return
    const running = steps.calls.filter(({ closedAt }) => closedAt === null)
    const targets = running.map(({ input }) => input.candidate.target)
    steps.timers.push(beginTimer(event, now, plan, targets))
  },
  timerFired: ({ steps }, event) => endTimer(steps.timers, event, 'time'),
  timerCanceled: ({ steps }, event) => endTimer(steps.timers, event, 'other'),
}

/** Of proto JSON the name without its prefix, in lower case; of an object the number. */
const enumName = (value: unknown, prefix: string): string =>
  String(value ?? '')
    .replace(prefix, '')
    .toLowerCase()

function failTask({ steps }: Fold, at: number, cause: string, message: string): void {
  const task = steps.tasks.at(-1)
  if (task !== undefined) Object.assign(task, { endedAt: at, failed: true })
  steps.taskFailures.push({ at, cause, message })
}
