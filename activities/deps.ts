/** What the activities need from the worker's composition root. */
import type { Logger } from 'pino'
import type { Budgets } from '../src/budgets'
import type { Board } from '../src/circuits'
import type { Config, ProviderKey, ResolvedProvider } from '../src/config'
import type { UsableAttributes } from '../src/contract/search-attributes'
import type { Failure } from '../src/domain/failures/failure'
import type { GenerationRequest } from '../src/domain/request/request'
import type { TargetLatency } from '../src/domain/routing/latency'
import type { Candidate } from '../src/domain/routing/route'
import type { Api } from '../src/formats/outbound/wire-format'
import type { HttpClient } from '../src/http'
import type { Limits } from '../src/limits'
import type { FailSafeStore } from '../src/stores/cache'
import type { DeliveryLog } from '../src/stores/delivery/types'
import type { Metrics } from '../src/telemetry/metrics'
import type { Tracing } from '../src/telemetry/tracing'

/** A provider as this worker can reach it, secrets filled in. Stays in the worker's memory. */
export interface ProviderAccess extends Extract<ResolvedProvider, { ok: true }> {
  api: Api
  /** By model: those that are called in another wire format. */
  apis: { [model: string]: Api }
}

interface NoAccess {
  ok: false
  /** For people: which variables to set, say. */
  reason: string
}

type Headers = { [name: string]: string }

type KeyTarget = Pick<Candidate, 'provider' | 'model'>

interface KeyRing {
  /** Those that may be used now, by preference; the first one where all are held. `reports`: as of `choose`. */
  usable(target: KeyTarget, keys: readonly ProviderKey[], reports: boolean): readonly ProviderKey[]
  /**
   * The key to use; the first one where all are held; null where the provider needs none. `reports`: will its outcome
   * be reported?
   */
  choose(target: KeyTarget, keys: readonly ProviderKey[], reports: boolean): ProviderKey | null
  /** Holds the key if that is what the failure says. Returns whether another one is free now. */
  hold(target: KeyTarget, keys: readonly ProviderKey[], variable: string, failure: Failure): boolean
  /** The key was taken: what was held till somebody mends it is mended. */
  worked(target: KeyTarget, variable: string): void
}

interface Slots {
  /**
   * Takes one for a call to this provider; the function gives it back. Where there is none it waits, for at most `limitMs`
   * and till `signal` is aborted; null: in vain, or too many wait already.
   */
  take(
    provider: string,
    tenant: string | null,
    wait: { limitMs: number; signal: AbortSignal },
  ): Promise<(() => void) | null>
}

/** Of a call in the express lane. */
export interface ExpressPlace {
  /** Aborted: the worker shuts down, and hands its calls over. */
  closing: AbortSignal
  leave(): void
}

interface ExpressPlaces {
  /** null: there is no room. */
  enter(): ExpressPlace | null
}

interface ShareBudgets {
  /** A request, or a call, of this route came. `share`: of how many of them one may be taken, 0 to 1. */
  count(route: string, share: number): void
  /** May one more be started? If so, it is counted. */
  take(route: string): boolean
}

export interface CallTimer {
  /** Its first words, thoughts or tool call have come. */
  firstToken(): void
  /** `cut`: somebody else ended it. `no_evidence`: its end says nothing of how long calls take. */
  ended(how: 'answered' | 'failed' | 'cut' | 'no_evidence'): void
}

interface Latencies {
  /** A call begins. */
  began(route: string, target: string, streamed: boolean): CallTimer
  /** Those of them that this worker has called lately. */
  known(route: string, targets: readonly string[], streamed: boolean): TargetLatency[]
}

export interface RaceGroups {
  join(generation: string): {
    /** Aborted when another call of the generation has won. */
    beaten: AbortSignal
    won(): void
    leave(): void
  }
}

interface Probes {
  /** A probe runs till `ended`; `hangUp` ends it before. */
  began(ended: Promise<unknown>, hangUp: () => void): void
}

export interface ActivityDeps {
  config: Config
  /** Are Holdfast's search attributes registered on this cluster? */
  searchAttributes: UsableAttributes
  access(provider: string): ProviderAccess | NoAccess
  /** Fills `${ENV}` in a candidate's own headers, with what the worker's config names for that provider only. */
  expandHeaders(provider: string, headers: Headers): { ok: true; headers: Headers } | NoAccess
  keyRing: KeyRing
  circuits: Pick<Board, 'admit' | 'obstacle' | 'fresh'>
  budgets: Pick<Budgets, 'claim' | 'use' | 'release'>
  slots: Slots
  express: ExpressPlaces
  limits: Pick<Limits, 'take'>
  hedges: ShareBudgets
  /** Of routes with a `retryBudget`. */
  retries: ShareBudgets
  latencies: Latencies
  delivery: Pick<DeliveryLog, 'open'>
  /** Of an outline: what stands in the payload store is read. Rejects with PayloadStoreError. */
  wholeRequest(outline: GenerationRequest): Promise<GenerationRequest>
  /** Where a large request is put; absent: nowhere. Returns its outline. Rejects with PayloadStoreError. */
  storeRequest?: ((workflowId: string, request: GenerationRequest) => Promise<GenerationRequest>) | undefined
  /** What happens in a call is counted there. In process, generations are too. */
  metrics: Metrics
  /** An answer over this can't be carried by this cluster. Default: MAX_ANSWER_BYTES. */
  maxAnswerBytes?: number | undefined
  raceGroups: RaceGroups
  probes: Probes
  /** Signals a workflow that a call of it takes long. Does not reject. */
  signalDue(run: { workflowId: string; runId: string }, sequence: number): void
  cache: Pick<FailSafeStore, 'get' | 'put' | 'claim'>
  http: HttpClient
  /** null or absent: no traces. */
  tracing?: Tracing | null | undefined
  logger: Logger
  /** Epoch milliseconds, by Temporal's clock as far as it is known. */
  now(): number
  /** Temporal said that it is this time, epoch milliseconds. */
  observedTime(at: number): void
  /** In [0, 1). */
  random(): number
}
