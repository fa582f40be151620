/**
 * A provider's own name for a request: what its support, its logs and its bill know the call by.
 *
 * REQUEST-ID-1 It is the provider's word, and travels through heartbeats, failures, logs and terminals: at most
 *    MAX_REQUEST_ID_CHARS, and printable; what is not printable is no id.
 */

/**
 * Names in lower case, the first that is there counts. OpenAI and most of its format's servers; Anthropic; Azure's API
 * Management; AWS in its clients' own order. Google's clients read none. An id of a proxy's (`cf-ray`) names no answer.
 */
const HEADERS = [
  'x-request-id',
  'request-id',
  'apim-request-id',
  'x-amzn-requestid',
  'x-amzn-request-id',
  'x-amz-request-id',
] as const

/** Longer than any that providers document. */
export const MAX_REQUEST_ID_CHARS = 200

const PRINTABLE = /^[\x20-\x7e]+$/

/** The same, bounded; undefined: it is none. REQUEST-ID-1. */
export const usableRequestId = (said: string | null | undefined): string | undefined => {
  const id = said?.trim()
  return id && PRINTABLE.test(id) ? id.slice(0, MAX_REQUEST_ID_CHARS) : undefined
}

/** Of a response's headers; undefined: they name none. */
export const requestIdOf = (headers: { [name: string]: string }): string | undefined =>
  HEADERS.map((name) => usableRequestId(headers[name])).find((id) => id !== undefined)
