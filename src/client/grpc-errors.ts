/** What an error of Temporal's client says about the call behind it. */
import { isGrpcServiceError } from '@temporalio/client'

/** gRPC status codes (grpc.io, "Status codes and their use"). */
const DEADLINE_EXCEEDED = 4
const UNAVAILABLE = 14

/** The server gave no word: it may have done what was asked, or not. */
export const mayHaveArrived = (error: unknown): boolean => {
  const code = grpcErrorOf(error)?.code
  return code === undefined || code === DEADLINE_EXCEEDED || code === UNAVAILABLE
}

/** The server or the way to it is down for now: asking again later makes sense. */
export const isPassing = (error: unknown): boolean => {
  const code = grpcErrorOf(error)?.code
  return code === UNAVAILABLE || code === DEADLINE_EXCEEDED
}

/** The server's own words, without gRPC's envelope. */
export function grpcReason(error: unknown): string {
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
