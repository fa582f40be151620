/** `POST /messages`, as Anthropic defines it (`anthropic-version: 2023-06-01`). */
import type { IncomingHttpHeaders } from 'node:http'
import type { JsonObject, JsonValue } from '../../domain/request/json'
import type { Usage } from '../../domain/streaming/answer'
import { invalidRequest, type SimulatedError } from '../errors'
import { jsonPieces, pieces } from '../text'
import { sealOf, type Thinker, type Thought } from '../thoughts'
import {
  contentText,
  type Finish,
  type Format,
  type Frame,
  isObject,
  lastTexts,
  listOf,
  type OddAnswer,
  type ParsedRequest,
  type Reply,
  textOr,
  textTemplate,
} from './format'

const STOP_REASONS: Record<Finish, string> = {
  stop: 'end_turn',
  length: 'max_tokens',
  tool_calls: 'tool_use',
  content_filter: 'refusal',
}

function rejectMessages(messages: JsonObject[]): SimulatedError | null {
  const called = new Set<JsonValue | undefined>()
  for (const [index, { role, content }] of messages.entries()) {
    if (role !== 'user' && role !== 'assistant') {
      return invalidRequest(`messages.${index}.role: Input should be 'user' or 'assistant'`)
    }
    for (const block of listOf(content)) {
      if (block.type === 'tool_use') called.add(block.id)
      if (block.type === 'tool_result' && !called.has(block.tool_use_id)) {
        return invalidRequest(
          `messages.${index}.content: unexpected \`tool_use_id\` found in \`tool_result\` blocks: ${textOr(block.tool_use_id, '')}. Each \`tool_result\` block must have a corresponding \`tool_use\` block in the previous message.`,
        )
      }
    }
  }
  const last = messages.at(-1)
  if (last?.role === 'assistant' && /\s$/.test(contentText(last.content))) {
    return invalidRequest('messages: final assistant content cannot end with trailing whitespace')
  }
  return null
}

const isThought = ({ type }: JsonObject): boolean => type === 'thinking' || type === 'redacted_thinking'

/** Thinking by budget insists on the thoughts before a tool's result. */
function rejectThoughts({ messages: given, thinking }: JsonObject, thinker: Thinker): SimulatedError | null {
  const messages = listOf(given)
  for (const [index, { content }] of messages.entries())
    for (const [at, { type, thinking: text, signature }] of listOf(content).entries())
      if (type === 'thinking' && signature !== sealOf(thinker, textOr(text, '')))
        return invalidRequest(`messages.${index}.content.${at}: Invalid \`signature\` in \`thinking\` block`)
  const at = messages.findLastIndex(({ role }) => role === 'assistant')
  const last = listOf(messages[at]?.content)
  const [first] = last
  const wanted =
    isObject(thinking) && thinking.type === 'enabled' && last.some(({ type }) => type === 'tool_use')
  if (!wanted || first === undefined || isThought(first) || at !== messages.length - 2) return null
  return invalidRequest(
    `messages.${at}.content.0.type: Expected \`thinking\` or \`redacted_thinking\`, but found \`${first.type}\`. When \`thinking\` is enabled, a final \`assistant\` message must start with a thinking block (preceeding the lastmost set of \`tool_use\` and \`tool_result\` blocks).`,
  )
}

function reject(body: JsonValue, headers: IncomingHttpHeaders): SimulatedError | null {
  if (headers['anthropic-version'] === undefined)
    return invalidRequest('anthropic-version: header is required')
  if (!isObject(body)) return invalidRequest('The request body is not valid JSON')
  for (const name of ['model', 'max_tokens', 'messages']) {
    if (body[name] === undefined) return invalidRequest(`${name}: Field required`)
  }
  if (textOr(body.model, '') === '') return invalidRequest('model: String should have at least 1 character')
  if (typeof body.max_tokens !== 'number' || body.max_tokens < 1) {
    return invalidRequest('max_tokens: Input should be greater than or equal to 1')
  }
  const messages = listOf(body.messages)
  return messages.length === 0
    ? invalidRequest('messages: at least one message is required')
    : rejectMessages(messages)
}

