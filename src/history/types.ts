/**
 * One generation as its history has recorded it: plain JSON, for people, for scripts and for tests. Instants are epoch
 * milliseconds; `offsetMs` counts from `startedAt`. Events are timed by the server's clock, attempts by their worker's.
 */
import type { ErrorKind, GenerationInput, ProviderUnusable, Served } from '../contract/generation'
import type { CacheControl } from '../domain/caching/cache'
import type { Failure, FailureClass } from '../domain/failures/failure'
import type { Metadata } from '../domain/request/metadata'
import type { TargetLatency } from '../domain/routing/latency'
import type { Blocked, Dropped } from '../domain/routing/plan'
import type { Order, Route } from '../domain/routing/route'
import type { Answer, FinishReason, Usage } from '../domain/streaming/answer'
import type { Rescue } from '../domain/streaming/resume'

export interface Run {
  id: string
  /** Of the last run that was given. */
  runId: string
  /** The workflow code that took the latest task; null: no worker has taken one yet. */
  build: string | null
  /** The runs of its chain that were given, the oldest first. */
  runs: RunSpan[]
  taskQueue: string
  tenant: string | null
  /** Of the request that began it; empty: it had none. */
  metadata: Metadata
  /** The workflow that started it as a child; null: a client did. */
  parent: { workflowId: string; runId: string } | null
  /** As resolved; null: a worker was to resolve it, and has not. */
  route: Route | null
  request: RequestFacts | null
  /** What it ran with, the request itself included; null: as `route`. */
  input: GenerationInput | null
  /** When the first run of its chain was started, as far as is recorded. */
  startedAt: number
  deadlineAt: number | null
  /** null: it has not ended. */
  endedAt: number | null
  durationMs: number | null
  cache: CacheLookup[]
  plans: RunPlan[]
  hedges: HedgeQuery[]
  /** In order of start. */
  attempts: Attempt[]
  waits: Wait[]
  cancels: Cancel[]
  renewals: Renewal[]
  taskFailures: TaskFailure[]
  outcome: RunOutcome
  /** What the caller got; null: nothing. */
  answer: Answer | null
  /** US dollars for all attempts whose price and usage are known; null: for none of them. */
  costUsd: number | null
}

export interface RunSpan {
  runId: string
  startedAt: number
  endedAt: number | null
  builds: string[]
  events: number
}

/** What a request is like, without its content. */
export interface RequestFacts {
  messages: number
  /** Texts whose vectors are wanted. */
  inputs: number
  /** Of all texts, those of the messages and the inputs; what is given as ids of tokens has none. */
  characters: number
  images: number
  tools: number
  /** The answer is to be JSON of a schema. */
  schema: boolean
  streaming: boolean
  maxOutputTokens: number | null
  cacheControl: CacheControl | null
}

/** What a worker, or the caller at the start, knew of the providers when the plan was made. */
export interface RunPlan {
  at: number
  offsetMs: number
  /** `unread`: no worker could read the circuits, so that no candidate was kept out. */
  source: 'worker' | 'caller' | 'unread'
  unusable: ProviderUnusable[]
  blocked: Blocked[]
  /** How long calls took, as it was seen; none: it was not asked for. */
  latencies: TargetLatency[]
  /** What the candidates were ordered by. */
  order: PlanOrder
  /** Targets, in the order in which they were to be called. */
  ready: string[]
  /** Targets whose circuits are open, to be called when all others have failed. */
  lastResort: string[]
  /** Those that were not to be called, and why. */
  dropped: Dropped[]
}

export interface PlanOrder {
  /** `given`: as the route lists them. */
  type: 'given' | Order
  /** By the key of the request, as requests with the same key are. */
  sticky: boolean
  /** Before circuits and what the request needs were looked at. */
  standings: NamedStanding[]
}

export interface NamedStanding {
  target: string
  /** Milliseconds; null: not measured. Absent: not ordered by latency. */
  ms?: number | null | undefined
  /** It stood first to be measured again. */
  again?: true | undefined
  /** US dollars that the request was expected to cost; null: no price is known. Absent: not ordered by cost. */
  usd?: number | null | undefined
}

export interface CacheLookup {
  at: number
  offsetMs: number
  purpose: 'answer' | 'in_place_of_error'
  /** null: nothing that could be served. */
  hit: { target: string; ageMs: number; renew: boolean } | null
  /** Why it could not be read; null: it could. */
  error: string | null
}

/** A hedge was due, and the route's budget was queried. */
export interface HedgeQuery {
  at: number
  offsetMs: number
  allowed: boolean
}

