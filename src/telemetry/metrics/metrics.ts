/**
 * What is counted, as functions: the rest of Holdfast knows neither names nor labels of metrics.
 *
 * METRICS-1 A gauge that is read at a scrape is the sum, or the latest, of all workers of this process that run.
 */
import { type Config, type Env, formatDuration, unusableProviders } from '../../config'
import type { LimitState } from '../../domain/budgets/budgets-report'
import type { CircuitState } from '../../domain/circuits/circuits-report'
import { FAILURE_CLASSES, ruleOf } from '../../domain/failures/failure'
import type { AttemptRecord } from '../../domain/routing/attempt'
import { costUsd } from '../../domain/routing/cost'
import { candidatesOf, type ModelFacts } from '../../domain/routing/route'
import type { Usage } from '../../domain/streaming/answer'
import type { Rescue } from '../../domain/streaming/resume'
import type { CacheEvent } from '../../stores/cache'
import { type Bounds, boundsOf } from './bounds'
import { createNames, OTHER } from './names'
import { type Collect, createMetricRegistry } from './registry'

/** What `holdfast_circuit_state` says of one: that a circuit is watched is no state of its own here. */
const STATES = ['closed', 'open', 'half_open', 'held', 'forced_open', 'forced_closed'] as const
type State = (typeof STATES)[number]

const RESCUE_KINDS = ['prefill', 'prefix', 'restart', 'failed'] as const satisfies readonly (
  | Rescue
  | 'failed'
)[]

export interface EndedAttempt {
  /** The route's name. */
  route: string
  record: AttemptRecord
  /** Of its candidate, for the cost. */
  facts: ModelFacts
}

/** What a call has cost. */
export interface Paid extends Pick<EndedAttempt, 'route' | 'facts'> {
  target: string
  /** null: the provider reported none. */
  usage: Usage | null
}

export interface EndedGeneration {
  route: string
  /** `answered`, or the kind of the error. */
  outcome: string
  /** null: nothing served it. */
  served: string | null
  /** Whose answer it was; null: nobody's. */
  target: string | null
  totalMs: number
}

/** A circuit, of a model or (`scope: null`) of the account. `held`: a hold stands there, whatever its state. */
interface KnownCircuit {
  scope: string | null
  state: CircuitState['state']
  held: boolean
}

/** Of a worker, or of another process: what is read of it at each scrape. Absent: it has none. */
export interface MetricSource {
  /** The providers' circuits as they are known, by provider. */
  circuits?: () => Iterable<readonly [provider: string, readonly KnownCircuit[]]>
  /** The limits of the tenants' budgets, by tenant. */
  budgets?: () => Iterable<readonly [tenant: string, readonly LimitState[]]>
  /** API keys that are held now, by provider. */
  heldKeys?: () => Iterable<readonly [provider: string, number]>
  /** Slots that calls hold, by provider. */
  callsInFlight?: () => Iterable<readonly [provider: string, number]>
  /** How full the providers' limits are, 0 to 1 and over. `target`: or the provider, of one over all models. */
  limits?: () => Iterable<{ target: string; unit: string; ratio: number }>
  /** Cancellations that nobody waits for: of the process. */
  cancellations?: () => { pending: number; done: number; failed: number }
  /** HTTP requests that have not ended. */
  httpRequestsInFlight?: () => number
  /** Text of metrics that another library keeps, in Prometheus' form; empty: it can't be had. Must not reject. */
  text?: () => Promise<string>
}

export type Metrics = ReturnType<typeof createMetrics>

