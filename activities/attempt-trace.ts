/**
 * The spans of one attempt: its own, that of its HTTP call below it, and that of the attempt before it whose worker was lost.
 *
 * ATTEMPT-TRACE-1 Its status is our class of the failure: a provider's text may repeat the prompt.
 * ATTEMPT-TRACE-2 One that made no call is no call to a provider; of many refusals for want of a slot in a row the first is
 *    shown.
 */
import type { Info } from '@temporalio/activity'
import { reportedDetails } from '../src/contract/attempt-details'
import type { CallProviderInput } from '../src/contract/generation'
import { lackedTurn } from '../src/domain/failures/failure'
import type { AttemptRecord } from '../src/domain/routing/attempt'
import { isContent } from '../src/formats/outbound/sse'
import {
  ATTRIBUTES,
  type Attributes,
  answerAttributes,
  attemptSpanId,
  contentAttributes,
  EVENTS,
  generationPlace,
  operationOf,
  plainWord,
  requestAttributes,
  SPANS,
  type SpanStart,
  type Tracing,
  tracedHttp,
  usageAttributes,
} from '../src/telemetry/tracing'
import type { AttemptEnd } from './attempt-end'
import { placeOf } from './attempt-log'
import type { Call } from './finish-attempt'
import type { ProviderCallResult } from './provider-call'
import { apiOf } from './provider-request'
import type { EventSink } from './stream-words'

export interface AttemptTrace {
  /** The call, with what it needs to have spans below its own. */
  call: Call
  /** Sees when the first token comes. */
  watch(sink: EventSink): EventSink
  ended(end: AttemptEnd, called: ProviderCallResult): void
}

/** `before`: the records of the attempts before this one, a lost one among them. */
export function traceAttempt(call: Call, before: readonly AttemptRecord[]): AttemptTrace {
  const { tracing } = call.deps
  return tracing == null ? untraced(call) : traced(call, tracing, before)
}

const untraced = (call: Call): AttemptTrace => ({ call, watch: (sink) => sink, ended: () => undefined })

function traced(call: Call, tracing: Tracing, before: readonly AttemptRecord[]): AttemptTrace {
  const { deps, context, input } = call
  const { tracer, captureContent } = tracing
  const { now } = deps
  const { start, lost } = startsOf(call, tracing)
  const lostRecord = lostBefore(context.info, input, before)
  if (lostRecord !== null) {
    const { startedAt, durationMs, failure } = lostRecord
    const span = tracer.start({ ...lost, startedAt })
    const attributes = { ...recordAttributes(lostRecord), [ATTRIBUTES.outcome]: failure?.class }
    span.end({ at: startedAt + durationMs, attributes, error: failure?.class })
  }
  const span = tracer.start({ ...start, startedAt: now() })
  const http = tracedHttp(deps.http, { tracing, parent: span.place, now })
  let firstTokenAt: number | null = null
  return {
    call: { ...call, deps: { ...deps, http } },
    watch: ({ prefill, publish }) => ({
      prefill,
      publish(events) {
        if (firstTokenAt === null && events.some(isContent)) {
          firstTokenAt = now()
          span.event(EVENTS.firstToken, firstTokenAt)
        }
        return publish(events)
      },
    }),
    ended(end, called) {
      const { calledAt, usage, outcome, adopted } = called
      const { failure, record } = recordOfEnd(end)
      // ATTEMPT-TRACE-2
      if (lackedTurn(failure) && lackedTurn(before.at(-1)?.failure)) return
      const answer = outcome.ok ? outcome.value : null
      const attributes: Attributes = {
        ...(record === undefined ? {} : recordAttributes(record)),
        ...usageAttributes(usage),
        ...(answer === null ? {} : answerAttributes(answer)),
        [ATTRIBUTES.outcome]: failure?.class ?? end.type,
        [ATTRIBUTES.adopted]: adopted,
        [ATTRIBUTES.timeToFirstChunk]:
          firstTokenAt === null || calledAt === undefined ? undefined : (firstTokenAt - calledAt) / 1_000,
        ...(captureContent ? contentAttributes(input.request, answer) : {}),
      }
      const error = failure === undefined || failure.class === 'cancelled' ? undefined : failure.class
      if (end.type === 'answered' && end.commit.rescue !== undefined)
        span.event(EVENTS.rescue, now(), { [ATTRIBUTES.kind]: end.commit.rescue })
      // ATTEMPT-TRACE-2
      const own =
        calledAt === undefined && failure?.class === 'not_admitted'
          ? tracer.start({ ...start, kind: 'internal', startedAt: record?.startedAt ?? now() })
          : span
      own.end({ at: now(), attributes, error })
    },
  }
}

