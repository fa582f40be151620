/** The config after loading: total, durations in milliseconds, no secrets (keys are read from `env` on use). */
import type { Route } from '../domain/route'
import type { Api } from '../providers/wire-format'

export type Auth = { type: 'bearer' } | { type: 'header'; name: string } | { type: 'none' }

export interface ProviderConfig {
  name: string
  api: Api
  /** No trailing slash; `${ENV}` not yet filled in. */
  baseUrl: string
  auth: Auth
  /** Names of environment variables that hold keys; empty where none is needed. */
  apiKeysEnv: string[]
  headers: { [name: string]: string }
  query: { [name: string]: string }
}

export interface Config {
  /** The file it came from, or null for the built-in defaults. */
  file: string | null
  providers: { [name: string]: ProviderConfig }
  routes: { [name: string]: Route }
}
