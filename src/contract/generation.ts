/**
 * What client, workflow and activities say to each other: names, messages, errors.
 * Plain JSON throughout; it stands in histories, so fields are added, never renamed.
 */

import type { CacheControl } from '../domain/caching/cache'
import type { FailureClass } from '../domain/failures/failure'
import type { JsonObject } from '../domain/request/json'
import type { Metadata } from '../domain/request/metadata'
import type { PromptCache } from '../domain/request/prompt-cache'
import type { GenerationRequest } from '../domain/request/request'
import type { AttemptRecord } from '../domain/routing/attempt'
import type { CarriedDispatch } from '../domain/routing/dispatch'
import type { TargetLatency } from '../domain/routing/latency'
import type { Blocked } from '../domain/routing/plan'
import type { CachePolicy, Candidate, Route } from '../domain/routing/route'
import type { Answer } from '../domain/streaming/answer'
import type { Rescue } from '../domain/streaming/resume'
import type { BudgetClaim, BudgetSpent } from './budgets'
import type { UsableAttributes } from './search-attributes'
import type { TraceContext } from './trace-context'

export const GENERATION_WORKFLOW = 'generation'
/** The same for a request that has its tokens counted: no generation for those who list or follow them. */
export const COUNT_WORKFLOW = 'tokenCount'
/** From a call to its workflow: `dueAfterMs` has passed. Its argument: the call's sequence. */
export const DUE_SIGNAL = 'due'
/** Behind everything that somebody waits for: Temporal's lowest priority of its default five. */
export const BATCH_PRIORITY = 5
export const DEFAULT_TASK_QUEUE = 'holdfast'
/** The type of the one ApplicationFailure that ends a generation that could not be answered. */
export const GENERATION_FAILED = 'GenerationFailed'

/** A request is at most this many bytes of JSON. */
export const MAX_REQUEST_BYTES = 1.9 * 1024 * 1024
/** With a payload store: images of a few documents, and what providers take (most end at 20 to 32 MB). */
export const MAX_STORED_REQUEST_BYTES = 25 * 1024 * 1024
/** The same for an answer: vectors, mostly. With its envelope it is below what is read of a body. */
export const MAX_STORED_ANSWER_BYTES = 12 * 1024 * 1024
/** Temporal terminates a workflow one of whose tasks schedules more than 4 MiB, without a typed error. */
export const MAX_SCHEDULED_BYTES = 3 * 1024 * 1024
/** An activity result over 2 MiB fails retryably, which would pay the provider again. */
export const MAX_ANSWER_BYTES = 1.9 * 1024 * 1024

/** A cluster's limit of a payload is 2 MiB unless its operator has set another one. */
export const maxAnswerBytes = (limitBytes: number): number =>
  Math.min(MAX_ANSWER_BYTES, (limitBytes / (2 * 1024 * 1024)) * MAX_ANSWER_BYTES)

/**
 * The cluster refuses a payload over 2 MiB, for good: a run whose end or whose next input is one never ends. What
 * carries records leaves this much for all of it; the rest is for what Temporal puts around it.
 */
export const MAX_CARRIED_BYTES = 2 * 1024 * 1024 - 32 * 1024
/** Of the query's answer and of the details in the Web UI: for people, who read the first and the latest. */
export const MAX_REPORTED_BYTES = 512 * 1024

/**
 * The server counts lost workers and waits for a slot too, the activity only calls that reached out. So many lost workers
 * a candidate survives; a request that kills every worker it meets ends there.
 */
export const LOST_WORKERS_ALLOWED = 5

/** Attempts that ended without a word: a frozen worker swallows one with each of its polls, ten by the SDK's default. */
export const SILENT_ATTEMPTS_ALLOWED = 20

/** So long a call waits for a slot of its worker; then it goes back to the queue. */
export const MAX_SLOT_WAIT_MS = 60_000

/** An answer over this is not kept: read from the cache it stands in the history twice. */
export const MAX_CACHED_ANSWER_BYTES = 1024 * 1024

/** What a generation does with the cache. */
export interface CacheUse {
  /** SHA-256 in hex of all that changes the output (`cacheKey`). null: the route has no cache. */
  key: string | null
  control: CacheControl
}

