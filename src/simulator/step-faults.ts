/** The faults of a step that are no HTTP errors (those: errors.ts). */
import type { HttpFault } from './errors'

/** No answer at all, or none after the headers. */
export const CONNECTION_FAULTS = [
  /** The socket is reset as soon as the request was read: a shared port can't refuse one provider alone. */
  'refuse',
  /** RST before any header. */
  'reset',
  'reset_after_headers',
  /** Takes the request and never answers. */
  'silent',
  'hang_after_headers',
] as const
export type ConnectionFault = (typeof CONNECTION_FAULTS)[number]

/** A 200 whose body is not what was requested. */
export const BODY_FAULTS = [
  'html',
  'cut_json',
  'empty_body',
  'empty_choices',
  'null_content',
  'wrong_shape',
  /** `content-length` announces more than is sent; streamed: the chunked body ends without its last chunk. */
  'cut_body',
  /** A body of more than `bytes` bytes (default 32 MiB). */
  'huge',
] as const
export type BodyFault = (typeof BODY_FAULTS)[number]

export type Fault = HttpFault | ConnectionFault | BodyFault
