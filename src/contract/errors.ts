/** What a caller catches: one class, distinguished by `kind`. */

import type { FailureClass } from '../domain/failures/failure'
import type { AttemptRecord } from '../domain/routing/attempt'
import type { ErrorKind, GenerationFailedDetails } from './generation'

/** May the caller safely send the request elsewhere? `true`: Temporal has it, or had it. */
export type Accepted = boolean | 'unknown'

export interface HoldfastErrorFields {
  kind: ErrorKind
  message: string
  accepted: Accepted
  /** The generation's id, where one was chosen. */
  generationId?: string | null
  /** The run in the Temporal Web UI. */
  webUrl?: string | null
  failureClass?: FailureClass | null
  /** Epoch milliseconds. */
  retryAt?: number | null
  attempts?: AttemptRecord[]
  cause?: unknown
}

export class HoldfastError extends Error {
  override readonly name = 'HoldfastError'
  readonly kind: ErrorKind
  readonly accepted: Accepted
  readonly generationId: string | null
  /** The run in the Temporal Web UI; null: there is none, or it is not known. */
  readonly webUrl: string | null
  /** The class of the failure that decided it, where one did. */
  readonly failureClass: FailureClass | null
  /** When another try could succeed, as far as is known. */
  readonly retryAt: Date | null
  readonly attempts: readonly AttemptRecord[]

  constructor(fields: HoldfastErrorFields) {
    super(fields.message, fields.cause === undefined ? undefined : { cause: fields.cause })
    this.kind = fields.kind
    this.accepted = fields.accepted
    this.generationId = fields.generationId ?? null
    this.webUrl = fields.webUrl ?? null
    this.failureClass = fields.failureClass ?? null
    this.retryAt = typeof fields.retryAt === 'number' ? new Date(fields.retryAt) : null
    this.attempts = fields.attempts ?? []
  }

  /** What a script reads; `JSON.stringify` uses it. */
  toJSON(): object {
    const { kind, message, accepted, generationId, webUrl, failureClass, retryAt, attempts } = this
    return {
      kind,
      message,
      accepted,
      generationId,
      webUrl,
      failureClass,
      retryAt: retryAt?.getTime() ?? null,
      attempts,
    }
  }
}

export const invalidRequest = (message: string): HoldfastError =>
  new HoldfastError({ kind: 'invalid_request', message, accepted: false })

/**
 * The same error with the link to its run, if it has none yet and there is a run. Where an error is made, nobody knows
 * where the Web UI is.
 */
export function withWebUrl(error: unknown, webUrl: (generationId: string) => string): unknown {
  if (!(error instanceof HoldfastError)) return error
  const { kind, accepted, generationId } = error
  const hasRun = accepted !== false || kind === 'conflict'
  if (generationId === null || !hasRun || error.webUrl !== null) return error
  return Object.assign(error, { webUrl: webUrl(generationId) || null })
}

export const fromFailedDetails = (
  details: GenerationFailedDetails,
  generationId: string,
  cause: unknown,
): HoldfastError => new HoldfastError({ ...details, accepted: true, generationId, cause })
