/** What one caller, or all of them together, may send to a gateway, each with its reason. */

import type { Config } from '../config'

export interface Limits {
  /** Of a request's body. */
  bodyBytes: number
  /** Requests under `/v1` at the same time, streams among them. */
  requests: number
  /** Of one tenant's, where there are keys. */
  requestsPerTenant: number
  /** Of all bodies that are being received or read at the same time; and of one tenant's, where there are keys. */
  bodyBytesInFlight: number
  bodyBytesPerTenant: number
  /** Connections that wait for one generation: by its idempotency key, or as equal requests in flight. */
  waitersPerGeneration: number
  /** Of `/ui` that are open at the same time. */
  viewers: number
  /** For the headers of a request to arrive. */
  headersMs: number
  /** For a whole request to arrive. */
  requestMs: number
  /** A stream's headers wait so long for its first content, so that a failure before it has its own status. */
  holdMs: number
  /** A stream that says nothing is kept alive this often (EVENT-STREAM-3 of event-stream.ts). */
  pingMs: number
  /** A client that takes nothing of what was sent to it for so long is cut, whether it is a stream or not. */
  slowClientMs: number
}

export const LIMITS: Limits = {
  // The engine takes 1.9 MiB of request; a larger request gets the error of the engine.
  bodyBytes: 2 * 1024 * 1024,
  // Each holds a socket and a wait, next to nothing; bodies of 2 MiB each would still fit in a container's memory.
  requests: 1_000,
  // The others always find room.
  requestsPerTenant: 500,
  // A body takes several times its bytes while it is read, checked and sent on; then it is let go.
  bodyBytesInFlight: 64 * 1024 * 1024,
  bodyBytesPerTenant: 32 * 1024 * 1024,
  // More are a loop, or a retry storm: they would all get the same answer.
  waitersPerGeneration: 100,
  // Each costs what it is sent: a hundred people who look at once are more than operate anything.
  viewers: 100,
  headersMs: 10_000,
  requestMs: 30_000,
  // Proxies begin to doubt a silent upstream at 30 to 60 s.
  holdMs: 15_000,
  pingMs: 15_000,
  slowClientMs: 60_000,
}

/** Where there is a payload store: ten of the largest requests at the same time, half of them one tenant's. */
const STORED_LIMITS: Pick<Limits, 'bodyBytes' | 'bodyBytesInFlight' | 'bodyBytesPerTenant' | 'requestMs'> = {
  // The engine takes 25 MiB.
  bodyBytes: 26 * 1024 * 1024,
  bodyBytesInFlight: 260 * 1024 * 1024,
  bodyBytesPerTenant: 130 * 1024 * 1024,
  // At a megabyte a second.
  requestMs: 60_000,
}

export const limitsFor = ({ payloads }: Pick<Config, 'payloads'>): Limits =>
  payloads === null ? LIMITS : { ...LIMITS, ...STORED_LIMITS }

/** A connection that is kept for the next request. Above the 60 s of common load balancers: they close first. */
export const KEEP_ALIVE_MS = 72_000

/** How often Node checks for requests that are late. */
export const LATE_CHECK_MS = 1_000

/** Temporal takes ids of up to 1,000 characters; each may be written as three. */
export const ID_LENGTH_MAX = 3_000
