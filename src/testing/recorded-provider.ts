/**
 * The providers as a run met them: the n-th call of a target ends as the n-th recorded one did, after as long.
 *
 * RECORDED-PROVIDER-1 What is not recorded is not made up: a call beyond the record, or one that was cut before its end, is
 *    `unknown` from that moment on. Only what the caller assumes stands in for it.
 * RECORDED-PROVIDER-2 On a clock that jumps each call begins earlier than it did, by Temporal's own share. One that was cut
 *    (by a winner, the deadline, the caller) is known to be silent till the moment at which it was cut, where it begins
 *    earlier by no more than a second (candidate-course.ts).
 */
import { type Failure, type FailureClass, gaveWay } from '../domain/failures/failure'
import type { Usage } from '../domain/streaming/answer'
import type { Attempt, Run } from '../history'

/** What a target is assumed to do where the record says nothing. */
export interface AssumedCall {
  tookMs: number
  /** Absent: it answers. */
  failure?: FailureClass
  /** Of a failure: the pause that the provider requests. */
  retryAfterMs?: number
  /** Of an answer, for its cost. */
  usage?: Usage
}

/** By target; `*` for each target that the run never called. The last one repeats. */
export type AssumedCalls = { readonly [target: string]: readonly AssumedCall[] }

/** A call that ends so shortly before the deadline was cut by it. */
const DEADLINE_MARGIN_MS = 100

type Call =
  | { type: 'ends'; tookMs: number; failure: Failure | null; usage: Usage | null; retryInMs: number | null }
  | { type: 'cut'; tookMs: number; startedAt: number; by: 'deadline' | 'other'; why: string }
  | { type: 'unknown'; why: string }

export interface RecordedProviders {
  /** `alone`: no other candidate can run meanwhile. */
  next(target: string, alone: boolean): Call
  /** Targets of whom something was assumed. */
  assumed(): string[]
}

export function recordedProviders({ attempts, deadlineAt }: Run, assumed: AssumedCalls): RecordedProviders {
  const calls = new Map<string, number>()
  const assumedOf = new Set<string>()
  return {
    next(target, alone) {
      const made = calls.get(target) ?? 0
      calls.set(target, made + 1)
      const known = attempts.filter((attempt) => attempt.target === target)
      const attempt = known[made]
      if (attempt !== undefined) return recordedCall(attempt, deadlineAt, alone)
      const own = assumed[target] ?? (known.length === 0 ? (assumed['*'] ?? []) : [])
      const stand = own[Math.min(made - known.length, own.length - 1)]
      if (stand === undefined) return { type: 'unknown', why: beyondText(target, known.length) }
      assumedOf.add(target)
      return assumedCall(stand)
    },
    assumed: () => [...assumedOf],
  }
}

function recordedCall(attempt: Attempt, deadlineAt: number | null, alone: boolean): Call {
  const { target, outcome, startedAt, failure, usage, retryInMs } = attempt
  const tookMs = attempt.durationMs ?? 0
  const cut = (by: 'deadline' | 'other', how: string): Call => {
    const why = `the call of ${target} ${how}: how it would have ended is not known`
    return { type: 'cut', tookMs, startedAt, by, why }
  }
  const late = deadlineAt !== null && startedAt + tookMs >= deadlineAt - DEADLINE_MARGIN_MS
  if (failure?.class === 'timeout' && late) return cut('deadline', 'was cut by the deadline')
  if (outcome === 'running') return cut('other', 'had not ended when the history was read')
  // Beside others it gives way as it did.
  const gives = failure !== null && gaveWay(failure) && !alone
  if (outcome === 'cancelled' && !gives) return cut('other', `was cancelled after ${tookMs} ms`)
  return { type: 'ends', tookMs, failure, usage, retryInMs }
}

function assumedCall({ tookMs, failure, retryAfterMs, usage = undefined }: AssumedCall): Call {
  const failed: Failure | null =
    failure === undefined
      ? null
      : { class: failure, message: 'as assumed', ...(retryAfterMs === undefined ? {} : { retryAfterMs }) }
  return { type: 'ends', tookMs, failure: failed, usage: usage ?? null, retryInMs: null }
}

const beyondText = (target: string, known: number): string =>
  known === 0
    ? `${target} was never called in this run: what it would have said is not known`
    : `${target} would be called once more than the ${known} recorded ${known === 1 ? 'time' : 'times'}: what it would have said is not known`
