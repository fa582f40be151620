/** An error in Anthropic's shape, for an answer of its own and inside a stream. */
import type { HoldfastError } from '../../../contract/errors'
import { errorStatus } from '../error-status'
import { errorFields } from '../holdfast-fields'
import type { ErrorResponse } from '../types'

const TYPES: { readonly [status: number]: string } = {
  404: 'not_found_error',
  409: 'conflict_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  502: 'api_error',
  503: 'overloaded_error',
  504: 'timeout_error',
}

/** `body` is also the `error` event of a stream, by `sseTyped`. `now` in epoch milliseconds. */
export function messagesError(
  error: HoldfastError,
  now: number = Date.now(),
): ErrorResponse<MessagesErrorBody> {
  const { status, headers } = errorStatus(error, now)
  const { message, generationId } = error
  const described = { type: TYPES[status] ?? 'invalid_request_error', message, holdfast: errorFields(error) }
  return { status, headers, body: { type: 'error', error: described, request_id: generationId } }
}

export interface MessagesErrorBody {
  type: 'error'
  error: { type: string; message: string; holdfast: ReturnType<typeof errorFields> }
  request_id: string | null
}
