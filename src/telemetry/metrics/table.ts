/**
 * All metrics of Holdfast's own, by name: what dashboards, alerts and docs use is from this table (docs/metrics.md shows it).
 *
 * TABLE-1 Labels have few values. None is free text: routes, targets and providers that callers or runs make up are
 *    counted as `other` (names.ts), and no label holds a word of a prompt, an answer, an error or a key.
 * TABLE-2 Each thing is counted once, by the process in which it happens (docs/metrics.md says which one).
 */

interface Metric {
  type: 'counter' | 'gauge' | 'histogram'
  help: string
  labels: readonly string[]
  /** Of a histogram. */
  buckets?: readonly number[]
}

/** Seconds, from a cache's answer to a long report. */
const SECONDS = [0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1, 1.5, 2.5, 4, 6, 10, 15, 30, 60, 120, 300]
/** Seconds of a generation: some wait for hours. */
const LONG_SECONDS = [...SECONDS, 1_800, 7_200, 86_400]
/** Seconds that a call waits for a worker. */
const QUEUE_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60]

export const METRICS = {
  holdfast_attempts_total: {
    type: 'counter',
    help: 'Attempts that have ended: answered, or the class of the failure',
    labels: ['target', 'outcome'],
  },
  holdfast_attempt_duration_seconds: {
    type: 'histogram',
    help: 'How long attempts took that called a provider: answered, or failed',
    labels: ['target', 'outcome'],
    buckets: SECONDS,
  },
  holdfast_attempt_first_token_seconds: {
    type: 'histogram',
    help: 'From the begin of a streamed call to its first text, reasoning or tool call',
    labels: ['target'],
    buckets: SECONDS,
  },
  holdfast_generations_total: {
    type: 'counter',
    help: 'Generations that have ended, by route, outcome (answered, or the kind of the error), what served them and whose answer it was',
    labels: ['route', 'outcome', 'served', 'target'],
  },
  holdfast_generation_duration_seconds: {
    type: 'histogram',
    help: 'From the begin of a generation to its end',
    labels: ['route'],
    buckets: LONG_SECONDS,
  },
  holdfast_fallbacks_total: {
    type: 'counter',
    help: 'Candidates that were started because another one had failed',
    labels: ['route', 'from', 'to'],
  },
  holdfast_hedges_total: {
    type: 'counter',
    help: 'Hedges that were started, and those that answered first (won)',
    labels: ['route', 'outcome'],
  },
  holdfast_parked_total: {
    type: 'counter',
    help: 'Generations that began to wait for a valid key of this provider (onUnauthorized: park)',
    labels: ['route', 'provider'],
  },
  holdfast_circuit_state: {
    type: 'gauge',
    help: "Circuits as this worker sees them, of targets and of providers' accounts: 1 for the state it is in, 0 for the others",
    labels: ['target', 'state'],
  },
  holdfast_circuit_transitions_total: {
    type: 'counter',
    help: 'Changes of a circuit to this state, counted by the worker that ran the step of its entity',
    labels: ['target', 'to'],
  },
  holdfast_circuits_unreadable_total: {
    type: 'counter',
    help: "Reads of a provider's circuits that failed, while the worker went on by its own view",
    labels: ['provider'],
  },
  holdfast_holds: {
    type: 'gauge',
    help: 'Pauses that a provider requested, in force now: of models and accounts (target), and of API keys (key)',
    labels: ['provider', 'scope'],
  },
  holdfast_limit_wait_seconds: {
    type: 'histogram',
    help: "How long calls waited for their turn within their provider's limits, of those that had to wait",
    labels: ['target'],
    buckets: QUEUE_SECONDS,
  },
  holdfast_limit_used_ratio: {
    type: 'gauge',
    help: "How much of a provider's limit is used, by all workers as far as this one knows: 1 is all of it. Of several keys and windows the fullest. Of a limit over all models the target is the provider",
    labels: ['target', 'unit'],
  },
  holdfast_permits_total: {
    type: 'counter',
    help: 'Requests of a permit to probe a circuit: granted, refused, or unanswered',
    labels: ['provider', 'outcome'],
  },
  holdfast_budget_used_ratio: {
    type: 'gauge',
    help: "What of a tenant's budget was used in the window that runs, as this worker knows it: 1 is all of it",
    labels: ['tenant', 'window', 'unit'],
  },
  holdfast_budget_refusals_total: {
    type: 'counter',
    help: "Times that a tenant's budget had no room for a generation: it was refused, or waits",
    labels: ['tenant', 'unit'],
  },
  holdfast_cache_operations_total: {
    type: 'counter',
    help: 'Operations on the cache, by outcome (hit, miss, error)',
    labels: ['operation', 'outcome'],
  },
  holdfast_retry_budget_exhausted_total: {
    type: 'counter',
    help: "Retries that a route's retryBudget had no room for: the call went to the next candidate, or failed",
    labels: ['route'],
  },
  holdfast_rescues_total: {
    type: 'counter',
    help: 'Cut answers that another call made whole (prefill, prefix, restart), and streams that ended in an error after text was sent (failed)',
    labels: ['kind'],
  },
  holdfast_tokens_total: {
    type: 'counter',
    help: 'Tokens of all attempts, as reported by providers: input (with cache_read and cache_write), output',
    labels: ['target', 'direction'],
  },
  holdfast_cost_usd_total: {
    type: 'counter',
    help: 'US dollars of all attempts, where prices are known',
    labels: ['route', 'target'],
  },
  holdfast_queue_latency_seconds: {
    type: 'histogram',
    help: 'How long calls waited for a worker, from their schedule to their start',
    labels: [],
    buckets: QUEUE_SECONDS,
  },
  holdfast_calls_in_flight: {
    type: 'gauge',
    help: 'Slots of this worker that calls to a provider hold',
    labels: ['provider'],
  },
  holdfast_cancellations_pending: {
    type: 'gauge',
    help: 'Cancellations of generations whose callers have gone, that Temporal has not taken yet',
    labels: [],
  },
  holdfast_cancellations_total: {
    type: 'counter',
    help: 'Cancellations of generations whose callers have gone, by how they ended (done, failed)',
    labels: ['outcome'],
  },
  holdfast_delivery_entries_total: {
    type: 'counter',
    help: 'Entries that calls wrote into the delivery log',
    labels: [],
  },
  holdfast_delivery_errors_total: {
    type: 'counter',
    help: 'Writes into the delivery log that its store failed',
    labels: [],
  },
  holdfast_delivery_logs_open: {
    type: 'gauge',
    help: 'Calls that write into a delivery log now',
    labels: [],
  },
  holdfast_provider_usable: {
    type: 'gauge',
    help: 'Can this process call the provider: 1, or 0 where a key or another variable is not set',
    labels: ['provider'],
  },
  holdfast_model_shutdown_timestamp_seconds: {
    type: 'gauge',
    help: 'When the provider shuts the model down, for targets of routes where that day is known',
    labels: ['target'],
  },
  holdfast_route_candidate: {
    type: 'gauge',
    help: 'Always 1: the target is a candidate of the route, in the config of a process that calls providers',
    labels: ['route', 'target'],
  },
  holdfast_drill_last_success: {
    type: 'gauge',
    help: 'Did the last run of the drill pass: 1 or 0',
    labels: ['drill'],
  },
  holdfast_drill_last_run_timestamp_seconds: {
    type: 'gauge',
    help: 'When the drill was last run to its end',
    labels: ['drill'],
  },
  holdfast_http_requests_total: {
    type: 'counter',
    help: 'HTTP requests to the gateway, by route pattern',
    labels: ['route', 'method', 'status'],
  },
  holdfast_http_request_duration_seconds: {
    type: 'histogram',
    help: 'From the arrival of an HTTP request to its end',
    labels: ['route', 'method'],
    buckets: SECONDS,
  },
  holdfast_http_requests_in_flight: {
    type: 'gauge',
    help: 'HTTP requests under /v1 that have not ended',
    labels: [],
  },
  holdfast_keys_reload_failures_total: {
    type: 'counter',
    help: 'Looks at the changed file of API keys (HOLDFAST_KEYS_FILE) that could not use it: the last good keys stay in force',
    labels: [],
  },
  holdfast_streams_open: {
    type: 'gauge',
    help: 'Event streams of the gateway that are open',
    labels: [],
  },
  holdfast_time_to_first_token_seconds: {
    type: 'histogram',
    help: 'From the arrival of an HTTP request to its first streamed token',
    labels: ['route'],
    buckets: SECONDS,
  },
} as const satisfies { [name: string]: Metric }

export type MetricName = keyof typeof METRICS
type NamesOf<Type extends Metric['type']> = {
  [Name in MetricName]: (typeof METRICS)[Name]['type'] extends Type ? Name : never
}[MetricName]
export type CounterName = NamesOf<'counter'>
export type GaugeName = NamesOf<'gauge'>
export type HistogramName = NamesOf<'histogram'>
/** All labels of a metric, each with a value. */
export type LabelsOf<Name extends MetricName> = Record<(typeof METRICS)[Name]['labels'][number], string>
