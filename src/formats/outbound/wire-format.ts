/**
 * What a wire format is: four pure functions, and a pair for what it has in the place of words. A provider that uses one of them needs config only;
 * a new dialect is one folder beside this file plus a line in `index.ts` and its conformance fixtures.
 *
 * WIRE-FORMAT-1 No I/O, no clock: `now` is a parameter.
 * WIRE-FORMAT-2 A request is sent whole or refused: what the format can't express is `unsupported`, unless
 *    the route says `unsupportedParams: drop`.
 * WIRE-FORMAT-3 A decoder answers `ok` only for a whole answer; anything else is `bad_response`.
 * WIRE-FORMAT-4 An error text never holds a key and never the prompt.
 * WIRE-FORMAT-5 A success is what is proved: a known finish reason or an end marker, and no event lost. An
 *    event that can't be read may have carried words, so it ends the answer as cut, whatever follows.
 */

import type { Failure } from '../../domain/failures/failure'
import type { Outcome } from '../../domain/failures/outcome'
import type { JsonObject } from '../../domain/request/json'
import type { PromptCache } from '../../domain/request/prompt-cache'
import type { GenerationRequest } from '../../domain/request/request'
import type { ModelFacts } from '../../domain/routing/route'
import type { Answer, StreamEvent } from '../../domain/streaming/answer'

export const APIS = [
  'openai-responses',
  'openai-chat',
  'openai-completions',
  'anthropic-messages',
  'bedrock',
  'gemini',
] as const
export type Api = (typeof APIS)[number]

export interface PromptCaching {
  kind: PromptCache
  /** The same for requests that begin alike: they are to meet on the same machine. */
  key: string
}

export interface EncodeInput {
  /** `params` already merged: the request's own over the candidate's. */
  request: GenerationRequest
  provider: string
  model: string
  facts: ModelFacts
  stream: boolean
  unsupportedParams: 'fail' | 'drop'
  /** Is it the API of the format's own maker, which takes all of its clients' fields? Others refuse what they don't know. */
  native?: boolean | undefined
  /** Does a server of OpenAI's format take Anthropic's marks for the prompt cache? Others refuse or ignore them. Default: false. */
  takesMarks?: boolean | undefined
  /** What the route does for the provider's prompt cache. Absent: nothing. */
  promptCache?: PromptCaching | undefined
  /** The call is to go on at the provider when nobody listens. Default: false. */
  background?: boolean | undefined
}

export interface EncodedRequest {
  /** Appended to the provider's base URL, e.g. `/chat/completions`. */
  path: string
  /** The format's own headers, e.g. `anthropic-version`; never the key. */
  headers: { [name: string]: string }
  body: JsonObject
  /** What of the request is not in it, and changes nothing of the answer: by the caller's names. */
  leftOut?: string[] | undefined
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
  /** A line of the body that belongs to no field of an event stream. */
  unframed?: true
}

/**
 * Cuts the bytes of one body into events; holds what is not whole yet. Both throw, after the events before it, where bytes
 * can't be read: they may have been words.
 */
export interface BodyParser {
  feed(chunk: Uint8Array): Iterable<SseEvent>
  /** The body has ended, and was whole. */
  end(): Iterable<SseEvent>
}

/** Decodes one streamed answer; holds that answer's state, so one per call. */
export interface StreamDecoder {
  /**
   * One server-sent event -> the events it means (often one, sometimes none or more). A failure (WIRE-FORMAT-5): an error event
   * inside a 200 stream, a finish reason that is no success, an event that can't be read.
   */
  push(event: SseEvent): Outcome<StreamEvent[]>
  /** The body has ended, and was whole: a failure where a part of it could not be read. */
  end(): Outcome<StreamEvent[]>
  /** Has the answer a finish reason or the format's end marker? At the end of a whole body that proves it. */
  complete(): boolean
  /** Is it proved even if the body ends here? Not by servers that send a finish reason with every chunk. */
  proved(): boolean
  /** Has the format's last event been seen, so that nothing more is worth waiting for? */
  ended(): boolean
}

/** Paths of a response that goes on when nobody listens; its events are those of the call that began it. */
export interface BackgroundPaths {
  /** `GET`: all of its events, those to come too. */
  events(responseId: string): string
  /** `POST`: it is not to be made any longer. */
  cancel(responseId: string): string
}

/** A call that is one body each way, and is never streamed. */
export interface BodyFormat {
  encode(input: EncodeInput): Outcome<EncodedRequest>
  /** The text of a 2xx body, held against the call that it answers (WIRE-FORMAT-3). */
  decode(body: string, input: EncodeInput): Outcome<Answer>
}

export interface WireFormat {
  api: Api
  /** Absent: a call of this API ends with its connection. */
  background?: BackgroundPaths
  /** The vectors of `task.input` (`Answer.embeddings`). Absent: its API makes none. */
  embed?: BodyFormat
  /** How many tokens the request has (`Answer.usage`). Absent: its API does not count them. */
  count?: BodyFormat
  encode(input: EncodeInput): Outcome<EncodedRequest>
  /** The text of a 2xx body -> the answer, or a failure. `mayBeEmpty`: the model may have nothing to add. */
  decode(body: string, mayBeEmpty?: boolean): Outcome<Answer>
  decodeFailure(response: ErrorResponse): Failure
  createStreamDecoder(): StreamDecoder
}
