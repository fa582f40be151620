/** Every default of a route, in one place. Milliseconds. `docs/config.md` repeats them; a test compares. */
import type { CachePolicy, CircuitPolicy, RetryPolicy, Timeouts } from '../domain/routing/route'

const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE

/** Without a file beside it: `holdfast.yaml` in the working directory. */
export const DEFAULT_FILE = 'holdfast.yaml'
export const DEFAULT_ROUTE = 'default'

export const DEFAULT_TIMEOUTS: Timeouts = {
  // A TCP and TLS handshake takes well under 1 s; 5 s leaves room for two lost packets (retransmits at 1 s and 3 s).
  connectMs: 5 * SECOND,
  // Long answers of large models take one to two minutes.
  attemptMs: 120 * SECOND,
  // Queueing and a long prompt take seconds; half a minute of nothing means that it hangs.
  firstTokenMs: 30 * SECOND,
  // Tokens come every few ms to 100 ms, pauses of seconds occur; a 20 s gap is a dead stream.
  idleMs: 20 * SECOND,
  // Two missed heartbeats at half of it: soon enough for a waiting caller, late enough for a GC pause.
  workerLostMs: 10 * SECOND,
}

export const DEFAULT_RETRY: RetryPolicy = {
  // One retry rides out a blip; more only delays the fallback.
  maximumAttempts: 2,
  // About the time that a load balancer takes to leave a bad instance.
  initialIntervalMs: 500,
  backoffCoefficient: 2,
  maximumIntervalMs: 10 * SECOND,
  // A caller who waits would rather have another model than wait longer than this.
  maxWaitMs: 3 * SECOND,
  // Spreads the callers of one outage over the whole interval.
  jitter: 'full',
}

/** Not part of DEFAULT_CIRCUIT: a route that states `rate` alone is tripped by rate alone. */
// Five in a row by chance: once in 100,000 runs at a failure rate of 10 %.
export const DEFAULT_CONSECUTIVE = 5

export const DEFAULT_CIRCUIT: Omit<CircuitPolicy, 'consecutive' | 'rate'> = {
  // One probing call of the whole cluster in so long costs nothing, and most blips are over by then.
  openForMs: 10 * SECOND,
  // However long an outage was, its target is in use again within 30 s: this pause, and a probe that hung (decision 0022).
  maxOpenForMs: 10 * SECOND,
  // A call that may fail is better than none, when there is nothing else.
  whenAllOpen: 'try',
}

/** For a `circuit.rate` that leaves some out. */
export const DEFAULT_RATE = {
  threshold: 0.5,
  // Long enough to fill, short enough that old successes don't hide an outage.
  windowMs: 30 * SECOND,
  // Under 20 calls a share of failures says little.
  minimumCalls: 20,
}

/** Where a host keeps its state, from the working directory: the embedded server's, and the cache beside it. */
export const DEFAULT_DATA_FOLDER = '.holdfast'

/** Where answers are kept. */
export const DEFAULT_STORE = {
  // Survives a restart, and every process of the host has a part in it, without a server to run.
  store: 'disk',
  // Some 100,000 short answers; nobody misses so much memory or disk.
  maxBytes: 256 * 1024 ** 2,
} as const

/** Enough for a comparison within days on a busy route, and a cost that nobody notices. */
export const DEFAULT_SHADOW_SHARE = 0.01

/** For streams and early answers. */
export const DEFAULT_DELIVERY = {
  // Right where gateway and worker are one process, as under `holdfast up`, and no server to run.
  store: 'memory',
} as const

/** For a `payloads` that leaves some out. */
export const DEFAULT_PAYLOADS = {
  store: 'disk',
  // As Temporal's own external storage: below that a database row is cheaper than a file.
  overBytes: 256 * 1024,
  // A namespace of Temporal's keeps histories for 72 h by default, on Temporal Cloud for up to 90 days.
  keepForMs: 30 * 24 * HOUR,
  // A bucket may hold other things too.
  prefix: 'holdfast/',
} as const
/** Every payload of a generation would be an object. */
export const MIN_PAYLOAD_OVER = '16KB'

/** Nobody is given less than was promised: without Temporal an answer is not durable. */
export const DEFAULT_WHEN_TEMPORAL_DOWN = 'fail'
export const DEFAULT_WHEN_SPENT = 'refuse'

