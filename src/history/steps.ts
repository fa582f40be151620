/** What a run did, event by event: the raw material of the model. Nothing is left out, and nothing judged. */
import { readCallInput } from '../contract/call-input'
import { CIRCUITS_CHANGED_SIGNAL } from '../contract/circuits'
import {
  type CallProviderInput,
  type CircuitSnapshot,
  GENERATION_WORKFLOW,
  type GenerationInput,
  type ResolvedRequest,
  type UnresolvedInput,
} from '../contract/generation'
import { SNAPSHOT_FRESH_MS } from '../engine/steps'
import {
  type Fields,
  failureOf,
  fieldsOf,
  isFields,
  numberOf,
  type PayloadReader,
  payloadOf,
  type RecordedFailure,
  type RunEvent,
  textOf,
} from './events'
import { beginTimer, closeTimers, endTimer, type Timer } from './timers'
import type { AttemptKind, CacheLookup } from './types'

export interface PlanStep {
  at: number
  source: 'worker' | 'caller' | 'unread'
  snapshot: CircuitSnapshot
}

export interface LookupStep {
  at: number
  purpose: CacheLookup['purpose']
  /** null: nothing was there, or it could not be read. */
  hit: { target: string; ageMs: number; renew: boolean } | null
  error: string | null
}

export interface CallStep {
  eventId: number
  activityId: string
  input: CallProviderInput
  kind: AttemptKind
  plan: number | null
  scheduledAt: number
  /** Of its only attempt, by the server's clock; null: it had more, or none has been recorded. */
  startedAt: number | null
  worker: string | null
  /** null: it has not ended. */
  closedAt: number | null
  end: 'completed' | 'failed' | 'timed_out' | 'cancelled' | null
  result: unknown
  failure: RecordedFailure | null
  /** What it left behind: the details of its end, or else of its last failure. */
  details: unknown
}

export interface RunSteps {
  workflowId: string
  runId: string
  taskQueue: string
  parent: { workflowId: string; runId: string } | null
  startedAt: number
  input: GenerationInput | null
  unresolved: UnresolvedInput | null
  builds: string[]
  events: number
  plans: PlanStep[]
  lookups: LookupStep[]
  hedges: { at: number; allowed: boolean }[]
  calls: CallStep[]
  timers: Timer[]
  /** `taskId`: the workflow task that cancelled one call; null: somebody cancels the whole run. */
  cancels: { at: number; target: string | null; cause: string | null; taskId: number | null }[]
  renewals: { at: number; id: string }[]
  taskFailures: { at: number; cause: string; message: string }[]
  tasks: { scheduledAt: number; startedAt: number | null; endedAt: number | null; failed: boolean }[]
  /** null: it has not ended. */
  end: RunEvent | null
}

const ENDS = new Set(
  ['Completed', 'Failed', 'Canceled', 'Terminated', 'TimedOut', 'ContinuedAsNew'].map(
    (end) => `workflowExecution${end}`,
  ),
)

/** Throws where it is no generation's history. */
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
    begun: begun || steps.input?.resumed !== undefined,
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

