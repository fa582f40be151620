/**
 * The attempts of a run. Those of a call stand in what it left behind; one that left nothing (a lost worker, a deadline) is
 * made from its events, as `workflows/run-candidate.ts` makes it.
 */
import { type AttemptDetails, reportedDetails } from '../contract/attempt-details'
import type { Failure } from '../domain/failures/failure'
import { type AttemptRecord, nextNumber } from '../domain/routing/attempt'
import { costUsd } from '../domain/routing/cost'
import type { Route } from '../domain/routing/route'
import { estimateOf, NOTHING_RECEIVED } from '../domain/routing/spent'
import type { CallStep, RunSteps } from './step-types'
import type { Attempt, AttemptKind } from './types'

/** Of a call that has not ended: what the server shows of it beside the history. */
export interface PendingCall {
  activityId: string
  /** Of its last heartbeat. */
  details: unknown
  /** When its attempt began, or is to begin; null: not known. Epoch milliseconds. */
  startedAt: number | null
  nextAt: number | null
  worker: string | null
}

/** A call with its attempts. */
export interface CallAttempts {
  call: CallStep
  attempts: Attempt[]
  /** When its next attempt is to begin, where it pauses; null: it does not. */
  nextAt: number | null
}

interface Frame {
  startedAt: number
  route: Route | null
  /** Plans and calls of the runs before this one. */
  plansBefore: number
  callsBefore: number
}

export function attemptsOf(steps: RunSteps, pending: readonly PendingCall[], frame: Frame): CallAttempts[] {
  return steps.calls.map((call, index) => {
    const known = pending.find(({ activityId }) => activityId === call.activityId)
    const place = frame.callsBefore + index + 1
    const attempts = recordsOf(call, known).map((record, at) => attemptOf(record, call, at, place, frame))
    const under = underWay(call, known, attempts.length, place, frame)
    const pausesTill = call.express?.nextAt ?? known?.nextAt ?? null
    const nextAt = call.closedAt === null && under === null ? pausesTill : null
    return { call, attempts: under === null ? attempts : [...attempts, under], nextAt }
  })
}

function recordsOf(call: CallStep, pending: PendingCall | undefined): AttemptRecord[] {
  if (call.closedAt === null) return detailsOf(call, pending).records
  const details = detailsOf(call)
  const lost = lostFailure(call, details)
  if (lost === null) return details.records
  const { records, inFlight } = details
  const last = records.at(-1)
  const startedAt =
    inFlight?.startedAt ?? (last === undefined ? call.scheduledAt : last.startedAt + last.durationMs)
  const { candidateIndex, candidate } = call.input
  const record: AttemptRecord = {
    candidate: candidateIndex,
    target: candidate.target,
    number: nextNumber(records),
    startedAt,
    durationMs: Math.max(0, call.closedAt - startedAt),
    failure: lost,
    ...(inFlight?.requestId === undefined ? {} : { requestId: inFlight.requestId }),
    estimate: estimateOf(call.input.request, inFlight?.received ?? NOTHING_RECEIVED),
  }
  return [...records, record]
}

/** What is known of its attempts: by the server while it runs, then by its end, or else by what its input says was before. */
const detailsOf = ({ closedAt, details, input }: CallStep, pending?: PendingCall): AttemptDetails =>
  reportedDetails(closedAt === null ? (pending?.details ?? details) : details, input.before)

/** Of the attempt that has no record of its own; null: all have one. */
function lostFailure(
  { end, failure, input: { before } }: CallStep,
  { records }: AttemptDetails,
): Failure | null {
  const cause = failure?.cause ?? failure
  if (end === 'timed_out') {
    const type = failure?.timeoutType ?? 'UNSPECIFIED'
    return type === 'SCHEDULE_TO_CLOSE'
      ? { class: 'timeout', message: 'the deadline came before the end of the call was reported' }
      : { class: 'worker_lost', message: `no worker finished the call in time (${type})` }
  }
  if (end !== 'failed' || records.length > (before?.length ?? 0)) return null
  return { class: 'internal_error', message: `the activity broke: ${cause?.message ?? ''}` }
}

