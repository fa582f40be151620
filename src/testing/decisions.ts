/**
 * What a workflow decided, as sentences: once from the events that it has left in a history, once from the commands that
 * code gives while it is replayed. Equal decisions have equal texts.
 *
 * DECISIONS-1 Each event that a command leaves has a row in EVENTS, and each command that leaves one a row in COMMANDS.
 * DECISIONS-2 What begins and is cancelled within one task leaves no event.
 */
import type { coresdk } from '@temporalio/proto'
import type { History, HistoryEvent } from '../temporal/history-json'
import {
  ACCEPT,
  ANSWER,
  activityText,
  CANCELLED,
  CONTINUED,
  cancelText,
  childText,
  completedText,
  failedText,
  localActivityOf,
  localText,
  MEMO,
  nexusText,
  type Read,
  SEARCH_ATTRIBUTES,
  signalText,
  waitText,
} from './decision-texts'

type Command = coresdk.workflow_commands.IWorkflowCommand

/** The commands of one activation. */
export interface TaskCommands {
  /** Of the event that started the workflow task. */
  startedEventId: number
  commands: Command[]
  /** Why the task failed; null: it did not. */
  failure: string | null
}

export interface Decision {
  text: string
  /** Of the event; or of the one that started the task of the command. */
  eventId: number
}

type Row<Source> = (
  source: Source,
  read: Read,
  before: Map<string, string>,
) => Promise<string | null> | string | null

/** By the name of an event's attributes. `before`: the texts of what can be cancelled. */
const EVENTS: { [attributes: string]: Row<HistoryEvent> } = {
  async activityTaskScheduledEventAttributes(event, read, before) {
    const { activityTaskScheduledEventAttributes: it, userMetadata, eventId } = event
    const text = await activityText(it?.activityType?.name, userMetadata?.summary, it?.input?.payloads, read)
    before.set(`activity ${eventId}`, text)
    return text
  },
  activityTaskCancelRequestedEventAttributes: (
    { activityTaskCancelRequestedEventAttributes: it },
    _,
    before,
  ) => cancelText(before.get(`activity ${it?.scheduledEventId}`)),
  timerStartedEventAttributes({ timerStartedEventAttributes: it }, _, before) {
    const text = waitText(it?.startToFireTimeout)
    before.set(`timer ${it?.timerId}`, text)
    return text
  },
  timerCanceledEventAttributes: ({ timerCanceledEventAttributes: it }, _, before) =>
    cancelText(before.get(`timer ${it?.timerId}`)),
  markerRecordedEventAttributes: ({ markerRecordedEventAttributes: it }) =>
    it?.markerName === 'core_local_activity'
      ? localText(localActivityOf(it.details?.data?.payloads?.[0]))
      : null,
  upsertWorkflowSearchAttributesEventAttributes: () => SEARCH_ATTRIBUTES,
  workflowPropertiesModifiedEventAttributes: () => MEMO,
  startChildWorkflowExecutionInitiatedEventAttributes: ({
    startChildWorkflowExecutionInitiatedEventAttributes: it,
  }) => childText(it?.workflowType?.name, it?.workflowId),
  requestCancelExternalWorkflowExecutionInitiatedEventAttributes: ({
    requestCancelExternalWorkflowExecutionInitiatedEventAttributes: it,
  }) => cancelText(`workflow ${it?.workflowExecution?.workflowId}`),
  signalExternalWorkflowExecutionInitiatedEventAttributes: ({
    signalExternalWorkflowExecutionInitiatedEventAttributes: it,
  }) => signalText(it?.signalName, it?.workflowExecution?.workflowId),
  nexusOperationScheduledEventAttributes: ({ nexusOperationScheduledEventAttributes: it }) => nexusText(it),
  workflowExecutionUpdateAcceptedEventAttributes: () => ACCEPT,
  workflowExecutionUpdateCompletedEventAttributes: () => ANSWER,
  workflowExecutionCompletedEventAttributes: ({ workflowExecutionCompletedEventAttributes: it }, read) =>
    completedText(it?.result?.payloads?.[0], read),
  workflowExecutionFailedEventAttributes: ({ workflowExecutionFailedEventAttributes: it }, read) =>
    failedText(it?.failure, read),
  workflowExecutionCanceledEventAttributes: () => CANCELLED,
  workflowExecutionContinuedAsNewEventAttributes: () => CONTINUED,
}

