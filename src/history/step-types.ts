/** What a run did, event by event: the raw material of the model. Nothing is left out, and nothing judged. */
import type {
  CallProviderInput,
  CircuitSnapshot,
  GenerationInput,
  UnresolvedInput,
} from '../contract/generation'
import type { Metadata } from '../domain/request/metadata'
import type { PayloadReader, RecordedFailure, RunEvent } from './events'
import type { Timer } from './timers'
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
  failure: RecordedFailure | null
  /** What it left behind: the details of its end, or else of its last failure. */
  details: unknown
  /** It began in the express lane and has not been called again. null: its activity is scheduled. Absent: it did not. */
  express?: { nextAt: number | null } | null
}

export interface RunSteps {
  workflowId: string
  runId: string
  taskQueue: string
  parent: { workflowId: string; runId: string } | null
  startedAt: number
  /** What came before is copied from the run that was reset; null: it is no such copy. */
  resetAt: number | null
  input: GenerationInput | null
  unresolved: UnresolvedInput | null
  metadata: Metadata
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

/** A run that is gone through. */
export interface Fold {
  steps: RunSteps
  read: PayloadReader
  /** The workflow's own time. */
  now: number
  /** Place of the plan that stands. */
  plan: number | null
  hedgeAllowed: boolean
  /** Who has the workflow task. */
  worker: string | null
  /** An earlier run of its chain has called somebody. */
  begun: boolean
}