/** Of this attempt, and of the one before it. */
function startsOf(
  { deps, context, input }: Call,
  { tracer }: Tracing,
): Record<'start' | 'lost', Omit<SpanStart, 'startedAt'>> {
  const { generationId: id, candidate, candidateIndex, route, tenant, stream, trace } = input
  const { sequence = 0, beside = [] } = stream ?? {}
  const run = stream?.logId ?? context.info.workflowExecution?.runId ?? ''
  const parent = generationPlace(tracer, { id, run, trace })
  const idsOf = (of: number, attempt: number) => ({
    traceId: parent.traceId,
    spanId: attemptSpanId({ id, run, sequence: of, attempt }),
  })
  const access = deps.access(candidate.provider)
  const api = access.ok ? apiOf(access, candidate) : undefined
  const traced = { ...input, api }
  const attempt = placeOf(context.info, input)
  const common: Omit<SpanStart, 'startedAt'> = {
    name: SPANS.attempt(operationOf(traced), candidate.model),
    kind: 'client',
    parent,
    attributes: {
      ...requestAttributes(traced),
      [ATTRIBUTES.generation]: id,
      [ATTRIBUTES.route]: route,
      [ATTRIBUTES.target]: candidate.target,
      [ATTRIBUTES.candidate]: candidateIndex,
      [ATTRIBUTES.tenant]: tenant ?? undefined,
      [ATTRIBUTES.hedge]: beside.length > 0 || undefined,
    },
    links: beside.map((other) => ({ ...parent, ...idsOf(other, 1) })),
  }
  return {
    start: { ...common, ids: idsOf(sequence, attempt) },
    lost: { ...common, ids: idsOf(sequence, attempt - 1) },
  }
}

/** Its worker could not send its span any more. Once: from now on it stands in the heartbeats. */
function lostBefore(
  { heartbeatDetails }: Pick<Info, 'heartbeatDetails'>,
  input: CallProviderInput,
  before: readonly AttemptRecord[],
): AttemptRecord | null {
  const { records } = reportedDetails(heartbeatDetails, input.before)
  return before.length > records.length ? (before.at(-1) ?? null) : null
}

function recordOfEnd(end: AttemptEnd): {
  failure?: AttemptRecord['failure']
  record?: AttemptRecord | undefined
} {
  switch (end.type) {
    case 'answered':
      return { record: end.records.at(-1) }
    case 'superseded':
    case 'no_turn':
      return {}
    case 'failed':
    case 'gave_way':
    case 'lost_too_often': {
      const record = end.records.at(-1)
      return { failure: record?.failure, record }
    }
  }
}

/** ATTEMPT-TRACE-1 */
const recordAttributes = ({ number, failure, retryInMs, requestId }: AttemptRecord): Attributes => ({
  [ATTRIBUTES.attempt]: number,
  [ATTRIBUTES.retryInMs]: retryInMs,
  [ATTRIBUTES.errorType]: failure === undefined || failure.class === 'cancelled' ? undefined : failure.class,
  [ATTRIBUTES.httpStatus]: failure?.status,
  [ATTRIBUTES.timeoutPhase]: failure?.timeoutPhase,
  [ATTRIBUTES.requestId]: plainWord(requestId ?? failure?.requestId),
})
