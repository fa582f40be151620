/**
 * What a generation needs of the place where it runs: a Temporal workflow (`workflows/host.ts`) or this process
 * (`src/worker/in-process/host.ts`). The engine itself has no clock, no timer and no I/O.
 */
import type {
  CacheHit,
  CacheQuery,
  CallProviderInput,
  CallProviderResult,
  LateResult,
  Parked,
} from '../contract/generation'
import type { FailedGeneration } from '../domain/failures/failed-generation'
import type { Failure } from '../domain/failures/failure'
import type { AttemptRecord } from '../domain/routing/attempt'
import type { CarriedDispatch, DispatchEvent } from '../domain/routing/dispatch'
import type { Ended, Moment } from '../domain/routing/report'
import type { CircuitReader } from './steps'

/** What became of a candidate. `answeredBy`: the place of the one whose answer it is; another's may have been there before. */
export type CandidateOutcome = { candidate: number; records: AttemptRecord[] } & (
  | ({ type: 'succeeded'; answeredBy: number } & Pick<CallProviderResult, 'answer' | 'rescue' | 'winning'>)
  | { type: 'failed'; failure: Failure }
  | { type: 'cancelled' }
)

export type SucceededCandidate = Extract<CandidateOutcome, { type: 'succeeded' }>

export interface RunningCandidate {
  /** The n-th candidate that was started, from 1. */
  sequence: number
  /** Never rejects. */
  outcome: Promise<CandidateOutcome>
  cancel(): void
}

export type Running = ReadonlyMap<number, RunningCandidate>

/** How far it has come; changed on the way. */
export interface Progress {
  records: AttemptRecord[]
  /** Candidates started so far. */
  sequence: number
}

/** What is counted of a plan (src/telemetry/metrics). `sequence`: how many candidates the generation had started by then. */
export type PlanEvent = { sequence: number } & (
  | { type: 'fallback'; from: string; to: string }
  | { type: 'hedge'; outcome: 'started' | 'won' }
  | { type: 'parked'; provider: string }
)

export interface PlanHost {
  /** Epoch milliseconds. */
  now(): number
  circuitReader: CircuitReader
  /** The name of its delivery log. */
  logId: string
  /** Starts a candidate. `overlaps`: others may run at the same time, so it has to be cancellable alone. */
  start(call: CallProviderInput, sequence: number, overlaps: boolean): RunningCandidate
  /** The next candidate to end, or that `wakeAt` (epoch milliseconds; null: never) has come. */
  next(
    running: Running,
    wakeAt: number | null,
  ): Promise<CandidateOutcome | Extract<DispatchEvent, { type: 'woke' | 'due' }>>
  /** Nothing runs: till `wakeAt`, or a change of the circuits. */
  pause(wakeAt: number): Promise<DispatchEvent>
  /** Resolves when the work has ended, or `limitMs` have passed. `shielded`: also when the caller is gone. */
  within(limitMs: number, shielded: boolean, work: () => Promise<unknown>): Promise<void>
  /** It is about to wait: for people who look on. */
  show(moment: Moment): void
  /** Nobody wants the answer any longer. */
  cancelled(): boolean
  /** Could the run be given up here and gone on with in another one? */
  mayRest(): boolean
  isCancellation(error: unknown): boolean
  /** For metrics: it happened just now. */
  count(event: PlanEvent): void
  log(level: 'info' | 'warn' | 'error', event: string, fields: { [name: string]: unknown }): void
}

/** Where a generation can wait for days. */
export interface Parking {
  /** It waits for a key: for those who operate. `again`: it did so in the run before this one. */
  begin(parked: Parked, again: boolean): void
  /** Till `wakeAt`, epoch milliseconds, or a change of the circuits. */
  wait(parked: Parked, wakeAt: number): Promise<DispatchEvent>
  /** In [0, 1). */
  random(): number
}

export interface GenerationHost extends PlanHost {
  /** Absent: nothing of it outlives this process, or nobody would wait: it fails. */
  parking?: Parking | undefined
  /** null: nothing that could be served. */
  lookup(purpose: CacheQuery['purpose']): Promise<CacheHit | null>
  /**
   * Before it fails: the answer that a call has committed which it does not know the end of. null: there is none, and none can come any
   * longer.
   * @param sequence of the last candidate that was started
   */
  lastLook(sequence: number): Promise<LateResult | null>
  /** A cached answer is to be renewed, and this generation is the one to see to it. */
  renew(): Promise<void>
  /** The end, once, for logs and the Web UI. */
  ended(end: Ended, records: readonly AttemptRecord[]): void
  /** What to throw. */
  failure(failed: FailedGeneration, records: readonly AttemptRecord[]): Error
  cancellation(records: readonly AttemptRecord[]): Error
  /** Goes on in another run: never returns. */
  rest(dispatch: CarriedDispatch, parked: Parked | undefined): Promise<never>
}