/** One for a process (`processMetrics`); tests have one for each stack. */
export function createMetrics() {
  const names = createNames()
  const sources = new Set<MetricSource>()
  const targets = new Set<string>()
  /** What configs bound stands at 0 until a worker knows more of it. */
  const bounds: Bounds[] = []

  const circuitStates: Collect<'holdfast_circuit_state'> = (set) => {
    // A circuit that never had anything to report is unknown to everybody, and closed.
    const states = new Map<string, State>([...targets].map((target) => [target, 'closed']))
    for (const { circuits } of sources)
      for (const [provider, known] of circuits?.() ?? [])
        for (const { scope, state } of known) {
          const name = names.circuit(scope === null ? provider : `${provider}/${scope}`)
          if (name !== OTHER) states.set(name, state === 'watched' ? 'closed' : state)
        }
    for (const [target, state] of states)
      for (const one of STATES) set({ target, state: one }, one === state ? 1 : 0)
  }
  const holds: Collect<'holdfast_holds'> = (set) => {
    const held = new Tally()
    for (const { circuits, heldKeys } of sources) {
      for (const [provider, known] of circuits?.() ?? [])
        held.add([names.provider(provider), 'target'], known.filter((one) => one.held).length)
      for (const [provider, count] of heldKeys?.() ?? []) held.add([names.provider(provider), 'key'], count)
    }
    for (const [[provider, scope], count] of held.all()) set({ provider, scope }, count)
  }
  const budgets: Collect<'holdfast_budget_used_ratio'> = (put) => {
    for (const labels of bounds.flatMap((one) => one.budgets)) put(labels, 0)
    for (const source of sources)
      for (const [tenant, limits] of source.budgets?.() ?? [])
        for (const { windowMs, unit, limit, used } of limits) {
          const labels = { tenant: names.tenant(tenant), window: formatDuration(windowMs), unit }
          if (labels.tenant !== OTHER && limit > 0) put(labels, used / limit)
        }
  }
  const callsInFlight: Collect<'holdfast_calls_in_flight'> = (set) => {
    const inFlight = new Tally()
    for (const source of sources)
      for (const [provider, count] of source.callsInFlight?.() ?? [])
        inFlight.add([names.provider(provider), ''], count)
    for (const [[provider], count] of inFlight.all()) set({ provider }, count)
  }
  const limitsUsed: Collect<'holdfast_limit_used_ratio'> = (set) => {
    const fullest = new Map<string, { target: string; unit: string; ratio: number }>()
    const configured = bounds.flatMap((one) => one.limits).map((one) => ({ ...one, ratio: 0 }))
    for (const limits of [configured, ...[...sources].map((source) => source.limits?.() ?? [])])
      for (const { target: given, unit, ratio } of limits) {
        const target = names.circuit(given)
        const key = `${target}\n${unit}`
        if (ratio >= (fullest.get(key)?.ratio ?? 0)) fullest.set(key, { target, unit, ratio })
      }
    for (const { target, unit, ratio } of fullest.values()) set({ target, unit }, ratio)
  }
  /** It is the process' own, whoever has named it: once. */
  const cancellations = () =>
    [...sources].find((source) => source.cancellations !== undefined)?.cancellations?.()

  const { registry, count, observe, set, add, zero } = createMetricRegistry({
    holdfast_circuit_state: circuitStates,
    holdfast_holds: holds,
    holdfast_budget_used_ratio: budgets,
    holdfast_calls_in_flight: callsInFlight,
    holdfast_limit_used_ratio: limitsUsed,
    holdfast_cancellations_pending: (put) => put({}, cancellations()?.pending ?? 0),
    holdfast_cancellations_total(put) {
      const { done = 0, failed = 0 } = cancellations() ?? {}
      put({ outcome: 'done' }, done)
      put({ outcome: 'failed' }, failed)
    },
    holdfast_http_requests_in_flight: (put) =>
      put(
        {},
        [...sources].reduce((sum, { httpRequestsInFlight }) => sum + (httpRequestsInFlight?.() ?? 0), 0),
      ),
  })

  return {
    /** Of prom-client, for what adds metrics of its own. */
    registry,
    contentType: registry.contentType,
    /** All there is, in Prometheus' text form. */
    async text(): Promise<string> {
      const others = await Promise.all([...sources].map(async ({ text }) => (await text?.()) ?? ''))
      return [await registry.metrics(), ...new Set(others.filter((text) => text !== ''))].join('\n')
    },
    /** The names of this config may stand in labels (TABLE-1). */
    serves: (config: Pick<Config, 'providers' | 'routes' | 'models' | 'tenants'>): void => names.add(config),
    /** This process calls the providers of this config itself. */
    calls(config: Config, env: Env): void {
      names.add(config)
      const unusable = new Set(unusableProviders(config, env).map(({ provider }) => provider))
      for (const provider of Object.keys(config.providers))
        set('holdfast_provider_usable', { provider }, unusable.has(provider) ? 0 : 1)
      for (const [route, { candidates }] of Object.entries(config.routes))
        for (const { target } of candidates) set('holdfast_route_candidate', { route, target }, 1)
      const bounded = boundsOf(config)
      bounds.push(bounded)
      for (const { tenant, unit } of bounded.budgets)
        count('holdfast_budget_refusals_total', { tenant, unit }, 0)
      for (const route of bounded.retries) count('holdfast_retry_budget_exhausted_total', { route }, 0)
      for (const target of bounded.waits) zero('holdfast_limit_wait_seconds', { target })
      for (const kind of RESCUE_KINDS) count('holdfast_rescues_total', { kind }, 0)
      for (const { target, facts } of candidatesOf(config.routes)) {
        targets.add(target)
        // A counter that begins with its first event has no rate for it.
        for (const outcome of ['answered', ...FAILURE_CLASSES])
          count('holdfast_attempts_total', { target, outcome }, 0)
        for (const to of STATES) count('holdfast_circuit_transitions_total', { target, to }, 0)
        if (facts.shutdownAt !== undefined) {
          const seconds = Date.parse(`${facts.shutdownAt}T00:00:00Z`) / 1_000
          set('holdfast_model_shutdown_timestamp_seconds', { target }, seconds)
        }
      }
    },
    /** Reads a source at each scrape, until the function that comes back is called. */
    watch(source: MetricSource): () => void {
      sources.add(source)
      return () => {
        sources.delete(source)
      }
    },

    attempt({ route, record, facts }: EndedAttempt): void {
      const { failure, usage = null, durationMs } = record
      const target = names.target(record.target)
      count('holdfast_attempts_total', { target, outcome: failure?.class ?? 'answered' })
      // What called nobody, or was hung up on, says nothing of how long a provider takes.
      if (failure === undefined || ruleOf(failure.class).counts)
        observe(
          'holdfast_attempt_duration_seconds',
          { target, outcome: failure === undefined ? 'answered' : 'failed' },
          durationMs / 1_000,
        )
      paid({ route, target: record.target, usage, facts })
    },
    paid,
    firstToken: (target: string, afterMs: number): void =>
      observe('holdfast_attempt_first_token_seconds', { target: names.target(target) }, afterMs / 1_000),
    queued: (forMs: number): void =>
      observe('holdfast_queue_latency_seconds', {}, Math.max(0, forMs) / 1_000),
    limitWait: ({ target, waitedMs }: { target: string; waitedMs: number }): void =>
      observe('holdfast_limit_wait_seconds', { target: names.target(target) }, waitedMs / 1_000),
    generation({ route: name, outcome, served, target: answering, totalMs }: EndedGeneration): void {
      const route = names.route(name)
      const target = answering === null ? 'none' : names.target(answering)
      count('holdfast_generations_total', { route, outcome, served: served ?? 'none', target })
      observe('holdfast_generation_duration_seconds', { route }, totalMs / 1_000)
    },
    fallback: ({ route, from, to }: { route: string; from: string; to: string }): void =>
      count('holdfast_fallbacks_total', {
        route: names.route(route),
        from: names.target(from),
        to: names.target(to),
      }),
    hedge: ({ route, outcome }: { route: string; outcome: 'started' | 'won' }): void =>
      count('holdfast_hedges_total', { route: names.route(route), outcome }),
    parked: ({ route, provider }: { route: string; provider: string }): void =>
      count('holdfast_parked_total', { route: names.route(route), provider: names.provider(provider) }),
    retryBudgetExhausted: (route: string): void =>
      count('holdfast_retry_budget_exhausted_total', { route: names.route(route) }),
    /** `failed`: a reader got an error after text. */
    rescue: (kind: Rescue | 'failed'): void => count('holdfast_rescues_total', { kind }),
    cacheEvent: ({ type, operation }: CacheEvent): void =>
      count('holdfast_cache_operations_total', { operation, outcome: type }),

    /** `target`: or the name of a provider, of its account. */
    circuitChanged: ({ target, to }: { target: string; to: CircuitState['state'] }): void =>
      count('holdfast_circuit_transitions_total', { target: names.circuit(target), to }),
    circuitsUnreadable: (provider: string): void =>
      count('holdfast_circuits_unreadable_total', { provider: names.provider(provider) }),
    permit: (provider: string, outcome: 'granted' | 'refused' | 'unanswered'): void =>
      count('holdfast_permits_total', { provider: names.provider(provider), outcome }),

    /** A tenant that the config does not name is `other`. */
    budgetRefused: ({ tenant, unit }: { tenant: string; unit: string }): void =>
      count('holdfast_budget_refusals_total', { tenant: names.tenant(tenant), unit }),

    deliveryEntries: (number: number): void => count('holdfast_delivery_entries_total', {}, number),
    deliveryError: (): void => count('holdfast_delivery_errors_total', {}),
    /** One more call writes there. The function that comes back ends it, once. */
    deliveryOpened: (): (() => void) => oneMore('holdfast_delivery_logs_open'),

    /** `at` in epoch milliseconds. */
    drill({ drill, passed, at }: { drill: string; passed: boolean; at: number }): void {
      set('holdfast_drill_last_success', { drill }, passed ? 1 : 0)
      set('holdfast_drill_last_run_timestamp_seconds', { drill }, at / 1_000)
    },

    httpRequest({ route, method, status, seconds }: HttpRequest): void {
      count('holdfast_http_requests_total', { route, method, status: String(status) })
      observe('holdfast_http_request_duration_seconds', { route, method }, seconds)
    },
    /** One more event stream is open. The function that comes back ends it, once. */
    streamOpened: (): (() => void) => oneMore('holdfast_streams_open'),
    keysNotReloaded: (): void => count('holdfast_keys_reload_failures_total', {}),
    httpFirstToken: (route: string, seconds: number): void =>
      observe('holdfast_time_to_first_token_seconds', { route: names.route(route) }, seconds),
  }

  function paid({ route, target: given, usage, facts }: Paid): void {
    if (usage === null) return
    const target = names.target(given)
    const tokens = (direction: string, number = 0): void =>
      count('holdfast_tokens_total', { target, direction }, number)
    tokens('input', usage.inputTokens)
    tokens('output', usage.outputTokens)
    tokens('cache_read', usage.cachedInputTokens)
    tokens('cache_write', usage.cacheWriteInputTokens)
    const dollars = costUsd(usage, facts)
    if (dollars !== null) count('holdfast_cost_usd_total', { route: names.route(route), target }, dollars)
  }

  function oneMore(name: 'holdfast_streams_open' | 'holdfast_delivery_logs_open'): () => void {
    add(name, {}, 1)
    let open = true
    return () => {
      if (open) add(name, {}, -1)
      open = false
    }
  }
}

export interface HttpRequest {
  /** Its pattern. */
  route: string
  method: string
  status: number
  seconds: number
}

/** Sums by two labels. */
class Tally {
  readonly #sums = new Map<string, { labels: readonly [string, string]; sum: number }>()
  add(labels: readonly [string, string], by: number): void {
    const key = labels.join('\n')
    this.#sums.set(key, { labels, sum: (this.#sums.get(key)?.sum ?? 0) + by })
  }
  all(): [labels: readonly [string, string], sum: number][] {
    return [...this.#sums.values()].map(({ labels, sum }) => [labels, sum])
  }
}
