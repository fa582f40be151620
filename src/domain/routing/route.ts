/**
 * A route after defaults, overrides and facts are settled: total, in milliseconds, plain JSON.
 * It goes into the workflow's input whole, so that a config edit can't change a run under way.
 */
import type { PromptCache } from '../request/prompt-cache'
import type { Params, ReasoningEffort } from '../request/request'

export interface Timeouts {
  connectMs: number
  /** The whole call, from the socket to the last byte. */
  attemptMs: number
  /** Streamed calls: from the request's end to the first token. */
  firstTokenMs: number
  /** Streamed calls: the longest silence between two tokens. */
  idleMs: number
  /** How long a worker may be silent before its call is given to another: the heartbeat timeout. */
  workerLostMs: number
}

/** Behind a shadow's id, and behind its route's name: nobody else's ends so. */
export const SHADOW_SUFFIX = '~shadow'

export interface RetryPolicy {
  /** Calls to one candidate in one pass, the first included. */
  maximumAttempts: number
  initialIntervalMs: number
  backoffCoefficient: number
  maximumIntervalMs: number
  /** The longest Retry-After that is waited for while another candidate, or another pass, is left. */
  maxWaitMs: number
  /** `full`: anywhere from 0 to the interval. A number: up to so many milliseconds on top. */
  jitter: 'full' | 'none' | number
  /** Of the route's calls to this target at most so many are retries, 0 to 1, as each worker counts them. Absent: as many as its attempts allow. */
  budget?: number | undefined
}

export interface CircuitPolicy {
  /** So many failures in a row open it. Absent where `rate` decides. */
  consecutive?: number | undefined
  rate?: { threshold: number; windowMs: number; minimumCalls: number } | undefined
  openForMs: number
  maxOpenForMs: number
  whenAllOpen: 'try' | 'fail' | 'wait'
}

export interface CachePolicy {
  ttlMs: number
  staleIfErrorMs: number
  staleWhileRevalidateMs: number
  coalesce: boolean
}

/** What is known of a model. Absent means unknown, and unknown never drops a candidate. */
export interface ModelFacts {
  contextTokens?: number | undefined
  maxOutputTokens?: number | undefined
  images?: boolean | undefined
  tools?: boolean | undefined
  jsonSchema?: boolean | undefined
  /** Does it go on from a last assistant message? */
  prefill?: boolean | undefined
  /** The words for `reasoningEffort` that it takes; another one is sent as the nearest of them. */
  efforts?: ReasoningEffort[] | undefined
  /** What it does where the request says nothing of effort. Absent: it reasons. */
  defaultEffort?: ReasoningEffort | undefined
  /** Does it take temperature, top-p and top-k? `without-reasoning`: only where the effort is `none`. */
  sampling?: 'always' | 'without-reasoning' | 'never' | undefined
  /** Can it be made to call a tool? */
  forcedTools?: boolean | undefined
  /** The day on which its provider shuts it down, `2026-12-11`, in UTC. */
  shutdownAt?: string | undefined
  /** Whose vectors it makes, where other targets name the same model otherwise. Absent: its own name. */
  sharesModel?: string | undefined
  /** How many numbers a vector of its has, where none are requested. */
  dimensions?: number | undefined
  /** US dollars per million tokens. */
  inputPerMillion?: number | undefined
  cachedInputPerMillion?: number | undefined
  cacheWritePerMillion?: number | undefined
  longCacheWritePerMillion?: number | undefined
  outputPerMillion?: number | undefined
}

export interface Candidate {
  /** `provider/model`. The model may hold slashes itself. */
  target: string
  provider: string
  model: string
  params: Params
  /** Extra request headers, `${ENV}` not yet filled in: only the worker knows secrets. */
  headers: { [name: string]: string }
  timeouts: Timeouts
  retry: RetryPolicy
  facts: ModelFacts
  /** Calls go on at the provider when nobody listens, and are read on after a loss. Absent: they end with their connection. */
  background?: true | undefined
  /** Of `order: weighted`: its share of the first places, by the sum of its rank's. 0: behind the others. Absent: 1. */
  weight?: number | undefined
  /** From 1. Candidates of one rank are ordered among themselves; the next rank stands behind. Absent: 1. */
  rank?: number | undefined
  /** What of it is the caller's doing. Absent: nothing, it is as configured. */
  byCaller?: ByCaller | undefined
}

export interface ByCaller {
  /** The config does not name the target. */
  target?: true | undefined
  /** The route's own timeouts, where the caller has shortened some. */
  timeouts?: Timeouts | undefined
}

export type Strategy =
  | { type: 'sequence' }
  | { type: 'race' }
  /** `budget`: the share of requests (0 to 1) that may be hedged. */
  | { type: 'hedge'; afterMs: number; max: number; budget: number }

/**
 * How the candidates of a rank are ordered. `weighted`: drawn by their weights. `latency`: by how long their calls took of late.
 * `cost`: by what the request may cost there.
 */
export const ORDERS = ['weighted', 'latency', 'cost'] as const

export type Order = (typeof ORDERS)[number]

/** By what requests keep to a deployment: a field of the request, or the value of one key of its metadata. */
export type Sticky = 'promptCacheKey' | 'user' | 'conversation' | `metadata:${string}`

/** A target that gets some requests as well, after their answer: to be compared, never to be served. */
export interface Shadow {
  candidate: Candidate
  /** Of the route's requests, over 0 up to 1. */
  share: number
}

export interface Park {
  forMs: number
  /** PLAN-4. Absent: a build that did not know it began the generation, and its history goes the other way. */
  noLastResort?: true | undefined
}

export interface Route {
  name: string
  /** Its candidates are one model, which makes vectors. Absent: they answer messages. */
  kind?: 'embeddings' | undefined
  candidates: Candidate[]
  strategy: Strategy
  /** Absent: as they are listed. */
  order?: Order | undefined
  /** Of `order: weighted`: requests with the same key are drawn alike. Absent: each request by itself. */
  sticky?: Sticky | undefined
  deadlineMs: number
  /** The first call of each candidate is a local activity (docs/express.md). Absent: all are activities. */
  express?: true | undefined
  /** The longest deadline that a request may set instead. Absent: `deadlineMs`. */
  maxDeadlineMs?: number | undefined
  /** How often the candidates are gone through before the generation fails. */
  passes: number
  /** null: no circuits; every candidate is always called. */
  circuit: CircuitPolicy | null
  /** null: not cached. */
  cache: CachePolicy | null
  fallbackOnRefusal: boolean
  unsupportedParams: 'fail' | 'drop'
  upstream: 'as-caller' | 'stream'
  /** Marks and keys for the providers' prompt caches. Absent: the caller's alone. */
  promptCache?: PromptCache | undefined
  /** Where nobody can answer for lack of a valid key it waits for one, so long at most. Absent: it fails. */
  park?: Park | undefined
  /** Streams: the first words are held back for so long, so that an answer cut before is made anew. Absent: they are not. */
  rescue?: { bufferMs: number } | undefined
  /** Absent: none; so it is in every workflow's input, which holds the shadow of the one request (`GenerationInput`). */
  shadow?: Shadow | undefined
}

/** All that these routes may call, shadows too; a target of several routes stands there several times. */
export const candidatesOf = (routes: { readonly [name: string]: Route }): Candidate[] =>
  Object.values(routes).flatMap(({ candidates, shadow }) =>
    shadow === undefined ? candidates : [...candidates, shadow.candidate],
  )