/** What callers and models say leaves the process for their providers alone. */
export const DEFAULT_TELEMETRY = { captureContent: false, propagateToProviders: false } as const

/** The largest answer, twice: below that a store could keep hardly any. */
export const MIN_CACHE_SIZE = '4MB'

/** For a route that has a `cache` at all; without one nothing is cached. */
export const DEFAULT_CACHE: CachePolicy = {
  ttlMs: HOUR,
  // A day-old answer beats an error; it is marked as stale.
  staleIfErrorMs: 24 * HOUR,
  // Off: a revalidation is a paid call that nobody waits for.
  staleWhileRevalidateMs: 0,
  // Off: two equal requests may want two different answers.
  coalesce: false,
}

export const DEFAULT_HEDGE = {
  // One call more at a time: it doubles the cost of a slow request, no more.
  max: 1,
  // Of all requests: a slow provider can't double the whole bill.
  budget: 0.1,
}

/** Longer than a weekend, and than most runs are kept. */
export const DEFAULT_PARK_MS = 7 * 24 * HOUR
export const MAX_PARK_MS = 30 * 24 * HOUR

/** For `rescue: buffer`: some 50 words at usual speeds, for one second more until the first (decision 0034). */
export const DEFAULT_RESCUE_BUFFER_MS = SECOND

// Longer than `timeouts.attempt` plus a fallback's, short enough for an HTTP caller to wait.
export const DEFAULT_DEADLINE_MS = 5 * MINUTE
// What a caller may set without the route saying so: a job that may wait out a provider's outage.
export const DEFAULT_MAX_DEADLINE_MS = 24 * HOUR
// Who waits wants the error; batch routes raise it.
export const DEFAULT_PASSES = 1

/** Node's timers overflow above 2^31 ms (24.8 days); a call that takes a day is broken anyway. */
export const MAX_TIMEOUT_MS = 24 * HOUR
/** Under a second a busy worker would be taken for a dead one. */
export const MIN_WORKER_LOST_MS = SECOND
/** Each call costs money; over 20 to one target is surely a slip. */
export const MAX_ATTEMPTS = 20
export const MAX_PASSES = 1_000
/** Room for any share that somebody means; above it a sum would lose the small ones. */
export const MAX_WEIGHT = 1_000_000
/** A list of candidates that has more of them is a slip. */
export const MAX_RANK = 100

/**
 * Where the file has no `providers`. OpenAI's models from 5.4 on take function tools and reasoning together in its
 * Responses API alone (decision 0029); those that only chat have `api` among their facts.
 */
export const BUILT_IN_PROVIDERS = {
  openai: { api: 'openai-responses', baseUrl: 'https://api.openai.com/v1', apiKeyEnv: 'OPENAI_API_KEY' },
  anthropic: {
    api: 'anthropic-messages',
    baseUrl: 'https://api.anthropic.com/v1',
    apiKeyEnv: 'ANTHROPIC_API_KEY',
  },
  together: { api: 'openai-chat', baseUrl: 'https://api.together.xyz/v1', apiKeyEnv: 'TOGETHER_API_KEY' },
  google: {
    api: 'gemini',
    baseUrl: 'https://generativelanguage.googleapis.com/v1beta',
    apiKeyEnv: 'GEMINI_API_KEY',
  },
} as const

/**
 * Where the file has neither `providers` nor `routes`: the current general models of OpenAI and Anthropic
 * (2026-11-28; GPT-5 and Claude Sonnet 4.5 are about to be shut down, Together's Llama 3.3 was in October), and an open one. Anthropic's API wants a limit on
 * the answer; its models' thinking counts towards it. A request's own `maxTokens` wins.
 */
export const BUILT_IN_ROUTES = {
  [DEFAULT_ROUTE]: {
    candidates: [
      'openai/gpt-6.1-sol',
      { target: 'anthropic/claude-sonnet-5-5', params: { maxTokens: 16_000 } },
      'together/openai/gpt-oss-120b',
    ],
  },
}

/** Where AWS's own tools look as well. */
export const DEFAULT_CREDENTIALS_ENV = {
  accessKeyId: 'AWS_ACCESS_KEY_ID',
  secretAccessKey: 'AWS_SECRET_ACCESS_KEY',
  sessionToken: 'AWS_SESSION_TOKEN',
}
