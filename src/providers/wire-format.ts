/**
 * What a wire format is: four pure functions. A provider that speaks one of them needs config only;
 * a new dialect is one folder beside this file plus a line in `index.ts` and its conformance fixtures.
 *
 * W1 No I/O, no clock: `now` is a parameter.
 * W2 A request is sent whole or refused: what the format can't express is `unsupported`,
 *    unless the route says `unsupportedParams: drop`.
 * W3 A decoder answers `ok` only for a whole answer; anything else is `bad_response`.
 * W4 An error text never holds a key and never the prompt.
 */
import type { Answer, StreamEvent } from '../domain/answer'
import type { Failure } from '../domain/failure'
import type { JsonObject } from '../domain/json'
import type { Outcome } from '../domain/outcome'
import type { GenerationRequest } from '../domain/request'
import type { ModelFacts } from '../domain/route'

export const APIS = ['openai-chat', 'openai-completions', 'anthropic-messages'] as const
export type Api = (typeof APIS)[number]

export interface EncodeInput {
  /** `params` already merged: the request's own over the candidate's. */
  request: GenerationRequest
  provider: string
  model: string
  facts: ModelFacts
  stream: boolean
  unsupportedParams: 'fail' | 'drop'
}

export interface EncodedRequest {
  /** Appended to the provider's base URL, e.g. `/chat/completions`. */
  path: string
  /** The format's own headers, e.g. `anthropic-version`; never the key. */
  headers: { [name: string]: string }
  body: JsonObject
}

export interface ErrorResponse {
  status: number
  /** Names in lower case. */
  headers: { [name: string]: string }
  body: string
  /** Epoch milliseconds, for Retry-After as a date. */
  now: number
}

export interface SseEvent {
  event: string | null
  data: string
}

/** Decodes one streamed answer; holds that answer's state, so one per call. */
export interface StreamDecoder {
  /**
   * One server-sent event -> the events it means (often one, sometimes none or more).
   * An error event inside a 200 stream is a failure. A malformed event yields none and is counted.
   */
  push(event: SseEvent): Outcome<StreamEvent[]>
  /** Has the answer proved complete: a finish reason or the format's end marker? */
  complete(): boolean
  /** Has the format's last event been seen, so that nothing more is worth waiting for? */
  ended(): boolean
  malformed(): number
}

export interface WireFormat {
  api: Api
  /** Where the key goes when the provider's config doesn't say. */
  defaultAuth: { type: 'bearer' } | { type: 'header'; name: string } | { type: 'none' }
  encode(input: EncodeInput): Outcome<EncodedRequest>
  /** The text of a 2xx body -> the answer, or `bad_response` / `content_refused`. */
  decode(body: string): Outcome<Answer>
  decodeFailure(response: ErrorResponse): Failure
  createStreamDecoder(): StreamDecoder
}
