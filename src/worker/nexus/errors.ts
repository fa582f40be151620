/** Our errors as Nexus callers get them. */
import * as nexus from 'nexus-rpc'
import { HoldfastError } from '../../contract/errors'
import type { ErrorKind } from '../../contract/generation'
import { wellFormed } from '../../domain/request/text'

/** Temporal tries those that are to be tried again until the operation's own timeout: UNAVAILABLE, INTERNAL and RESOURCE_EXHAUSTED. */
const TYPES = {
  invalid_request: 'BAD_REQUEST',
  not_found: 'NOT_FOUND',
  conflict: 'CONFLICT',
  unavailable: 'UNAVAILABLE',
  budget_spent: 'RESOURCE_EXHAUSTED',
  all_failed: 'INTERNAL',
  deadline_exceeded: 'INTERNAL',
  cancelled: 'INTERNAL',
} as const satisfies Record<ErrorKind, nexus.HandlerErrorType>

/** What is none of ours says nothing of this worker to another namespace: its log has it. */
export const handlerErrorOf = (error: unknown): nexus.HandlerError => {
  if (error instanceof nexus.HandlerError) return error
  return error instanceof HoldfastError
    ? refusal(TYPES[error.kind], error.message)
    : refusal('INTERNAL', 'The worker could not start the generation: its log says why')
}

/** Without a stack and a cause: they would show another namespace this machine's paths. */
export const refusal = (type: nexus.HandlerErrorType, message: string): nexus.HandlerError =>
  new nexus.HandlerError(type, wellFormed(message), { stackTrace: '' })