/** `output_config.format`, and `output_format`, its name while it was in beta. */
function outputSchema(body: JsonObject): JsonObject | null {
  const format = isObject(body.output_config) ? body.output_config.format : body.output_format
  return isObject(format) && format.type === 'json_schema' && isObject(format.schema) ? format.schema : null
}

function forcedTool(body: JsonObject): ParsedRequest['forcedTool'] {
  const choice = isObject(body.tool_choice) ? body.tool_choice : {}
  const tools = listOf(body.tools)
  const found =
    choice.type === 'any'
      ? tools[0]
      : tools.find((tool) => choice.type === 'tool' && tool.name === choice.name)
  if (found === undefined) return null
  return { name: textOr(found.name, ''), parameters: isObject(found.input_schema) ? found.input_schema : {} }
}

/** Cached tokens are reported beside `input_tokens`, which leaves them out. */
function usageOf({
  inputTokens,
  outputTokens,
  cachedInputTokens = 0,
  cacheWriteInputTokens: written = 0,
  longCacheWriteInputTokens: long = 0,
  reasoningTokens,
}: Usage): JsonObject {
  return {
    input_tokens: Math.max(0, inputTokens - cachedInputTokens - written),
    cache_creation_input_tokens: written,
    cache_creation: { ephemeral_5m_input_tokens: written - long, ephemeral_1h_input_tokens: long },
    cache_read_input_tokens: cachedInputTokens,
    output_tokens: outputTokens,
    ...(reasoningTokens === undefined ? {} : { output_tokens_details: { thinking_tokens: reasoningTokens } }),
    service_tier: 'standard',
  }
}

const messageOf = (
  reply: Reply,
  content: JsonValue,
  stopReason: string | null,
  usage: Usage | null,
): JsonObject => ({
  id: reply.id,
  type: 'message',
  role: 'assistant',
  model: reply.model,
  content,
  stop_reason: stopReason,
  stop_sequence: null,
  ...(usage === null ? {} : { usage: usageOf(usage) }),
})

/** Broken JSON can't stand in a whole answer, where the arguments are an object: it is sent as a string. */
function parsedOrText(json: string): JsonValue {
  try {
    return JSON.parse(json) as JsonValue
  } catch {
    return json
  }
}

function whole(reply: Reply): JsonObject {
  const calls = reply.toolCalls.map(({ id, name, arguments: json }): JsonObject => {
    return { type: 'tool_use', id, name, input: parsedOrText(json) }
  })
  const isText = reply.text !== '' || (calls.length === 0 && reply.finish !== 'content_filter')
  const text: JsonObject[] = isText ? [{ type: 'text', text: reply.text, citations: null }] : []
  const thoughts = reply.thoughts.map(({ text: thinking, seal }): JsonObject => {
    return { type: 'thinking', thinking, signature: seal }
  })
  const [first, ...later] = thoughts
  const behind = calls.flatMap((call, at) => [
    ...(at > 0 && later[at - 1] ? [later[at - 1] as JsonObject] : []),
    call,
  ])
  const content = [...(first === undefined ? [] : [first]), ...text, ...behind]
  return messageOf(reply, content, STOP_REASONS[reply.finish], reply.usage)
}

const event = (value: JsonObject & { type: string }): string =>
  `event: ${value.type}\ndata: ${JSON.stringify(value)}\n\n`
const PING = event({ type: 'ping' })

const blockFrames = (
  index: number,
  block: JsonObject,
  texts: string[],
  delta: (text: string) => JsonObject,
): Frame[] => {
  const word = textTemplate((text) => event({ type: 'content_block_delta', index, delta: delta(text) }))
  return [
    { kind: 'head', sse: event({ type: 'content_block_start', index, content_block: block }) },
    ...texts.map((text): Frame => ({ kind: 'word', sse: word(text) })),
    { kind: 'tail', sse: event({ type: 'content_block_stop', index }) },
  ]
}

const textDelta = (text: string): JsonObject => ({ type: 'text_delta', text })
const jsonDelta = (partial_json: string): JsonObject => ({ type: 'input_json_delta', partial_json })

