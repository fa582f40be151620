/** An error in OpenAI's shape, for an answer of its own and inside a stream. */
import type { HoldfastError } from '../../../contract/errors'
import type { FailureClass } from '../../../domain/failures/failure'
import { errorStatus } from '../error-status'
import { errorFields } from '../holdfast-fields'
import type { ErrorResponse } from '../types'

/** Of OpenAI's errors both the type and the code. */
const INSUFFICIENT_QUOTA = 'insufficient_quota'

/** OpenAI's own words where it has one; else the failure's class, or the error's kind. */
const CODES: { readonly [failureClass in FailureClass]?: string } = {
  content_refused: 'content_filter',
  context_too_long: 'context_length_exceeded',
  rate_limited: 'rate_limit_exceeded',
  quota_exhausted: INSUFFICIENT_QUOTA,
}

const typeOf = ({ kind }: HoldfastError, status: number): string => {
  if (kind === 'budget_spent') return INSUFFICIENT_QUOTA
  if (status === 429) return 'rate_limit_error'
  return status < 500 ? 'invalid_request_error' : 'server_error'
}

function codeOf({ kind, failureClass }: HoldfastError, status: number): string {
  if (kind === 'budget_spent') return INSUFFICIENT_QUOTA
  if (status === 404) return kind === 'not_found' ? kind : 'model_not_found'
  if (failureClass === null || (kind !== 'invalid_request' && status !== 429)) return kind
  return CODES[failureClass] ?? failureClass
}

/**
 * `body` is also the `data:` of an error inside a stream: OpenAI's clients throw at a top-level `error`.
 * `now` in epoch milliseconds.
 */
export function chatError(error: HoldfastError, now: number = Date.now()): ErrorResponse<ChatErrorBody> {
  const { status, headers } = errorStatus(error, now)
  const { message } = error
  const described = { message, type: typeOf(error, status), code: codeOf(error, status), param: null }
  return { status, headers, body: { error: { ...described, holdfast: errorFields(error) } } }
}

export interface ChatErrorBody {
  error: {
    message: string
    type: string
    code: string
    param: null
    holdfast: ReturnType<typeof errorFields>
  }
}
