/** `POST /model/<model>/converse` and `…/converse-stream`, as AWS Bedrock defines them. */
import { EventStreamCodec } from '@smithy/core/event-streams'
import type { JsonObject, JsonValue } from '../../domain/request/json'
import type { Usage } from '../../domain/streaming/answer'
import { invalidRequest, type SimulatedError } from '../errors'
import { jsonPieces, pieces } from '../text'
import { forcedTool, reject, schemaOf } from './bedrock-request'
import {
  type Finish,
  type Format,
  type Frame,
  lastTexts,
  listOf,
  type OddAnswer,
  type Reply,
  textTemplate,
} from './format'

const STOP_REASONS: Record<Finish, string> = {
  stop: 'end_turn',
  length: 'max_tokens',
  tool_calls: 'tool_use',
  content_filter: 'guardrail_intervened',
}

/** Cached tokens are reported beside `inputTokens`, which leaves them out. */
const usageOf = ({ inputTokens, outputTokens, cachedInputTokens = 0 }: Usage): JsonObject => ({
  inputTokens: Math.max(0, inputTokens - cachedInputTokens),
  outputTokens,
  totalTokens: inputTokens + outputTokens,
  cacheReadInputTokens: cachedInputTokens,
  cacheWriteInputTokens: 0,
})

const METRICS = { metrics: { latencyMs: 7 } }

const responseOf = (reply: Reply, content: JsonValue, stopReason: string): JsonObject => ({
  output: { message: { role: 'assistant', content } },
  stopReason,
  ...(reply.usage === null ? {} : { usage: usageOf(reply.usage) }),
  ...METRICS,
})

/** Broken JSON can't stand in a whole answer, where the arguments are an object: it is sent as a string. */
function parsedOrText(json: string): JsonValue {
  try {
    return JSON.parse(json) as JsonValue
  } catch {
    return json
  }
}

const hasText = ({ text, toolCalls, finish }: Reply): boolean =>
  text !== '' || (toolCalls.length === 0 && finish !== 'content_filter')

function whole(reply: Reply): JsonObject {
  const calls = reply.toolCalls.map(
    ({ id, name, arguments: json }): JsonObject => ({
      toolUse: { toolUseId: id, name, input: parsedOrText(json) },
    }),
  )
  return responseOf(
    reply,
    [...(hasText(reply) ? [{ text: reply.text }] : []), ...calls],
    STOP_REASONS[reply.finish],
  )
}

/** An event's name and payload; `encode` makes a frame of it. */
const event = (name: string, payload: JsonObject): string =>
  `event: ${name}\ndata: ${JSON.stringify(payload)}\n\n`

const head = (name: string, payload: JsonObject): Frame => ({ kind: 'head', sse: event(name, payload) })
const tail = (name: string, payload: JsonObject): Frame => ({ kind: 'tail', sse: event(name, payload) })

function words(contentBlockIndex: number, texts: string[], delta: (text: string) => JsonObject): Frame[] {
  const word = textTemplate((text) => event('contentBlockDelta', { contentBlockIndex, delta: delta(text) }))
  return texts.map((text): Frame => ({ kind: 'word', sse: word(text) }))
}

/** A block of text has no beginning of its own. */
function blockFrames(reply: Reply): Frame[] {
  const blocks: Frame[][] = hasText(reply) ? [words(0, pieces(reply.text), (text) => ({ text }))] : []
  for (const { id, name, arguments: json } of reply.toolCalls) {
    const contentBlockIndex = blocks.length
    blocks.push([
      head('contentBlockStart', { contentBlockIndex, start: { toolUse: { toolUseId: id, name } } }),
      ...words(contentBlockIndex, jsonPieces(json), (input) => ({ toolUse: { input } })),
    ])
  }
  return blocks.flatMap((frames, contentBlockIndex) => [
    ...frames,
    // A fault that wants more words than there are strikes before the last one's end.
    (contentBlockIndex === blocks.length - 1 ? tail : head)('contentBlockStop', { contentBlockIndex }),
  ])
}

const START = head('messageStart', { role: 'assistant' })

const endFrames = (reply: Reply, stopReason: string): Frame[] => [
  tail('messageStop', { stopReason }),
  {
    kind: 'end',
    sse: event('metadata', { ...(reply.usage === null ? {} : { usage: usageOf(reply.usage) }), ...METRICS }),
  },
]

const WRONG: JsonObject = { result: 'a shape that no client knows' }

function oddWhole(odd: OddAnswer, reply: Reply): JsonObject {
  if (odd === 'wrong_shape') return WRONG
  return responseOf(reply, odd === 'empty_choices' ? [] : null, 'end_turn')
}

function oddFrames(odd: OddAnswer, reply: Reply): Frame[] {
  if (odd === 'wrong_shape')
    return [{ kind: 'tail', sse: 'event: result\ndata: "a shape that no client knows"\n\n' }]
  const block =
    odd === 'null_content' ? [head('contentBlockDelta', { contentBlockIndex: 0, delta: { text: null } })] : []
  return [START, ...block, ...endFrames(reply, 'end_turn')]
}

const codec = new EventStreamCodec(
  (bytes) => Buffer.from(bytes as Uint8Array).toString(),
  (text) => Buffer.from(text),
)

/** One event as AWS's binary frame. */
function encode(sse: string): Buffer {
  const [, name = 'chunk', data = ''] = /^(?:event: (\w+)\n)?data: (.*)\n\n$/s.exec(sse) ?? []
  const type = /Exception$/.test(name) ? 'exception' : 'event'
  const headers = {
    [`:${type}-type`]: { type: 'string' as const, value: name },
    ':content-type': { type: 'string' as const, value: 'application/json' },
    ':message-type': { type: 'string' as const, value: type },
  }
  return Buffer.from(codec.encode({ headers, body: Buffer.from(data) }))
}

/** Faults that all formats share name theirs in OpenAI's words. */
const typeOf = ({ type }: SimulatedError): string =>
  type === null || type === invalidRequest('').type ? 'ValidationException' : type

const lowerFirst = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1)

export const bedrock: Format = {
  api: 'bedrock',
  dialect: 'bedrock',
  requestIdHeader: 'x-amzn-requestid',
  idPrefix: 'sim-',
  toolIdPrefix: 'tooluse_sim_',
  reject,
  read: (body, path) => {
    const [, model = '', streamed] = /\/model\/([^/]+)\/converse(-stream)?$/.exec(path) ?? []
    return {
      model: decodeURIComponent(model),
      stream: streamed !== undefined,
      includeUsage: true,
      ...lastTexts(listOf(body.messages)),
      schema: schemaOf(body),
      forcedTool: forcedTool(body),
    }
  },
  whole,
  frames: (reply) => [START, ...blockFrames(reply), ...endFrames(reply, STOP_REASONS[reply.finish])],
  oddWhole,
  oddFrames,
  errorBody: ({ message }) => ({ message }),
  errorHeaders: (error) => ({ 'x-amzn-errortype': `${typeOf(error)}:http://internal.amazon.com/coral/` }),
  errorFrame: (error) => event(lowerFirst(typeOf(error)), { message: error.message }),
  pingFrame: () => event('contentBlockDelta', { contentBlockIndex: 0, delta: { text: '' } }),
  malformedFrame: 'event: contentBlockDelta\ndata: {"contentBlockIndex":0,"delta":{"te\n\n',
  binary: { contentType: 'application/vnd.amazon.eventstream', encode },
}
