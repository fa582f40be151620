/** What a key of a caller is good for. */

export const SCOPES = ['generate', 'read', 'operate'] as const

/**
 * `generate`: starts and cancels generations. `read`: how its tenant's stand, their answers and events. `operate`: sees those of
 * all tenants on the page, and opens and closes circuits.
 */
export type Scope = (typeof SCOPES)[number]

export interface Grant {
  /** For the log: it says which key, and is none. */
  keyId: string
  /** Whose generations it starts and reads; null: those of no tenant. */
  tenant: string | null
  scopes: ReadonlySet<Scope>
  /** Routes and targets that it may name, each whole or `begin*`; null: all. */
  models: readonly string[] | null
  /** Epoch milliseconds; null: since ever. */
  notBeforeAt: number | null
  /** Epoch milliseconds; null: for ever. */
  expiresAt: number | null
  /** Who operates with it, for the log; null: nobody. */
  operator: string | null
}

/** A key by its SHA-256. */
export interface KnownKey extends Grant {
  /** Hexadecimal, in lower case. */
  hash: string
}

/** May a request name this route or target? */
export const mayName = ({ models }: Pick<Grant, 'models'>, name: string): boolean =>
  models === null ||
  models.some((pattern) => (pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : pattern === name))

/** At this moment, in epoch milliseconds. */
export function inForce({ notBeforeAt, expiresAt }: Grant, at: number): 'yes' | 'not yet' | 'expired' {
  if (expiresAt !== null && at >= expiresAt) return 'expired'
  return notBeforeAt !== null && at < notBeforeAt ? 'not yet' : 'yes'
}