function attemptOf(
  record: AttemptRecord,
  call: CallStep,
  index: number,
  place: number,
  { startedAt, route, plansBefore }: Frame,
): Attempt {
  const own = {
    call: place,
    plan: call.plan === null ? null : plansBefore + call.plan,
    lastResort: call.input.lastResort === true,
    kind: index === 0 ? call.kind : ('retry' as const),
    queuedMs: index === 0 ? Math.max(0, (call.startedAt ?? record.startedAt) - call.scheduledAt) : null,
    worker: call.worker,
  }
  return fromRecord(record, own, startedAt, route)
}

function underWay(
  call: CallStep,
  pending: PendingCall | undefined,
  ended: number,
  place: number,
  { startedAt: begunAt, plansBefore }: Frame,
): Attempt | null {
  if (call.closedAt !== null || call.express) return null
  const details = detailsOf(call, pending)
  const startedAt = details.inFlight?.startedAt ?? pending?.startedAt ?? null
  if (pending !== undefined && pending.startedAt === null) return null
  const { candidateIndex, candidate, lastResort } = call.input
  const since = startedAt ?? call.scheduledAt
  return {
    candidate: candidateIndex,
    target: candidate.target,
    kind: ended === 0 ? call.kind : 'retry',
    number: nextNumber(details.records),
    call: place,
    plan: call.plan === null ? null : plansBefore + call.plan,
    lastResort: lastResort === true,
    startedAt: since,
    offsetMs: since - begunAt,
    durationMs: null,
    outcome: 'running',
    served: false,
    failure: null,
    retryInMs: null,
    usage: null,
    estimate: estimateOf(call.input.request, details.inFlight?.received ?? NOTHING_RECEIVED),
    unbilled: false,
    costUsd: null,
    adopted: false,
    requestId: details.inFlight?.requestId ?? null,
    queuedMs: ended === 0 && startedAt !== null ? Math.max(0, startedAt - call.scheduledAt) : null,
    worker: pending?.worker ?? call.worker,
  }
}

/** Those that only a later run's input knows of: the run that made them was not given. */
export function carriedAttempts(
  records: readonly AttemptRecord[],
  startedAt: number,
  route: Route | null,
): Attempt[] {
  const inTime = [...records].sort((a, b) => a.startedAt - b.startedAt)
  const inPass = new Set<number>()
  return inTime.map((record, index) => {
    const kind = carriedKind(record, index === 0, inPass)
    if (kind === 'next_pass') inPass.clear()
    inPass.add(record.candidate)
    const own = { call: null, plan: null, lastResort: false, queuedMs: null, worker: null }
    return fromRecord(record, { ...own, kind }, startedAt, route)
  })
}

/** `inPass`: who has been called in its pass. */
function carriedKind(
  { number, candidate }: AttemptRecord,
  first: boolean,
  inPass: ReadonlySet<number>,
): AttemptKind {
  if (number > 1) return 'retry'
  if (first) return 'first'
  return inPass.has(candidate) ? 'next_pass' : 'fallback'
}

function fromRecord(
  record: AttemptRecord,
  own: Pick<Attempt, 'call' | 'plan' | 'lastResort' | 'kind' | 'queuedMs' | 'worker'>,
  begunAt: number,
  route: Route | null,
): Attempt {
  const { candidate, target, number, startedAt, durationMs, failure, retryInMs, usage, adopted } = record
  const facts = route?.candidates[candidate]?.facts
  const failed = failure?.class === 'cancelled' ? ('cancelled' as const) : ('failed' as const)
  return {
    candidate,
    target,
    number,
    ...own,
    startedAt,
    offsetMs: startedAt - begunAt,
    durationMs,
    outcome: failure === undefined ? 'answered' : failed,
    served: false,
    failure: failure ?? null,
    retryInMs: retryInMs ?? null,
    usage: usage ?? null,
    estimate: record.estimate ?? null,
    unbilled: record.unbilled === true,
    costUsd: usage === undefined || facts === undefined ? null : costUsd(usage, facts),
    adopted: adopted === true,
    requestId: record.requestId ?? failure?.requestId ?? null,
  }
}
