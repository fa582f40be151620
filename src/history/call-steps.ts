/** The calls of a run: how each began, and how it ended. */
import { readCallInput } from '../contract/call-input'
import type { CallProviderInput } from '../contract/generation'
import { type Fields, failureOf, fieldsOf, numberOf, payloadOf, type RunEvent, textOf } from './events'
import { planBySnapshot } from './plan-steps'
import type { CallStep, Fold, RunSteps } from './step-types'
import type { AttemptKind } from './types'

export function scheduleCall(fold: Fold, { id, at, attributes }: RunEvent): void {
  const { steps, read } = fold
  if (textOf(fieldsOf(attributes.activityType).name) !== 'callProvider') return
  planBySnapshot(fold)
  const input = readCallInput(payloadOf(attributes.input, read) as CallProviderInput)
  const activity = { eventId: id, activityId: textOf(attributes.activityId) ?? '', input }
  const begun = input.before === undefined ? undefined : expressOf(steps, input)
  if (begun !== undefined) Object.assign(begun, { ...activity, express: null })
  else steps.calls.push({ ...beginOf(fold, input, at), ...activity })
  fold.hedgeAllowed = false
}

/** The same start of a candidate, as it began in the express lane. */
const expressOf = ({ calls }: RunSteps, { stream }: CallProviderInput): CallStep | undefined =>
  calls.find(({ express, input }) => express && input.stream?.sequence === stream?.sequence)

export const beginOf = (fold: Fold, input: CallProviderInput, at: number): CallStep => ({
  eventId: 0,
  activityId: '',
  input,
  kind: kindOf(fold, input),
  plan: fold.plan,
  scheduledAt: at,
  startedAt: null,
  worker: null,
  closedAt: null,
  end: null,
  failure: null,
  details: undefined,
})

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

export const callOf = ({ calls }: RunSteps, attributes: Fields): CallStep | undefined =>
  calls.find(({ eventId }) => eventId === numberOf(attributes.scheduledEventId))

export function endByFailure(fold: Fold, event: RunEvent, end: 'failed' | 'timed_out'): void {
  const failure = failureOf(event.attributes.failure, fold.read)
  endCall(fold, event, end, { failure, details: failure?.details ?? failure?.cause?.details })
}

export function endCall(
  { steps }: Fold,
  { at, attributes }: RunEvent,
  end: CallStep['end'],
  { details, ...more }: Partial<CallStep>,
): void {
  const call = callOf(steps, attributes)
  if (call === undefined) return
  Object.assign(call, { ...more, end, closedAt: at, details: details ?? call.details })
}
