/** The config after loading: total, durations in milliseconds, no secrets (keys are read from `env` on use). */
import type { TenantBudgets } from '../domain/budgets/budget'
import type { Limit } from '../domain/limits/limit'
import type { Params } from '../domain/request/request'
import type { ModelFacts, RetryPolicy, Route, Timeouts } from '../domain/routing/route'
import type { Api } from '../formats/outbound/wire-format'

export type Auth =
  | { type: 'bearer' }
  | { type: 'header'; name: string }
  | { type: 'none' }
  /** AWS's signature over each request: names of the variables that hold the credentials. */
  | {
      type: 'sigv4'
      /** `${ENV}` not yet filled in. */
      region: string
      accessKeyIdEnv: string
      secretAccessKeyEnv: string
      /** Of temporary credentials; null: there is none. */
      sessionTokenEnv: string | null
    }

export interface ProviderConfig {
  name: string
  api: Api
  /** By model: those that are called in another wire format. */
  apis: { [model: string]: Api }
  /** No trailing slash; `${ENV}` not yet filled in. */
  baseUrl: string
  auth: Auth
  /** Names of environment variables that hold keys; empty where none is needed, and where requests are signed. */
  apiKeysEnv: string[]
  /** What each key may have: of all models together, and by model. */
  limits: { all: Limit[]; models: { [model: string]: Limit[] } }
  headers: { [name: string]: string }
  query: { [name: string]: string }
}

/** A route without name and candidates, and what its candidates start from. */
export interface RoutePolicy extends Omit<Route, 'name' | 'kind' | 'candidates' | 'shadow'> {
  params: Params
  timeouts: Timeouts
  retry: RetryPolicy
}

/** Where answers are kept. */
export type CacheSettings =
  | { store: 'disk'; path: string; maxBytes: number }
  | { store: 'memory'; maxBytes: number }
  /** `${ENV}` not yet filled in. */
  | { store: 'redis'; url: string }

/** Through what a running generation's words reach those who wait for it. */
export type DeliverySettings =
  | { store: 'memory' }
  /** `${ENV}` not yet filled in. */
  | { store: 'redis'; url: string }

/** Where requests and answers stand that are too large for a history. */
export type PayloadSettings = {
  /** What is larger, as a history has it, is stored. */
  overBytes: number
  /** Nothing younger is deleted. */
  keepForMs: number
} & (
  | { store: 'disk'; path: string }
  | {
      store: 's3'
      bucket: string
      /** `${ENV}` not yet filled in, as in `endpoint`. */
      region: string
      /** Of a server that is not AWS's; null: it is. */
      endpoint: string | null
      /** Ends with a slash, or is empty. */
      prefix: string
      credentialsEnv: Omit<Extract<Auth, { type: 'sigv4' }>, 'type' | 'region'>
    }
)

/** What leaves by traces, where they are on. */
export interface TelemetrySettings {
  /** Prompts and answers as well? */
  captureContent: boolean
  /** Does each provider get the trace of its call (`traceparent`)? */
  propagateToProviders: boolean
}

/** The Nexus service that workers serve. */
export interface NexusSettings {
  /** By the name under which the endpoint is registered in Temporal: others are refused. */
  endpoints: {
    [name: string]: {
      /** Whose its callers' generations are; null: nobody's, which is a tenant of its own. */
      tenant: string | null
    }
  }
}

export interface Config {
  /** The file it came from, or null for the built-in defaults. */
  file: string | null
  providers: { [name: string]: ProviderConfig }
  routes: { [name: string]: Route }
  cache: CacheSettings
  delivery: DeliverySettings
  /** null: all stands in the histories, whose limits are Temporal's. */
  payloads: PayloadSettings | null
  /** What becomes of a request that Temporal can't take. */
  whenTemporalDown: 'fail' | 'direct'
  /** Of the metadata of requests: keys that generations are found by, and keys that log lines may have. */
  metadata: { searchable: string[]; logged: string[] }
  telemetry: TelemetrySettings
  /** null: workers do not poll for it. */
  nexus: NexusSettings | null
  /** What each may use; `default`: those that are not named, and requests without one. */
  tenants: { [tenant: string]: TenantBudgets }
  /** What a caller gets who names a target instead of a route: built-in defaults and the file's. */
  policy: RoutePolicy
  /** By target: the shipped facts under the file's. */
  models: { [target: string]: ModelFacts }
}