const COMMANDS: { [variant: string]: Row<Command> } = {
  async scheduleActivity({ scheduleActivity: it, userMetadata }, read, before) {
    const text = await activityText(it?.activityType, userMetadata?.summary, it?.arguments, read)
    before.set(`activity ${it?.seq}`, text)
    return text
  },
  requestCancelActivity: ({ requestCancelActivity: it }, _, before) =>
    cancelText(before.get(`activity ${it?.seq}`)),
  startTimer({ startTimer: it }, _, before) {
    const text = waitText(it?.startToFireTimeout)
    before.set(`timer ${it?.seq}`, text)
    return text
  },
  cancelTimer: ({ cancelTimer: it }, _, before) => cancelText(before.get(`timer ${it?.seq}`)),
  scheduleLocalActivity: ({ scheduleLocalActivity: it }) => localText(it?.activityType),
  upsertWorkflowSearchAttributes: () => SEARCH_ATTRIBUTES,
  modifyWorkflowProperties: () => MEMO,
  startChildWorkflowExecution({ startChildWorkflowExecution: it }, _, before) {
    before.set(`child ${it?.seq}`, `workflow ${it?.workflowId}`)
    return childText(it?.workflowType, it?.workflowId)
  },
  cancelChildWorkflowExecution: ({ cancelChildWorkflowExecution: it }, _, before) =>
    cancelText(before.get(`child ${it?.childWorkflowSeq}`)),
  requestCancelExternalWorkflowExecution: ({ requestCancelExternalWorkflowExecution: it }) =>
    cancelText(`workflow ${it?.workflowExecution?.workflowId}`),
  signalExternalWorkflowExecution: ({ signalExternalWorkflowExecution: it }) =>
    signalText(it?.signalName, it?.workflowExecution?.workflowId ?? it?.childWorkflowId),
  scheduleNexusOperation: ({ scheduleNexusOperation: it }) => nexusText(it),
  updateResponse({ updateResponse: it }) {
    if (it?.accepted != null) return ACCEPT
    return it?.completed == null ? null : ANSWER
  },
  completeWorkflowExecution: ({ completeWorkflowExecution: it }, read) => completedText(it?.result, read),
  failWorkflowExecution: ({ failWorkflowExecution: it }, read) => failedText(it?.failure, read),
  cancelWorkflowExecution: () => CANCELLED,
  continueAsNewWorkflowExecution: () => CONTINUED,
}

/** DECISIONS-1 */
export async function recordedDecisions({ events }: History, read: Read): Promise<Decision[]> {
  const before = new Map<string, string>()
  const decisions: Decision[] = []
  for (const event of events ?? []) {
    const text = (await rowOf(EVENTS, event)?.(event, read, before)) ?? null
    if (text !== null) decisions.push({ text, eventId: Number(event.eventId) })
  }
  return decisions
}

/** DECISIONS-1, DECISIONS-2 */
export async function replayedDecisions(tasks: readonly TaskCommands[], read: Read): Promise<Decision[]> {
  const before = new Map<string, string>()
  const decisions: Decision[] = []
  for (const { startedEventId: eventId, commands, failure } of tasks) {
    for (const command of withoutAbandoned(commands)) {
      const text = (await rowOf(COMMANDS, command)?.(command, read, before)) ?? null
      if (text !== null) decisions.push({ text, eventId })
    }
    if (failure !== null) decisions.push({ text: `fail the workflow task: ${failure}`, eventId })
  }
  return decisions
}

/** Fields of a protobuf object that are not set read as null. */
function rowOf<Source extends object>(rows: { [name: string]: Row<Source> }, source: Source) {
  const name = Object.keys(rows).find((one) => (source as { [field: string]: unknown })[one] != null)
  return name === undefined ? undefined : rows[name]
}

function withoutAbandoned(commands: readonly Command[]): Command[] {
  const begun = new Set(commands.map(beginKey))
  const cancelled = new Set(commands.map(cancelKey))
  return commands.filter((command) => {
    const begins = beginKey(command)
    const cancels = cancelKey(command)
    return !(begins !== null && cancelled.has(begins)) && !(cancels !== null && begun.has(cancels))
  })
}

const beginKey = ({ scheduleActivity, startTimer, startChildWorkflowExecution }: Command): string | null => {
  if (scheduleActivity != null) return `activity ${scheduleActivity.seq}`
  if (startTimer != null) return `timer ${startTimer.seq}`
  return startChildWorkflowExecution == null ? null : `child ${startChildWorkflowExecution.seq}`
}

const cancelKey = (command: Command): string | null => {
  const { requestCancelActivity, cancelTimer, cancelChildWorkflowExecution } = command
  if (requestCancelActivity != null) return `activity ${requestCancelActivity.seq}`
  if (cancelTimer != null) return `timer ${cancelTimer.seq}`
  return cancelChildWorkflowExecution == null
    ? null
    : `child ${cancelChildWorkflowExecution.childWorkflowSeq}`
}