/** The workflow's input. */
export interface GenerationInput {
  id: string
  tenant: string | null
  route: Route
  request: GenerationRequest
  /**
   * Epoch milliseconds. By the caller's clock, for builds that know no `deadlineMs`; of a run that was continued as new,
   * by Temporal's.
   */
  deadlineAt: number
  /** From its start by Temporal's clock; it counts instead of `deadlineAt`. Absent: an older build started it. */
  deadlineMs?: number | undefined
  /** Which of Holdfast's search attributes are registered on this cluster? No others are written. */
  searchAttributes: UsableAttributes
  /** null or absent: neither read nor written. */
  cache?: CacheUse | null | undefined
  /** Somebody listens: the provider is to stream. Absent: false. */
  stream?: boolean | undefined
  /** The target that gets this request as well, after the answer. Absent: none. */
  shadow?: Candidate | undefined
  /** By what its candidates are drawn: random, and nobody's words. Absent: nothing is drawn, or by its id. */
  seed?: string | undefined
  /** Its candidates by cost, or as its sticky key decides, which stays with its caller. Absent: neither decides. */
  places?: number[] | undefined
  /** Of the caller's moment, where a worker in its process has taken it: it saves a step. */
  circuitSnapshot?: TakenSnapshot | undefined
  /** The same, as builds before 0.1.0 name it. */
  look?: TakenSnapshot | undefined
  /** What the run before this one knew, where it was continued as new. */
  resumed?: Resumed | undefined
  /** What of its metadata may stand in log lines (METADATA-2); all of it is in the memo. Absent: nothing. */
  logged?: Metadata | undefined
  /** Where its caller's trace stands. Absent: it has none. */
  trace?: TraceContext | undefined
}

export interface TakenSnapshot {
  view: CircuitSnapshot
  /** When it was taken, epoch milliseconds. */
  at: number
}

/** A generation in a pause between passes, carried from one run of its chain to the next. */
export interface Resumed {
  dispatch: CarriedDispatch
  records: AttemptRecord[]
  /** Epoch milliseconds: when the first run began. */
  startedAt: number
  /** When Temporal took it. Absent: an older build carried it on. */
  acceptedAt?: number | undefined
  /** Candidates started so far. */
  order: number
  /** The name of its delivery log: the first run's id. */
  log: string
  /** Absent: it waits for no key. */
  parked?: Parked | undefined
}

/** A generation that waits for a valid key of a provider. Instants in epoch milliseconds. */
export interface Parked {
  since: number
  /** When it gives up. */
  until: number
  /** How often it has looked since. */
  looks: number
  /** Whose keys are to be mended. Empty: none any more, and something else keeps it from being called. */
  providers: string[]
}

/** The request of a workflow of the user's own: as the library's request, in plain JSON. */
export interface UnresolvedRequest extends Pick<GenerationRequest, 'params' | 'tools' | 'toolChoice'> {
  /** A route's name, or a target (`provider/model`). Default: `default`. */
  route?: string | undefined
  /** The conversation so far, the oldest first. Default: `prompt`; one of the two is needed, and not both. */
  messages?: GenerationRequest['messages'] | undefined
  /** Short for one user message. Default: `messages`. */
  prompt?: string | undefined
  /** JSON Schema: the answer is JSON of this shape, in `output`. Default: text. */
  schema?: JsonObject | undefined
  /** Within what the route allows; durations as text. Default: the route as it is. */
  override?: JsonObject | undefined
  /** As of the library's request. Default: `default`. */
  cache?: CacheControl | undefined
  /** As of the library's request. Default: none. */
  metadata?: Metadata | undefined
}

/** The workflow's input where the caller had no config: the worker resolves it first. */
export interface UnresolvedInput {
  id: string
  tenant: string | null
  asked: UnresolvedRequest
  /** As of GenerationInput. */
  trace?: TraceContext | undefined
}

/** What `resolveRequest` recorded. */
export type ResolvedRequest =
  | ({ ok: true } & Pick<
      GenerationInput,
      'route' | 'request' | 'searchAttributes' | 'cache' | 'shadow' | 'seed' | 'places' | 'logged'
    >)
  | { ok: false; message: string }

export type Served = 'provider' | 'cache' | 'stale'

