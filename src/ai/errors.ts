/**
 * Our errors as the AI SDK knows them. It tries again by itself (`maxRetries`, 2) what `isRetryable` says.
 *
 * ERRORS-1 Only what was certainly not accepted is retryable: everything else was run, with its own retries
 *    and fallbacks, and would be paid again.
 * ERRORS-2 A caller's abort stays what it was.
 */
import { APICallError } from '@ai-sdk/provider'
import { HoldfastError } from '../client'
import { errorStatus } from '../formats/inbound/error-status'

export function toApiCallError(error: unknown, route: string, signal: AbortSignal | undefined): unknown {
  if (!(error instanceof HoldfastError)) return error
  // ERRORS-2
  if (error.kind === 'cancelled' && signal?.aborted) return signal.reason
  const { status, headers } = errorStatus(error, Date.now())
  return new APICallError({
    message: error.message,
    url: `holdfast:${route}`,
    requestBodyValues: { route },
    statusCode: status,
    responseHeaders: headers,
    cause: error,
    // ERRORS-1
    isRetryable: error.kind === 'unavailable' && error.accepted === false,
    data: error.toJSON(),
  })
}
