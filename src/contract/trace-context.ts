/**
 * A place in a trace, as W3C's headers write it (https://www.w3.org/TR/trace-context/). It stands in histories.
 *
 * TRACE-CONTEXT-1 What is no such header is nobody's: it is left out, and never an error of the request that brought it.
 */

export interface TraceContext {
  traceparent: string
  tracestate?: string | undefined
}

/** A span's place. Ids in lower-case hex: 32 and 16 digits. */
export interface SpanPlace {
  traceId: string
  spanId: string
  /** Does its trace record? */
  sampled: boolean
  tracestate?: string | undefined
}

/** Version 00; a later one may have more behind its flags. Version ff is none. */
const TRACEPARENT =
  /^(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/

/** Of the printable ones that a header may have; the standard asks for at least 512 to be passed on. */
const TRACESTATE = /^[\x20-\x7e]{1,512}$/

const MAX_TRACEPARENT_CHARS = 200

/** Of a request's headers, or of what one of our own builds wrote. null: it names no place (TRACE-CONTEXT-1). */
export function placeOf(traceparent: unknown, tracestate?: unknown): SpanPlace | null {
  if (typeof traceparent !== 'string' || traceparent.length > MAX_TRACEPARENT_CHARS) return null
  const [, version, traceId, spanId, flags = '', more] = TRACEPARENT.exec(traceparent.trim()) ?? []
  if (traceId === undefined || spanId === undefined) return null
  if (version === '00' && more !== undefined) return null
  const sampled = (Number.parseInt(flags, 16) & 1) === 1
  const state = typeof tracestate === 'string' && TRACESTATE.test(tracestate) ? tracestate : undefined
  return { traceId, spanId, sampled, ...(state === undefined ? {} : { tracestate: state }) }
}

export const contextOf = ({ traceId, spanId, sampled, tracestate }: SpanPlace): TraceContext => ({
  traceparent: `00-${traceId}-${spanId}-${sampled ? '01' : '00'}`,
  ...(tracestate === undefined ? {} : { tracestate }),
})