/**
 * `first`: of the generation. `retry`: the same target again, after its own failure. `fallback`: another candidate, since
 * the one before has failed or could not be called. `hedge`: beside one that has not answered yet. `race`: beside the
 * others from the start. `next_pass`: the first of a later pass.
 */
export type AttemptKind = 'first' | 'retry' | 'fallback' | 'hedge' | 'race' | 'next_pass'

export interface Attempt {
  /** Place of the target in the route, from 0. */
  candidate: number
  target: string
  kind: AttemptKind
  /** Which attempt of its call, from 1. */
  number: number
  /** Which call of the generation it belongs to, from 1; null: of an earlier run that was not given. */
  call: number | null
  /** Place in `plans` of the plan that it was made by; null: not known. */
  plan: number | null
  /** It was called although its circuit was open, since all others had failed. */
  lastResort: boolean
  startedAt: number
  offsetMs: number
  /** null: it has not ended. */
  durationMs: number | null
  outcome: 'answered' | 'failed' | 'cancelled' | 'running'
  /** Its answer is the generation's. */
  served: boolean
  /** Of `failed` and `cancelled`. `retryAfterMs` is the pause that the provider requested. */
  failure: Failure | null
  /** How long the next attempt of its call was put off; null: there was to be none. */
  retryInMs: number | null
  usage: Usage | null
  /** What it may have used, where `usage` is not all of it; null: it is, or nothing is known. */
  estimate: Usage | null
  /** It has not reached a model, as is recorded: no provider charges for that. */
  unbilled: boolean
  costUsd: number | null
  /** It read on what an earlier attempt had begun at the provider: nothing was sent, or paid, again. */
  adopted: boolean
  /** What its provider calls the request; null: it has not said. */
  requestId: string | null
  /** How long its call lay in the queue before its first attempt; null: not known, or not the first. */
  queuedMs: number | null
  /** The worker that ran the call's last attempt; null: not known. */
  worker: string | null
}

/**
 * `retry_after`: what the provider requested. `backoff`: the pause before a retry. `slot`: for a slot of a worker. `limit`: for room in a limit of the provider's.
 * `payloads`: for the payload store, which did not give the request.
 * `pass`: the pause before the next pass. `circuit`: for a circuit that is open or held. `hedge`: till the next candidate
 * may start beside those that run. `worker`: for a worker that takes the workflow or the call.
 */
export type WaitReason =
  | 'retry_after'
  | 'backoff'
  | 'slot'
  | 'limit'
  | 'payloads'
  | 'pass'
  | 'circuit'
  | 'hedge'
  | 'worker'
  | 'key'

export interface Wait {
  reason: WaitReason
  /** What was waited for; none: nothing by name. */
  targets: string[]
  startedAt: number
  offsetMs: number
  /** When it is to end at the latest; null: not known. */
  until: number | null
  /** null: it has not ended. */
  durationMs: number | null
  /** `time`: it ran to its end. `signal`: the circuits had changed. `other`: something else came first, an answer or a cancel. */
  endedBy: 'time' | 'signal' | 'other' | null
}

export interface Cancel {
  at: number
  offsetMs: number
  /** `caller`: of the whole generation. `race`: of one call, since another one has answered. */
  by: 'caller' | 'race'
  target: string | null
  /** Who, or why, where it is recorded. */
  cause: string | null
}

/** A cached answer was to be renewed, by a generation of its own. */
export interface Renewal {
  at: number
  offsetMs: number
  id: string
}

export interface TaskFailure {
  at: number
  offsetMs: number
  cause: string
  message: string
}

export type RunOutcome =
  | {
      type: 'answered'
      target: string
      served: Served
      /** null: it is new. */
      cacheAgeMs: number | null
      rescue: Rescue | null
      finishReason: FinishReason
      usage: Usage | null
      /** Of the answering call. */
      costUsd: number | null
    }
  /** `kind: null`: it ended by an error that is none of Holdfast's. */
  | {
      type: 'failed'
      kind: ErrorKind | null
      message: string
      failureClass: FailureClass | null
      retryAt: number | null
    }
  | { type: 'cancelled'; message: string }
  | { type: 'terminated'; message: string }
  /** Temporal's own timeout of the whole run. */
  | { type: 'timed_out'; message: string }
  /** By a run whose history was not given. */
  | { type: 'continued'; runId: string }
  | { type: 'running'; next: Next }

/**
 * What a run that has not ended does. `call`: calls are under way. `wait`: as the last of `waits` says. `worker`: no worker
 * takes its task. `stuck`: its task fails again and again.
 */
export interface Next {
  type: 'call' | 'wait' | 'worker' | 'stuck'
  targets: string[]
  /** Since when. */
  at: number
  until: number | null
  message: string | null
}