/** Its signature comes behind its text. */
function thoughtFrames(index: number, { text, seal }: Thought): Frame[] {
  const block = { type: 'thinking', thinking: '', signature: '' }
  const delta = (more: JsonObject): Frame => ({
    kind: 'head',
    sse: event({ type: 'content_block_delta', index, delta: more }),
  })
  return [
    { kind: 'head', sse: event({ type: 'content_block_start', index, content_block: block }) },
    ...pieces(text).map((thinking) => delta({ type: 'thinking_delta', thinking })),
    delta({ type: 'signature_delta', signature: seal }),
    { kind: 'head', sse: event({ type: 'content_block_stop', index }) },
  ]
}

const startFrames = (reply: Reply): Frame[] => {
  const usage = reply.usage && {
    ...reply.usage,
    outputTokens: Math.min(1, reply.usage.outputTokens),
    reasoningTokens: undefined,
  }
  return [
    { kind: 'head', sse: event({ type: 'message_start', message: messageOf(reply, [], null, usage) }) },
    { kind: 'head', sse: PING },
  ]
}

const endFrames = (reply: Reply, stopReason: string | null): Frame[] => [
  {
    kind: 'tail',
    sse: event({
      type: 'message_delta',
      delta: { stop_reason: stopReason, stop_sequence: null },
      ...(reply.usage === null ? {} : { usage: usageOf(reply.usage) }),
    }),
  },
  { kind: 'end', sse: event({ type: 'message_stop' }) },
]

function frames(reply: Reply): Frame[] {
  const all = startFrames(reply)
  let index = 0
  const think = (at: number): void => {
    const thought = reply.thoughts[at]
    if (thought !== undefined) all.push(...thoughtFrames(index++, thought))
  }
  think(0)
  if (reply.text !== '' || reply.toolCalls.length === 0) {
    all.push(...blockFrames(index++, { type: 'text', text: '' }, pieces(reply.text), textDelta))
  }
  for (const [at, { id, name, arguments: json }] of reply.toolCalls.entries()) {
    if (at > 0) think(at)
    const block = { type: 'tool_use', id, name, input: {} }
    all.push(...blockFrames(index++, block, jsonPieces(json), jsonDelta))
  }
  all.push(...endFrames(reply, STOP_REASONS[reply.finish]))
  return all
}

const WRONG: JsonObject & { type: string } = { type: 'result', output: 'a shape that no client knows' }

function oddWhole(odd: OddAnswer, reply: Reply): JsonObject {
  if (odd === 'wrong_shape') return WRONG
  return messageOf(reply, odd === 'empty_choices' ? [] : null, 'end_turn', reply.usage)
}

function oddFrames(odd: OddAnswer, reply: Reply): Frame[] {
  if (odd === 'wrong_shape') return [{ kind: 'tail', sse: event(WRONG) }]
  const block = odd === 'null_content' ? blockFrames(0, { type: 'text', text: null }, [], textDelta) : []
  return [...startFrames(reply), ...block, ...endFrames(reply, 'end_turn')]
}

const errorBody = ({ type, message }: SimulatedError, requestId: string): JsonObject & { type: string } => ({
  type: 'error',
  error: { type, message },
  request_id: requestId,
})

export const anthropicMessages: Format = {
  api: 'anthropic-messages',
  dialect: 'anthropic',
  requestIdHeader: 'request-id',
  idPrefix: 'msg_sim_',
  toolIdPrefix: 'toolu_sim_',
  reject,
  rejectThoughts,
  read: (body) => ({
    model: textOr(body.model, ''),
    stream: body.stream === true,
    includeUsage: true,
    ...lastTexts(listOf(body.messages)),
    schema: outputSchema(body),
    forcedTool: forcedTool(body),
  }),
  whole,
  frames,
  oddWhole,
  oddFrames,
  errorBody,
  errorFrame: (error, requestId) => event(errorBody(error, requestId)),
  pingFrame: () => PING,
  malformedFrame:
    'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{"type":"te\n\n',
}
