/** One candidate of an in-process run: the activity's own call, retried here as Temporal would. */
import { ApplicationFailure, CancelledFailure } from '@temporalio/common'
import { type ActivityDeps, type CallContext, callProvider } from '../../../activities'
import { readAttemptDetails } from '../../contract/attempt-details'
import type { CallProviderInput } from '../../contract/generation'
import type { Failure } from '../../domain/failures/failure'
import { decisiveFailure } from '../../domain/routing/attempt'
import type { CandidateOutcome } from '../../engine/types'
import { pauseUntil } from './pause'

/** Never rejects. */
export async function runCandidate(
  deps: ActivityDeps,
  input: CallProviderInput,
  signal: AbortSignal,
): Promise<CandidateOutcome> {
  const { candidateIndex: candidate } = input
  let heartbeatDetails: unknown
  const startedAt = deps.now()
  for (let attempt = 1; ; attempt += 1) {
    const heartbeat = (details: unknown): void => {
      heartbeatDetails = details
    }
    const context = contextOf(input, attempt, heartbeatDetails, { heartbeat, signal, now: deps.now() })
    try {
      const { answeredBy = candidate, ...result } = await callProvider(deps, context, input)
      return { type: 'succeeded', candidate, answeredBy, ...result }
    } catch (error) {
      const { records } = recordsOf(error)
      const failure = decisiveFailure(records)
      if (error instanceof CancelledFailure) return { type: 'cancelled', candidate, records }
      if (!(error instanceof ApplicationFailure) || failure === undefined)
        return broken(error, input, startedAt, deps.now())
      if (error.nonRetryable) return { type: 'failed', candidate, failure, records }
      await pauseUntil(Number(error.nextRetryDelay ?? 0), 0, signal)
      if (signal.aborted) return { type: 'cancelled', candidate, records }
    }
  }
}

const recordsOf = (error: unknown) =>
  readAttemptDetails(
    error instanceof ApplicationFailure || error instanceof CancelledFailure ? error.details?.[0] : undefined,
  )

/** Not one of ours: a bug in the call. Never swallowed. */
function broken(
  error: unknown,
  { candidateIndex: candidate, candidate: { target } }: CallProviderInput,
  startedAt: number,
  now: number,
): CandidateOutcome {
  const message = `the call broke: ${error instanceof Error ? error.message : String(error)}`
  const failure: Failure = { class: 'internal_error', message }
  const durationMs = Math.max(0, now - startedAt)
  return {
    type: 'failed',
    candidate,
    failure,
    records: [{ candidate, target, number: 1, startedAt, durationMs, failure }],
  }
}

/** Of an attempt that no server scheduled. */
function contextOf(
  { generationId, stream }: CallProviderInput,
  attempt: number,
  heartbeatDetails: unknown,
  { heartbeat, signal, now }: { heartbeat(details: unknown): void; signal: AbortSignal; now: number },
): CallContext {
  const cancelled = new Promise<never>((_, reject) => {
    const end = (): void => reject(new CancelledFailure('The call is no longer wanted'))
    if (signal.aborted) end()
    else signal.addEventListener('abort', end, { once: true })
  })
  cancelled.catch(() => undefined)
  return {
    heartbeat,
    cancellationSignal: signal,
    cancelled,
    cancellationDetails: undefined,
    info: {
      activityId: String(stream?.sequence ?? 1),
      attempt,
      heartbeatDetails,
      scheduledTimestampMs: now,
      currentAttemptScheduledTimestampMs: now,
      workflowExecution: { workflowId: generationId, runId: generationId },
    },
  }
}
