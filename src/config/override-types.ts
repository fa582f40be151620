/** What one request may change of its route, as a caller writes it. `override.ts` checks it, and a test keeps the two equal. */

/** Durations as text: `250ms`, `1.5s`, `5m`, `24h`, `7d`. */
export interface Override {
  /** The whole generation, at most the route's `maxDeadline`. Default: the route's `deadline`. */
  deadline?: string | undefined
  /** For every candidate that is left; one that has less keeps it. Default: the candidates' own. */
  timeouts?: OverrideTimeouts | undefined
  /** For every candidate that is left. Default: the candidates' own. */
  retry?: OverrideRetry | undefined
  /** Targets among the route's, in the order wanted; one at least. Default: all, in the route's order. */
  candidates?: string[] | undefined
  /** false: not from the cache and not into it. Default: the route's. */
  cache?: false | OverrideCache | undefined
}

export interface OverrideTimeouts {
  /** Until the connection to the provider stands. Default: the candidate's. */
  connect?: string | undefined
  /** One call in all; it shortens the others. Default: the candidate's. */
  attempt?: string | undefined
  /** Of a streamed call, until the first word. Default: the candidate's. */
  firstToken?: string | undefined
  /** Of a streamed call, between two words. Default: the candidate's. */
  idle?: string | undefined
}

export interface OverrideRetry {
  /** Calls to one candidate at most, the first one included; 1 or more. Default: the candidate's. */
  maximumAttempts?: number | undefined
  /** The longest Retry-After that is waited for while another candidate is left; `0s`: none. Default: the candidate's. */
  maxWait?: string | undefined
}

/** On a route that has a cache. */
export interface OverrideCache {
  /** How old an answer may be. Default: the route's. */
  ttl?: string | undefined
  /** How old one may be where every candidate has failed; `0s`: none. Default: the route's. */
  staleIfError?: string | undefined
  /** How old one may be while a new one is made behind it; `0s`: none. Default: the route's. */
  staleWhileRevalidate?: string | undefined
  /** false: shares no generation with equal requests in flight. Default: the route's. */
  coalesce?: boolean | undefined
}
