/** What real servers have been seen to send, in our own data; `source` names the public report. */
import type { FailureClass } from '../../../../src/domain/failures/failure'
import type { Api } from '../../../../src/formats/outbound/wire-format'

export interface AnswerCase {
  name: string
  source: string
  /** Default: `openai-chat`. */
  api?: Api
  /** A body that is sent whole, or the raw text of an event stream. */
  body: string
  /** Was a stream requested? */
  stream: boolean
  /** After a tool's result the model may have nothing to add. */
  mayBeEmpty?: boolean
  expected:
    | {
        text?: string
        calls?: [name: string, args: object][]
        finish?: string
        usage?: { inputTokens: number; outputTokens: number }
      }
    | { failure: FailureClass }
}

export interface ErrorCase {
  source: string
  status: number
  headers?: { [name: string]: string }
  body: unknown
  class: FailureClass
  retryAfterMs?: number
  /** Of `invalid_request`: would every provider say so? */
  proved?: boolean
}

/** One chunk of a chat stream. */
export const chunk = (delta: unknown, finish: string | null = null, more: object = {}): object => ({
  id: 'chat-7',
  object: 'chat.completion.chunk',
  model: 'm',
  choices: [{ index: 0, delta, finish_reason: finish }],
  ...more,
})

/** A whole chat answer. */
export const chat = (message: object, finish: string | null = 'stop', more: object = {}): object => ({
  id: 'chat-7',
  object: 'chat.completion',
  model: 'm',
  choices: [{ index: 0, message: { role: 'assistant', ...message }, finish_reason: finish }],
  usage: { prompt_tokens: 9, completion_tokens: 4 },
  ...more,
})

export const frame = (data: unknown, event?: string): string =>
  `${event === undefined ? '' : `event: ${event}\n`}data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`

export const DONE = 'data: [DONE]\n\n'

/** Text stands for itself, an object for an event. */
export const sse = (...parts: (object | string)[]): string =>
  parts.map((part) => (typeof part === 'string' ? part : frame(part))).join('')

/** Anthropic's events carry their type twice. */
export const typed = (...events: { type: string; [field: string]: unknown }[]): string =>
  events.map((event) => frame(event, event.type)).join('')
