/**
 * How attempt records travel: as heartbeat details from one attempt to the next, and as the details
 * of the failure or the cancellation that ends a candidate. After a timeout only the former are left.
 */
import type { AttemptRecord } from '../domain/attempt'

export interface AttemptDetails {
  records: AttemptRecord[]
  /** The call under way when this was sent. */
  inFlight?: { startedAt: number } | undefined
}

export const NO_ATTEMPTS: AttemptDetails = { records: [] }

/** Reads what an older or a foreign build may have sent: anything else counts as no record. */
export function readAttemptDetails(details: unknown): AttemptDetails {
  if (typeof details !== 'object' || details === null) return NO_ATTEMPTS
  const { records, inFlight } = details as Partial<AttemptDetails>
  if (!Array.isArray(records)) return NO_ATTEMPTS
  return { records, inFlight }
}
