/** What an error of Temporal's client says about the call behind it. */
import { isGrpcServiceError } from '@temporalio/client'
import { NamespaceNotFoundError } from '@temporalio/common'
import { noNamespace } from '../temporal/errors'
import { TooLateError } from '../util/async'

/** gRPC status codes (grpc.io, "Status codes and their use"). */
const INVALID_ARGUMENT = 3
const CANCELLED = 1
const DEADLINE_EXCEEDED = 4
const NOT_FOUND = 5
const RESOURCE_EXHAUSTED = 8
const UNAVAILABLE = 14

/** The call ended on our side. A native connection reports a passed deadline as CANCELLED ("Timeout expired"). */
const NO_WORD: ReadonlySet<number | undefined> = new Set([CANCELLED, DEADLINE_EXCEEDED, UNAVAILABLE])

/**
 * The server's own no: invalid argument, not found, already exists, permission denied, resource exhausted,
 * failed precondition, out of range, unimplemented, unauthenticated. All others (unknown, internal, aborted, …)
 * may come from a proxy or a broken stream after the server has done what was requested.
 */
const REFUSALS: ReadonlySet<number> = new Set([
  INVALID_ARGUMENT,
  NOT_FOUND,
  6,
  7,
  RESOURCE_EXHAUSTED,
  9,
  11,
  12,
  16,
])

/** The server did not refuse: it may have done what was requested, or not. */
export const mayHaveArrived = (error: unknown): boolean => {
  // The SDK's own word for one NOT_FOUND: it comes without the gRPC error.
  if (error instanceof NamespaceNotFoundError) return false
  const code = grpcErrorOf(error)?.code
  return code === undefined || !REFUSALS.has(code)
}

/** The server or the way to it is down for now: sending it again later makes sense. */
export const isPassing = (error: unknown): boolean =>
  error instanceof TooLateError || NO_WORD.has(grpcErrorOf(error)?.code)

/** The server takes no more of this kind for now: its limits of rate or of long polls. */
export const isBusy = (error: unknown): boolean => grpcErrorOf(error)?.code === RESOURCE_EXHAUSTED

export const isNotFound = (error: unknown): boolean => grpcErrorOf(error)?.code === NOT_FOUND

/** The server understood the request, and it can't be done. */
export const isInvalid = (error: unknown): boolean => grpcErrorOf(error)?.code === INVALID_ARGUMENT

/** A payload of the call is over the cluster's limit. */
export const isTooLarge = (error: unknown): boolean =>
  isInvalid(error) &&
  /blob data size exceeds limit|size that exceeded the error limit/i.test(grpcReason(error))

/** The server's own words, without gRPC's envelope. */
export function grpcReason(error: unknown): string {
  if (error instanceof NamespaceNotFoundError) return noNamespace(error.namespace)
  const grpc = grpcErrorOf(error)
  if (grpc !== null) return grpc.details || grpc.message
  return error instanceof Error ? error.message : String(error)
}

/** The SDK wraps a gRPC error as the cause of its own ServiceError. */
function grpcErrorOf(error: unknown) {
  if (isGrpcServiceError(error)) return error
  if (error instanceof Error && isGrpcServiceError(error.cause)) return error.cause
  return null
}
