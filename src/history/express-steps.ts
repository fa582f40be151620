/** What the express lane recorded of calls: a marker has a result, and no input. */
import { readAttemptDetails } from '../contract/attempt-details'
import type { ExpressResult } from '../contract/generation'
import { callOf } from '../engine/steps'
import { beginOf } from './call-steps'
import { failureOf, fieldsOf, payloadOf, type RunEvent, textOf } from './events'
import { planBySnapshot } from './plan-steps'
import type { CallStep, Fold } from './step-types'

type Of = ExpressResult['of']

export const isExpress = ({ read }: Fold, { attributes }: RunEvent): boolean =>
  textOf(fieldsOf(payloadOf(fieldsOf(attributes.details).data, read)).activity_type) === 'expressCall'

export function readExpress(fold: Fold, { at, attributes }: RunEvent): void {
  const { steps, read } = fold
  const failure = failureOf(attributes.failure, read)
  if (failure !== null) {
    const details = failure.details ?? failure.cause?.details
    const [record] = readAttemptDetails(details).records
    // Of a call that was cancelled: else it left nothing, and its activity makes it.
    if (record === undefined) return
    const of = {
      candidateIndex: record.candidate,
      othersLeft: false,
      lastResort: false,
      at: record.startedAt,
    }
    const sequence = (steps.input?.resumed?.order ?? 0) + steps.calls.length + 1
    addCall(fold, { ...of, callsBefore: 0, sequence }, { closedAt: at, end: 'cancelled', failure, details })
    return
  }
  const result = payloadOf(fieldsOf(attributes.details).result, read) as ExpressResult
  switch (result.type) {
    case 'answered':
      addCall(fold, result.of, { closedAt: at, end: 'completed', details: result })
      return
    case 'failed':
      addCall(fold, result.of, { details: result, ...endOf(result, at) })
      return
    case 'handed_over':
      addCall(fold, result.of, { express: { nextAt: null } })
  }
}

function endOf(
  { records, retryInMs }: Extract<ExpressResult, { type: 'failed' }>,
  at: number,
): Partial<CallStep> {
  if (retryInMs === null) return { closedAt: at, end: 'failed' }
  const last = records.at(-1)
  const endedAt = last === undefined ? at : last.startedAt + last.durationMs
  return { express: { nextAt: endedAt + retryInMs } }
}

function addCall(fold: Fold, of: Of, known: Partial<CallStep>): void {
  const { steps, worker } = fold
  const { input, runId } = steps
  const candidate = input?.route.candidates[of.candidateIndex]
  if (input === null || candidate === undefined) return
  planBySnapshot(fold)
  const { at, sequence, ...chosen } = of
  const stream = { logId: input.resumed?.log ?? runId, sequence, exclusive: true }
  const call = callOf(input, { ...chosen, candidate }, stream)
  steps.calls.push({ ...beginOf(fold, call, at), worker, ...known })
}
