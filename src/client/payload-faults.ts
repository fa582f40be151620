/** What a payload store could not do, and what can't be decrypted, as a HoldfastError. */
import { type Accepted, HoldfastError } from '../contract/errors'
import { payloadFaultOf } from '../stores/payloads'
import { PayloadUnreadableError } from '../temporal/codec/payload-codec'

/** PayloadStoreError, wherever Temporal's SDK has put it; null: there is none. */
export function payloadFaultIn(error: unknown): Error | null {
  for (let at = error, depth = 0; at instanceof Error && depth < 8; at = at.cause, depth += 1)
    if (payloadFaultOf(at) !== null || at.name === 'ExternalStorageNotConfiguredError') return at
  return null
}

/** PayloadUnreadableError, wherever Temporal's SDK has put it; null: there is none. */
export function unreadableIn(error: unknown): Error | null {
  for (let at = error, depth = 0; at instanceof Error && depth < 8; at = at.cause, depth += 1)
    if (at instanceof PayloadUnreadableError) return at
  return null
}

/** Of a generation that was encrypted by a key that is not here. `fault`: of `unreadableIn`. */
export const notDecrypted = (fault: Error, generationId: string, accepted: Accepted): HoldfastError =>
  new HoldfastError({
    kind: 'unavailable',
    message: `The generation can't be read: ${fault.message}`,
    accepted,
    generationId,
    cause: fault,
  })

/** Of a request. */
export const notStored = (error: unknown, id: string): HoldfastError =>
  new HoldfastError({
    kind: 'unavailable',
    message: `The request could not be stored: ${error instanceof Error ? error.message : String(error)}`,
    accepted: false,
    generationId: id,
    cause: error,
  })

/** Of a generation that can't be read. `fault`: of `payloadFaultIn`. */
export function notReadable(fault: Error, generationId: string, accepted: Accepted): HoldfastError {
  const kind = payloadFaultOf(fault)
  if (kind === null)
    return new HoldfastError({
      kind: 'unavailable',
      message:
        "Part of the generation stands in a payload store, which `payloads` of this process' config does not name",
      accepted,
      generationId,
      cause: fault,
    })
  return new HoldfastError({
    kind: kind === 'missing' ? 'not_found' : 'unavailable',
    message: `Part of the generation can not be read: ${fault.message}`,
    accepted,
    generationId,
    cause: fault,
  })
}
