/**
 * How attempt records travel: as heartbeat details from one attempt to the next, and as the details
 * of the failure or the cancellation that ends a candidate. After a timeout only the former are left.
 */

import { FAILURE_CLASSES } from '../domain/failures/failure'
import type { AttemptRecord } from '../domain/routing/attempt'
import type { Received } from '../domain/routing/spent'
import type { Usage } from '../domain/streaming/answer'

export interface AttemptDetails {
  records: AttemptRecord[]
  /** The call under way when this was sent. */
  inFlight?: InFlight | undefined
  /** What the call has begun at the provider, and nobody has read to its end. Absent: nothing that can be read on. */
  response?: OpenResponse | undefined
}

export interface InFlight {
  /** Epoch milliseconds. */
  startedAt: number
  /** What had come of its answer. Absent: an earlier build sent this. */
  received?: Received | undefined
  /** As of AttemptRecord, once its response has begun. */
  requestId?: string | undefined
}

/** A response that goes on at its provider while nobody listens. */
export interface OpenResponse {
  /** The provider's id of it. */
  id: string
  /** The variable of the key that began it: another account does not know it. null: none was needed. */
  key: string | null
}

export const NO_ATTEMPTS: AttemptDetails = { records: [] }

/** Reads what an older or a foreign build may have sent. Records come whole or not at all: one left out would look as if it was not made. */
export function readAttemptDetails(details: unknown): AttemptDetails {
  if (!isObject(details) || !Array.isArray(details.records)) return NO_ATTEMPTS
  const { records, inFlight, response } = details
  if (!records.every(isRecord)) return NO_ATTEMPTS
  return {
    records,
    ...(isObject(inFlight) && isNumber(inFlight.startedAt)
      ? { inFlight: readInFlight(inFlight, inFlight.startedAt) }
      : {}),
    ...(isOpenResponse(response) ? { response } : {}),
  }
}

/** As of the last report; of a call that has reported nothing yet, what its input knows of the attempts before it. */
export function reportedDetails(
  details: unknown,
  before: readonly AttemptRecord[] | undefined,
): AttemptDetails {
  const reported = readAttemptDetails(details)
  if (before === undefined || reported.records.length > 0) return reported
  return { ...reported, records: [...before] }
}

const readInFlight = ({ received, requestId }: { [key: string]: unknown }, startedAt: number): InFlight => ({
  startedAt,
  ...(isReceived(received) ? { received } : {}),
  ...(typeof requestId === 'string' ? { requestId } : {}),
})

const isReceived = (value: unknown): value is Received =>
  isObject(value) && isCount(value.characters) && (value.usage === null || isUsage(value.usage))

const isUsage = (value: unknown): value is Usage =>
  isObject(value) &&
  isCount(value.inputTokens) &&
  isCount(value.outputTokens) &&
  Object.values(value).every(isCount)

const isOpenResponse = (value: unknown): value is OpenResponse =>
  isObject(value) && typeof value.id === 'string' && (value.key === null || typeof value.key === 'string')

const isObject = (value: unknown): value is { [key: string]: unknown } =>
  typeof value === 'object' && value !== null

const isNumber = (value: unknown): value is number => Number.isFinite(value)

const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0

/** What the rules and the arithmetic rely on; the rest is only shown. */
const isRecord = (value: unknown): value is AttemptRecord =>
  isObject(value) &&
  typeof value.target === 'string' &&
  [value.candidate, value.number, value.startedAt, value.durationMs, value.retryInMs ?? 0].every(isNumber) &&
  (value.failure === undefined || isFailure(value.failure))

const isFailure = (value: unknown): boolean =>
  isObject(value) &&
  typeof value.message === 'string' &&
  FAILURE_CLASSES.some((failureClass) => failureClass === value.class)
