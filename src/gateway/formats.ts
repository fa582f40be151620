/** The two dialects side by side: how each reads a request, and how it says an answer, whole or as a stream. */
import type { IncomingHttpHeaders } from 'node:http'
import { HoldfastError } from '../client'
import {
  type AnswerEvent,
  type Answered,
  type Asked,
  answeredResponse,
  chatCompletion,
  createChatChunks,
  createMessageEvents,
  createResponseEvents,
  generationIdOf,
  messageBody,
  type ParsedRequest,
  PING,
  parseChatRequest,
  parseMessagesRequest,
  parseResponsesRequest,
  runningResponse,
  SSE_COMMENT,
  SSE_DONE,
  sseData,
  sseTyped,
} from '../formats/inbound'
import { type Dialect, errorResponse, HttpProblem } from './problems'
import { eventId } from './request-headers'

export interface StreamFormat {
  /** One event of a generation as server-sent events; empty where this dialect has nothing for it. */
  encode(event: AnswerEvent): string
  /** The end marker of a whole answer. Sent only after `done`. */
  end: string
  /** Sent between events while there is nothing to say; the dialect's clients pass over it. */
  ping: string
  /** An error inside the stream: what comes after it is nothing, so that a cut answer never looks whole. */
  error(error: HoldfastError | HttpProblem): string
}

/** A request as its dialect reads it, and how its answer is encoded. */
export interface DialectRequest {
  parsed: ParsedRequest
  body(result: Answered): object
  /** `createdAt` in epoch milliseconds. `run`: the one whose positions these are. */
  stream(generationId: string, createdAt: number, run: string | undefined): StreamFormat
  /** The generation that it goes on from. Absent: none. */
  previous?: string | undefined
  /** It goes on without its caller: what is said of one that was started. Absent: its caller waits for the answer. */
  started?: ((generationId: string, createdAt: number) => object) | undefined
}

export interface Format {
  dialect: Dialect
  path: string
  /** Do its events have positions, so that a client can resume? */
  resumes: boolean
  /** Throws HoldfastError `invalid_request`. */
  read(body: unknown, headers: IncomingHttpHeaders): DialectRequest
}

/** The end is no place to resume from. The Python client makes an event of every blank line while it knows an `id`. */
const NO_POSITION = 'id:\n'

export const FORMATS: readonly Format[] = [
  {
    dialect: 'openai',
    path: '/v1/chat/completions',
    resumes: true,
    read(body) {
      const parsed = parseChatRequest(body)
      return {
        parsed,
        body: (result) => chatCompletion(result, parsed.functions),
        stream(id, createdAt, run) {
          const chunks = createChatChunks(id, createdAt, parsed.includeUsage, parsed.functions)
          // Only the last chunk of an event has its position: whoever has that one has them all.
          const framed = (event: AnswerEvent) =>
            chunks(event).map((chunk, at, all) =>
              sseData(chunk, at === all.length - 1 ? eventId(event.position, run) : undefined),
            )
          return {
            encode: (event) => framed(event).join(''),
            end: NO_POSITION + SSE_DONE,
            ping: SSE_COMMENT,
            error: (error) => sseData(errorResponse(error, 'openai').body),
          }
        },
      }
    },
  },
  {
    dialect: 'anthropic',
    path: '/v1/messages',
    resumes: false,
    read(body, headers) {
      const parsed = parseMessagesRequest(body, headers)
      return {
        parsed,
        body: messageBody,
        stream(id) {
          const events = createMessageEvents(id)
          return {
            encode: (event) => events(event).map(sseTyped).join(''),
            end: '',
            ping: sseTyped(PING),
            error: (error) => sseTyped({ type: 'error', ...errorResponse(error, 'anthropic').body }),
          }
        },
      }
    },
  },
  {
    dialect: 'openai',
    path: '/v1/responses',
    resumes: false,
    read(body) {
      const parsed = parseResponsesRequest(body)
      const { background, previous, asked, echoModel: model } = parsed
      const { echo } = asked
      return {
        parsed,
        ...(previous === null ? {} : { previous: generationIdOf(previous) }),
        body: (result) => answeredResponse(result, asked),
        stream: (id, createdAt) => responseStream(id, createdAt, asked),
        ...(background
          ? {
              started: (generationId, createdAt) => runningResponse({ generationId, createdAt, model, echo }),
            }
          : {}),
      }
    },
  },
]

/** The events of a response, from its first or behind one that the reader has. */
export function responseStream(
  generationId: string,
  createdAt: number,
  asked: Asked,
  after = -1,
): StreamFormat {
  const events = createResponseEvents(generationId, createdAt, asked)
  return {
    encode: (event) =>
      events
        .encode(event)
        .filter(({ sequence_number }) => sequence_number > after)
        .map(sseTyped)
        .join(''),
    end: '',
    ping: SSE_COMMENT,
    error: (error) => sseTyped(events.failed(asHoldfastError(error, generationId))),
  }
}

const asHoldfastError = (error: HoldfastError | HttpProblem, generationId: string): HoldfastError =>
  error instanceof HttpProblem
    ? new HoldfastError({ kind: 'unavailable', message: error.message, accepted: true, generationId })
    : error
