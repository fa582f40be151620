/** What the simulator needs of a wire format: to read a request, and to put an answer or an error in its shape. */
import type { IncomingHttpHeaders } from 'node:http'
import type { JsonObject, JsonValue } from '../../domain/request/json'
import type { Usage } from '../../domain/streaming/answer'
import type { Api } from '../../formats/outbound/wire-format'
import type { ErrorFormat, SimulatedError } from '../errors'
import type { Thinker, Thought } from '../thoughts'

/** What of a request decides the answer. */
export interface ParsedRequest {
  model: string
  stream: boolean
  /** OpenAI's `stream_options.include_usage`. */
  includeUsage: boolean
  /** The text of the last user message. */
  userText: string
  /** The text of a last message by the assistant, which the answer should continue. */
  prefill: string | null
  /** The JSON Schema that the answer must fit. */
  schema: JsonObject | null
  /** The tool that must be called. */
  forcedTool: { name: string; parameters: JsonObject } | null
  /** OpenAI's background mode. Default: false. */
  background?: boolean | undefined
}

export type Finish = 'stop' | 'length' | 'tool_calls' | 'content_filter'

export interface Reply {
  id: string
  model: string
  /** Epoch seconds. */
  createdAt: number
  text: string
  /** `arguments` is JSON text, possibly broken on order. */
  toolCalls: { id: string; name: string; arguments: string }[]
  /** The first comes before the text, each other one before the call of the same number. */
  thoughts: Thought[]
  finish: Finish
  usage: Usage | null
  includeUsage: boolean
  /** What is charged for all of it, whether it says so or not. */
  billed: Usage
  /** Made in OpenAI's background mode. Default: false. */
  background?: boolean | undefined
  /** What was sent. */
  request: JsonObject
}

/**
 * One piece of a stream. `word`: part of the answer, what `after` in a script counts.
 * `end`: the format's end marker, which `noDone` leaves out.
 */
export interface Frame {
  kind: 'head' | 'word' | 'tail' | 'end'
  sse: string
}

/** Whole in its transport, wrong in its content. */
export type OddAnswer = 'empty_choices' | 'null_content' | 'wrong_shape'

export interface Format {
  api: Api
  dialect: ErrorFormat
  /** null: it names its answers in no header. */
  requestIdHeader: string | null
  idPrefix: string
  toolIdPrefix: string
  /** What the real provider would say against the request, or null. */
  reject(body: JsonValue, headers: IncomingHttpHeaders, path: string): SimulatedError | null
  /** What it would say against a sealed thought that is not this one's, or null. Absent: the format has none. */
  rejectThoughts?(body: JsonObject, thinker: Thinker): SimulatedError | null
  /** Reads a request that was not rejected. `path`: some formats have the model there. */
  read(body: JsonObject, path: string): ParsedRequest
  whole(reply: Reply): JsonObject
  frames(reply: Reply): Frame[]
  oddWhole(odd: OddAnswer, reply: Reply): JsonObject
  oddFrames(odd: OddAnswer, reply: Reply): Frame[]
  errorBody(error: SimulatedError, requestId: string): JsonObject
  /** What of an error stands in headers. */
  errorHeaders?(error: SimulatedError): { [name: string]: string }
  /** An error inside a 200 stream. */
  errorFrame(error: SimulatedError, requestId: string): string
  /** An event that means nothing, as the real one sends now and then. */
  pingFrame(reply: Reply): string
  /** What of it is charged. Default: all. */
  charges?: 'prompt' | 'nothing'
  /** An event whose JSON is broken. */
  malformedFrame: string
  /** The event with this number, from 0, of formats that number their events. */
  numbered?(sse: string, number: number): string
  /** Of formats whose events are no text on the wire: their content type, and the bytes of one event. */
  binary?: { contentType: string; encode(sse: string): Buffer }
}

/** Events as they go over the wire. */
export const eventBytes = ({ binary }: Format, ...events: string[]): string | Buffer =>
  binary ? Buffer.concat(events.map(binary.encode)) : events.join('')

export const isObject = (value: JsonValue | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

export const listOf = (value: JsonValue | undefined): JsonObject[] =>
  Array.isArray(value) ? value.filter(isObject) : []

export const textOr = (value: JsonValue | undefined, otherwise: string): string =>
  typeof value === 'string' ? value : otherwise

/** The text of a message's content: a string, or parts of which those with text count. */
export function contentText(content: JsonValue | undefined): string {
  if (typeof content === 'string') return content
  return listOf(content)
    .map((part) => textOr(part.text, '') || contentText(part.content))
    .join('')
}

/** The last user message's text, and the prefill where the last message is the assistant's. */
export function lastTexts(messages: JsonObject[]): Pick<ParsedRequest, 'userText' | 'prefill'> {
  const user = messages.findLast((message) => message.role === 'user')
  const last = messages.at(-1)
  const prefill = last?.role === 'assistant' ? contentText(last.content) : null
  return { userText: contentText(user?.content), prefill: prefill === '' ? null : prefill }
}

/** Any text that needs no escape in JSON and stands nowhere else. */
const MARK = '@@piece@@'

/**
 * Builds an event once and then only puts another text in: per word, that is a fifth of the work, and
 * benchmarks stream many words.
 */
export function textTemplate(build: (text: string) => string): (text: string) => string {
  const [before = '', after = ''] = build(MARK).split(`"${MARK}"`)
  return (text) => before + JSON.stringify(text) + after
}
