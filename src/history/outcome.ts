/** How a run ended, or what one that has not ended does. */
import {
  GENERATION_FAILED,
  type GenerationFailedDetails,
  type GenerationResult,
} from '../contract/generation'
import type { Answer } from '../domain/streaming/answer'
import type { CallAttempts } from './attempts'
import { failureOf, isFields, type PayloadReader, payloadOf, type RunEvent, textOf } from './events'
import type { RunSteps } from './step-types'
import type { Next, RunOutcome, Wait } from './types'

export interface RunEnd {
  outcome: RunOutcome
  answer: Answer | null
}

export function endOf(event: RunEvent, read: PayloadReader): RunEnd {
  const { type, attributes } = event
  const without = (outcome: RunOutcome): RunEnd => ({ outcome, answer: null })
  const runId = textOf(attributes.newExecutionRunId)
  if (runId !== null) return without({ type: 'continued', runId })
  switch (type) {
    case 'workflowExecutionCompleted':
      return answered(payloadOf(attributes.result, read) as GenerationResult)
    case 'workflowExecutionFailed':
      return without(failed(event, read))
    case 'workflowExecutionCanceled':
      return without({ type: 'cancelled', message: 'The generation was cancelled' })
    case 'workflowExecutionTerminated':
      return without({ type: 'terminated', message: textOf(attributes.reason) ?? 'It was terminated' })
    default:
      return without({ type: 'timed_out', message: "Temporal's own timeout of the whole run ended it" })
  }
}

function answered(result: GenerationResult): RunEnd {
  const { text, toolCalls, finishReason, usage, model, responseId, leftOut, opaque, output } = result
  const { target, served, cacheAgeMs, rescue, costUsd } = result
  return {
    outcome: {
      type: 'answered',
      target,
      served,
      cacheAgeMs: cacheAgeMs ?? null,
      rescue: rescue ?? null,
      finishReason,
      usage,
      costUsd,
    },
    answer: {
      text,
      toolCalls,
      finishReason,
      usage,
      model,
      responseId,
      ...(leftOut === undefined ? {} : { leftOut }),
      ...(opaque === undefined ? {} : { opaque }),
      ...(output === undefined ? {} : { output }),
    },
  }
}

function failed({ attributes }: RunEvent, read: PayloadReader): RunOutcome {
  const failure = failureOf(attributes.failure, read)
  if (failure?.type === GENERATION_FAILED && isFields(failure.details)) {
    const { kind, message, failureClass, retryAt } = failure.details as unknown as GenerationFailedDetails
    return { type: 'failed', kind, message, failureClass, retryAt }
  }
  return { type: 'failed', kind: null, message: failure?.message ?? '', failureClass: null, retryAt: null }
}

/** Of a run that has not ended. */
export function nextOf(
  { tasks, taskFailures, startedAt }: RunSteps,
  calls: readonly CallAttempts[],
  waits: readonly Pick<Wait, 'reason' | 'startedAt' | 'targets' | 'until' | 'durationMs'>[],
): Next {
  const task = tasks.at(-1)
  const lastFailure = taskFailures.at(-1)
  if (lastFailure !== undefined && tasks.findLast(({ endedAt }) => endedAt !== null)?.failed === true)
    return { type: 'stuck', targets: [], at: lastFailure.at, until: null, message: lastFailure.message }
  const open = calls.filter(({ call }) => call.closedAt === null)
  const busy = open.flatMap(({ attempts }) => attempts.filter(({ outcome }) => outcome === 'running'))
  const [first] = busy
  if (first !== undefined) {
    const targets = busy.map(({ target }) => target)
    return { type: 'call', targets, at: first.startedAt, until: null, message: null }
  }
  const wait = waits
    .filter(({ durationMs }) => durationMs === null)
    .findLast((one) => one.reason !== 'worker')
  if (wait !== undefined) {
    const { targets, startedAt: at, until } = wait
    return { type: 'wait', targets, at, until, message: null }
  }
  const queued = open.map(({ call }) => call.input.candidate.target)
  const at = task?.startedAt ?? task?.scheduledAt ?? startedAt
  return { type: 'worker', targets: queued, at, until: null, message: null }
}
