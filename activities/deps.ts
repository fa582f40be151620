/** What the activities need from the worker's composition root. */
import type { Logger } from 'pino'
import type { Auth, ResolvedProvider } from '../src/config'
import type { HttpClient } from '../src/http'
import type { Api } from '../src/providers/wire-format'

/** A provider as this worker can reach it, secrets filled in. Stays in the worker's memory. */
export interface ProviderAccess extends Extract<ResolvedProvider, { ok: true }> {
  api: Api
  auth: Auth
}

export interface NoAccess {
  ok: false
  /** For people: which variables to set, say. */
  reason: string
}

export type Headers = { [name: string]: string }

export interface ActivityDeps {
  access(provider: string): ProviderAccess | NoAccess
  /** Fills `${ENV}` in a candidate's own headers. */
  expandHeaders(headers: Headers): { ok: true; headers: Headers } | NoAccess
  http: HttpClient
  logger: Logger
  /** Epoch milliseconds. */
  now(): number
  /** In [0, 1). */
  random(): number
}