/** The workflow's result: what `generate` resolves to. */
export interface GenerationResult extends Answer {
  id: string
  route: string
  /** The target that answered. */
  target: string
  served: Served
  /** How old the answer is; absent where it is new. */
  cacheAgeMs?: number | undefined
  attempts: AttemptRecord[]
  /** How an answer that was cut became whole; absent: it was not cut. */
  rescue?: Rescue | undefined
  /** false: Temporal was away, and the caller's own process ran it; nothing of it is kept. Absent: it is durable. */
  durable?: false | undefined
  /** US dollars for the answering call; null where the model's price or the usage is unknown. */
  costUsd: number | null
  timings: {
    /** Epoch milliseconds. */
    startedAt: number
    finishedAt: number
    totalMs: number
  }
}

export type ErrorKind =
  | 'invalid_request'
  | 'not_found'
  | 'conflict'
  | 'all_failed'
  | 'deadline_exceeded'
  | 'cancelled'
  | 'unavailable'
  | 'budget_spent'

/** The details of GENERATION_FAILED. */
export interface GenerationFailedDetails {
  kind: ErrorKind
  message: string
  /** The class of the failure that decided it, where one did. */
  failureClass: FailureClass | null
  /** Epoch milliseconds: when another try could succeed, as far as is known. */
  retryAt: number | null
  attempts: AttemptRecord[]
}

/** Why a provider can't be called at all, by this worker. */
export interface ProviderUnusable {
  provider: string
  reason: string
}

/** The input of `readCircuits`. */
export interface CircuitQuery {
  targets: { target: string; provider: string; model: string }[]
  /** Something has changed, or may have: an old view won't do. */
  fresh: boolean
  /** Epoch milliseconds by Temporal's clock. Absent: the caller does not know it. */
  at?: number | undefined
  /** Of a route that hedges: counts a request (`share`: how many may be hedged, 0 to 1), or requests a hedge. */
  budget?: { route: string; count: { share: number } } | { route: string; take: true } | undefined
  /** Of a route whose order goes by it: how long do its calls take? Absent: it is not asked for. */
  latency?: { route: string; streamed: boolean } | undefined
  /** What its tenant's budget has to have room for. Absent: it has begun, or costs nothing. */
  claim?: BudgetClaim | undefined
}

/** What `readCircuits` recorded. */
export interface CircuitSnapshot {
  unusable: ProviderUnusable[]
  /** Absent: nothing is blocked. */
  blocked?: Blocked[] | undefined
  /** Of those targets that this worker has called lately; absent where they were not asked for. */
  latencies?: TargetLatency[] | undefined
  /** May a hedge start? Where it was requested. */
  mayHedge?: boolean | undefined
  /** Its tenant's budget has no room. Absent: it has, or there is none. */
  spent?: BudgetSpent | undefined
}

/** The input of `lookupCache`. */
export interface CacheQuery {
  key: string
  policy: CachePolicy
  /** `in_place_of_error`: every candidate has failed, and an old answer is better than none. */
  purpose: 'answer' | 'in_place_of_error'
  /** As of CircuitQuery. */
  at?: number | undefined
  /** May this request start a renewal, if one is due? */
  mayRenew: boolean
  /** What the answer has to satisfy. */
  request: Pick<GenerationRequest, 'output' | 'tools'>
  /** Whose request it is. */
  tenant?: string | null | undefined
}

/** What `lookupCache` recorded. */
export interface CacheHit {
  answer: Answer
  target: string
  ageMs: number
  /** It is to be renewed, and this generation is the one to do it. */
  renew: boolean
}