interface Fold {
  steps: RunSteps
  read: PayloadReader
  /** The workflow's own time. */
  now: number
  /** Place of the plan that stands. */
  plan: number | null
  hedgeAllowed: boolean
  /** An earlier run of its chain has called somebody. */
  begun: boolean
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
    input: input === null ? null : timed(input, at),
    unresolved: resolved || !isFields(given) ? null : (given as unknown as UnresolvedInput),
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

/** GENERATION-6 of workflows/generation.ts. */
const timed = (input: GenerationInput, startedAt: number): GenerationInput =>
  input.deadlineMs === undefined ? input : { ...input, deadlineAt: startedAt + input.deadlineMs }

type Handler = (fold: Fold, event: RunEvent) => void

const HANDLERS: { [type: string]: Handler } = {
  workflowTaskScheduled: ({ steps }, { at }) => {
    steps.tasks.push({ scheduledAt: at, startedAt: null, endedAt: null, failed: false })
  },
  workflowTaskStarted: (fold, { at }) => {
    fold.now = at
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
    fold.steps.runId = textOf(attributes.newRunId) ?? fold.steps.runId
    failTask(fold, at, cause, failureOf(attributes.failure, fold.read)?.message ?? '')
  },
  workflowTaskTimedOut: (fold, { at, attributes }) =>
    failTask(fold, at, 'timed_out', enumName(attributes.timeoutType, 'TIMEOUT_TYPE_')),
  markerRecorded: readMarker,
  activityTaskScheduled: scheduleCall,
  activityTaskStarted: ({ steps, read }, { at, attributes }) => {
    const call = callOf(steps, attributes)
    if (call === undefined) return
    call.worker = textOf(attributes.identity)
    if (numberOf(attributes.attempt) <= 1) call.startedAt = at
    call.details ??= failureOf(attributes.lastFailure, read)?.details
  },
  activityTaskCompleted: (fold, event) => {
    const result = payloadOf(event.attributes.result, fold.read)
    endCall(fold, event, 'completed', { result, details: result })
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

const callOf = ({ calls }: RunSteps, attributes: Fields): CallStep | undefined =>
  calls.find(({ eventId }) => eventId === numberOf(attributes.scheduledEventId))

function endByFailure(fold: Fold, event: RunEvent, end: 'failed' | 'timed_out'): void {
  const failure = failureOf(event.attributes.failure, fold.read)
  endCall(fold, event, end, { failure, details: failure?.details ?? failure?.cause?.details })
}

function endCall(
  { steps }: Fold,
  { at, attributes }: RunEvent,
  end: CallStep['end'],
  { details, ...more }: Partial<CallStep>,
): void {
  const call = callOf(steps, attributes)
  if (call === undefined) return
  Object.assign(call, { ...more, end, closedAt: at, details: details ?? call.details })
}

function readMarker(fold: Fold, { at, attributes }: RunEvent): void {
  const { steps, read } = fold
  const details = fieldsOf(attributes.details)
  const activity = textOf(fieldsOf(payloadOf(details.data, read)).activity_type)
  const result = payloadOf(details.result, read)
  const failure = failureOf(attributes.failure, read)
  const error = failure === null ? null : (failure.cause?.message ?? failure.message)
  switch (activity) {
    case 'readCircuits':
      noteCircuits(fold, at, failure === null ? (result as CircuitSnapshot) : null)
      return
    case 'lookupCache': {
      const hit = isFields(result) ? result : null
      const { target, ageMs, renew } = hit ?? {}
      const found = { target: textOf(target) ?? '', ageMs: numberOf(ageMs), renew: renew === true }
      // The first is before anything is called; one after it, or after a plan, takes an error's place.
      const late = steps.lookups.length > 0 || fold.plan !== null || steps.input?.resumed !== undefined
      const purpose = late ? 'in_place_of_error' : 'answer'
      steps.lookups.push({ at, purpose, hit: hit === null ? null : found, error })
      return
    }
    case 'resolveRequest': {
      const resolved = result as ResolvedRequest | undefined
      const { unresolved } = steps
      if (resolved?.ok !== true || unresolved === null) return
      const { route, request, searchAttributes, cache } = resolved
      const { id, tenant } = unresolved
      const deadlineAt = fold.now + route.deadlineMs
      steps.input = { id, tenant, route, request, searchAttributes, cache, deadlineAt }
    }
  }
}

function noteCircuits(fold: Fold, at: number, snapshot: CircuitSnapshot | null): void {
  const { steps } = fold
  if (snapshot?.mayHedge !== undefined) {
    steps.hedges.push({ at, allowed: snapshot.mayHedge })
    fold.hedgeAllowed = snapshot.mayHedge
    return
  }
  if (snapshotIsFresh(fold)) planBySnapshot(fold)
  steps.plans.push({
    at,
    source: snapshot === null ? 'unread' : 'worker',
    snapshot: snapshot ?? { unusable: [] },
  })
  fold.plan = steps.plans.length - 1
}

/**
 * The first plan is made by what the caller's worker saw, where that is new enough: as `circuitReader` of the engine does.
 * Whoever calls or ends without another plan has used it.
 */
function planBySnapshot(fold: Fold): void {
  const { steps } = fold
  const taken = snapshotOf(steps)
  if (taken == null || steps.plans.length > 0 || steps.lookups.some(({ hit }) => hit !== null)) return
  const at = steps.lookups.at(-1)?.at ?? steps.startedAt
  steps.plans.push({ at, source: 'caller', snapshot: taken.view })
  fold.plan = 0
}

const snapshotOf = ({ input }: RunSteps) => input?.circuitSnapshot ?? input?.look

function snapshotIsFresh({ steps, now }: Fold): boolean {
  const takenAt = steps.input?.deadlineMs === undefined ? snapshotOf(steps)?.at : steps.startedAt
  return takenAt !== undefined && now - takenAt < SNAPSHOT_FRESH_MS
}

function scheduleCall(fold: Fold, { id, at, attributes }: RunEvent): void {
  const { steps, read } = fold
  if (textOf(fieldsOf(attributes.activityType).name) !== 'callProvider') return
  planBySnapshot(fold)
  const input = readCallInput(payloadOf(attributes.input, read) as CallProviderInput)
  steps.calls.push({
    eventId: id,
    activityId: textOf(attributes.activityId) ?? '',
    input,
    kind: kindOf(fold, input),
    plan: fold.plan,
    scheduledAt: at,
    startedAt: null,
    worker: null,
    closedAt: null,
    end: null,
    result: undefined,
    failure: null,
    details: undefined,
  })
  fold.hedgeAllowed = false
}

function kindOf({ steps, plan, hedgeAllowed, begun }: Fold, input: CallProviderInput): AttemptKind {
  const before = steps.calls.at(-1)
  if (before === undefined) return begun ? 'next_pass' : 'first'
  if (before.plan !== plan) return 'next_pass'
  const inPlan = steps.calls.filter((call) => call.plan === plan)
  // It gave way to one that was answering, or its circuit refused it: it is called once more.
  if (inPlan.some((call) => call.input.candidateIndex === input.candidateIndex)) return 'retry'
  const { type } = steps.input?.route.strategy ?? { type: 'sequence' }
  if (type === 'race' && inPlan.some(({ closedAt }) => closedAt === null)) return 'race'
  return type === 'hedge' && hedgeAllowed ? 'hedge' : 'fallback'
}
