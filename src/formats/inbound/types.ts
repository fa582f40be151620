/** What all dialects share: the parsed request, and the answer's events. */
import type { GenerationEvent } from '../../client/events'
import type { GenerationResult } from '../../contract/generation'
import type { JsonObject } from '../../domain/request/json'
import type { GenerationRequest, ToolCall } from '../../domain/request/request'
import type { GenerateRequest } from '../../request'

/** What the library's `generate` and `stream` take, as far as a body can say it. */
export interface FormatRequest
  extends Pick<GenerationRequest, 'messages' | 'params' | 'toolChoice'>,
    Pick<GenerateRequest, 'override' | 'cache' | 'metadata'> {
  /** The caller's `model`: a route or a target. */
  route: string
  tools?: GenerationRequest['tools']
  schema?: JsonObject
}

export interface ParsedRequest {
  request: FormatRequest
  stream: boolean
  /**
   * What a stream does when another candidate answers in other words: end in an error, or send a restart and begin
   * anew.
   */
  restarts: 'error' | 'event'
  /** `model` as the caller wrote it. */
  echoModel: string
}

/** A result as `generate` gives it. */
export interface Answered extends Omit<GenerationResult, 'output' | 'toolCalls'> {
  toolCalls: ToolCall[]
  /** The run in the Temporal Web UI. */
  webUrl?: string | undefined
}

export type AnswerEvent = GenerationEvent<Answered>

/** A whole HTTP answer; `body` is sent as JSON. */
export interface ErrorResponse<Body> {
  status: number
  /** Lower-case names. */
  headers: { [name: string]: string }
  body: Body
}