export interface CallProviderInput {
  generationId: string
  route: string
  candidate: Candidate
  /** The candidate's place in the route, from 0. */
  candidateIndex: number
  /** Is another candidate left? Then a long Retry-After is not waited for. */
  othersLeft: boolean
  request: GenerationRequest
  deadlineAt: number
  unsupportedParams: Route['unsupportedParams']
  /** Is the provider to stream? */
  streaming: boolean
  /** null: no circuit keeps it from being called. */
  circuit: Route['circuit']
  /** All others have failed: it is called although its circuit is open. */
  lastResort: boolean
  /** Where and for how long a whole answer is kept; null or absent: nowhere. */
  keep?: { key: string; policy: CachePolicy } | null | undefined
  /** Marks and keys for the provider's prompt cache. Absent: the caller's alone. */
  promptCache?: PromptCache | undefined
  /** Its first words are held back for so long (`Route.rescue`). Absent: they are not. */
  bufferMs?: number | undefined
  /** Its part of what its generation publishes. Absent: nothing is published. */
  stream?: CallStream | undefined
  /** Whose it is: a worker shares its slots among tenants. Absent: an older build scheduled it. */
  tenant?: string | null | undefined
  /**
   * Calls to this candidate in this pass before it gave way to another one. Absent: an older build scheduled it, and
   * could not start it again; it gives way to nobody.
   */
  callsBefore?: number | undefined
  /** Signal the workflow when so long has passed without an answer: the server's own timers may be too coarse. */
  dueAfterMs?: number | undefined
  /** As of GenerationInput. */
  logged?: Metadata | undefined
  trace?: TraceContext | undefined
  /** The attempts before this call's first: it goes on from what the express lane has begun. Absent: it begins. */
  before?: AttemptRecord[] | undefined
}

/** What a local activity is to call, of a route with `express`. */
export interface ExpressCall {
  call: CallProviderInput
  /** When it was scheduled, epoch milliseconds by Temporal's clock. */
  at: number
  /** It may have been made before. `lost`: by a worker that was lost. null: it is the first time. */
  again: 'lost' | 'maybe' | null
}

/** What `expressCall` recorded. `of`: which call it was, since a marker has no input. */
export type ExpressResult = {
  of: Pick<CallProviderInput, 'candidateIndex' | 'othersLeft' | 'lastResort' | 'callsBefore'> & {
    sequence: number
    at: number
  }
} & (
  | ({ type: 'answered' } & CallProviderResult)
  /** `retryInMs`: when the activity is to call again; null: it is not. */
  | { type: 'failed'; records: AttemptRecord[]; retryInMs: number | null }
  /** It made no call: the activity makes it. `lost`: another worker has begun it, and was lost. */
  | { type: 'handed_over'; lost: boolean }
)

export interface CallStream {
  /** Of the delivery log, and of those who run at the same time: the id of its chain's first run. */
  logId: string
  /** The n-th candidate that this generation has started, from 1. */
  sequence: number
  /** Does no other candidate run at the same time? */
  exclusive: boolean
  /** The sequences of those that run already. Absent: none. */
  beside?: number[] | undefined
}

/** As builds before 0.1.0 schedule a call. */
export type EarlierCallInput = Omit<CallProviderInput, 'stream' | 'streaming'> & {
  stream: boolean
  place?: { log: string; order: number; alone: boolean } | undefined
}

export interface CallProviderResult {
  answer: Answer
  /** Of the call's own attempts. */
  records: AttemptRecord[]
  /** The candidate that gave it, by its place in the route, where it is not the one that was called. */
  answeredBy?: number | undefined
  /** The records of the candidate that gave it, which may not live to report them. Builds before 0.1.0 had them as `records`. */
  winning?: AttemptRecord[] | undefined
  rescue?: Rescue | undefined
}

/**
 * Of a call of which Temporal knows no end: its worker is gone, or could not reach it before the deadline.
 * `candidateIndex` null: of no call, before the generation fails; a probe that was left may have answered since.
 */
export interface LastLook extends Pick<CallStream, 'logId' | 'sequence' | 'exclusive'> {
  candidateIndex: number | null
}

/** The answer that was committed all the same. `sequence`: of the call whose end was not known. */
export interface LateResult extends CallProviderResult {
  sequence: number
}

/** The activities, as the workflow sees them. */
export interface Activities {
  resolveRequest(unresolved: UnresolvedRequest, tenant: string | null): Promise<ResolvedRequest>
  /** null: nothing that could be served. */
  lookupCache(query: CacheQuery): Promise<CacheHit | null>
  readCircuits(query: CircuitQuery): Promise<CircuitSnapshot>
  callProvider(input: CallProviderInput | EarlierCallInput): Promise<CallProviderResult>
  /** A local activity: the first call of a candidate on a route with `express`. Rejects with CancelledFailure. */
  expressCall(express: ExpressCall): Promise<ExpressResult>
  /** null: nobody has answered; the call can't commit any longer. */
  lastLook(look: LastLook): Promise<LateResult | null>
}
