/** `POST /chat/completions`, as OpenAI and compatible servers define it. */
import type { JsonObject, JsonValue } from '../../domain/request/json'
import { invalidRequest, type SimulatedError } from '../errors'
import { jsonPieces, pieces } from '../text'
import {
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
import {
  DONE,
  data,
  missing,
  openAiError,
  openAiUsage,
  responseSchema,
  usageFrames,
  wantsUsage,
} from './openai-common'

function forcedTool(body: JsonObject): ParsedRequest['forcedTool'] {
  const choice = body.tool_choice
  const functions = listOf(body.tools).map((tool) => (isObject(tool.function) ? tool.function : {}))
  const wanted = isObject(choice) && isObject(choice.function) ? choice.function.name : undefined
  const found =
    choice === 'required'
      ? functions[0]
      : functions.find((named) => wanted !== undefined && named.name === wanted)
  if (found === undefined) return null
  return { name: textOr(found.name, ''), parameters: isObject(found.parameters) ? found.parameters : {} }
}

/** A tool's result must answer a call made before it. */
function strayToolResult(messages: JsonObject[]): SimulatedError | null {
  const called = new Set<JsonValue | undefined>()
  for (const [index, message] of messages.entries()) {
    for (const call of listOf(message.tool_calls)) called.add(call.id)
    if (message.role === 'tool' && !called.has(message.tool_call_id)) {
      const param = `messages.[${index}].role`
      return invalidRequest(
        "Invalid parameter: messages with role 'tool' must be a response to a preceding message with 'tool_calls'.",
        param,
      )
    }
  }
  return null
}

function reject(body: JsonValue): SimulatedError | null {
  if (!isObject(body)) return invalidRequest('We could not parse the JSON body of your request.')
  if (textOr(body.model, '') === '') return invalidRequest('you must provide a model parameter')
  if (body.messages === undefined) return missing('messages')
  const messages = listOf(body.messages)
  if (messages.length === 0) {
    return invalidRequest(
      "Invalid 'messages': empty array. Expected an array with minimum length 1, but got an empty array instead.",
      'messages',
      'empty_array',
    )
  }
  return strayToolResult(messages)
}

const choice = (message: JsonObject, finish: string | null): JsonObject => ({
  index: 0,
  message: { role: 'assistant', refusal: null, ...message },
  logprobs: null,
  finish_reason: finish,
})

const envelope = (reply: Reply, choices: JsonValue[], more: JsonObject = {}): JsonObject => ({
  id: reply.id,
  object: 'chat.completion',
  created: reply.createdAt,
  model: reply.model,
  choices,
  ...(reply.usage === null ? {} : { usage: openAiUsage(reply.usage) }),
  system_fingerprint: 'fp_simulated',
  ...more,
})

const chunkOf =
  (reply: Reply) =>
  (choices: JsonValue[], more: JsonObject = {}): JsonObject => ({
    id: reply.id,
    object: 'chat.completion.chunk',
    created: reply.createdAt,
    model: reply.model,
    system_fingerprint: 'fp_simulated',
    choices,
    ...(reply.includeUsage ? { usage: null } : {}),
    ...more,
  })

const delta = (content: JsonObject, finish: string | null = null): JsonObject => ({
  index: 0,
  delta: content,
  logprobs: null,
  finish_reason: finish,
})

function whole(reply: Reply): JsonObject {
  const calls = reply.toolCalls.map(({ id, name, arguments: json }) => ({
    id,
    type: 'function',
    function: { name, arguments: json },
  }))
  const content = reply.text === '' && calls.length > 0 ? null : reply.text
  const message: JsonObject = calls.length > 0 ? { content, tool_calls: calls } : { content }
  return envelope(reply, [choice(message, reply.finish)])
}

function frames(reply: Reply): Frame[] {
  const chunk = chunkOf(reply)
  const frame = (kind: Frame['kind'], content: JsonObject, finish: string | null = null): Frame => ({
    kind,
    sse: data(chunk([delta(content, finish)])),
  })
  const isToolCall = reply.text === '' && reply.toolCalls.length > 0
  const all = [frame('head', { role: 'assistant', content: isToolCall ? null : '', refusal: null })]
  const word = textTemplate((content) => frame('word', { content }).sse)
  for (const content of pieces(reply.text)) all.push({ kind: 'word', sse: word(content) })
  for (const [index, { id, name, arguments: json }] of reply.toolCalls.entries()) {
    all.push(
      frame('head', { tool_calls: [{ index, id, type: 'function', function: { name, arguments: '' } }] }),
    )
    for (const piece of jsonPieces(json)) {
      all.push(frame('word', { tool_calls: [{ index, function: { arguments: piece } }] }))
    }
  }
  all.push(frame('tail', {}, reply.finish))
  all.push(...usageFrames(reply, chunk), DONE)
  return all
}

const WRONG: JsonObject = { result: { output: 'a shape that no client knows' } }

function oddWhole(odd: OddAnswer, reply: Reply): JsonObject {
  if (odd === 'empty_choices') return envelope(reply, [])
  return odd === 'null_content' ? envelope(reply, [choice({ content: null }, 'stop')]) : WRONG
}

function oddFrames(odd: OddAnswer, reply: Reply): Frame[] {
  const chunk = chunkOf(reply)
  const sse = {
    empty_choices: data(chunk([])),
    null_content: data(chunk([delta({ role: 'assistant', content: null }, 'stop')])),
    wrong_shape: data(WRONG),
  }[odd]
  return [{ kind: 'tail', sse }, DONE]
}

export const openAiChat: Format = {
  api: 'openai-chat',
  dialect: 'openai',
  requestIdHeader: 'x-request-id',
  idPrefix: 'chatcmpl-sim-',
  toolIdPrefix: 'call_sim_',
  reject,
  read: (body) => ({
    model: textOr(body.model, ''),
    stream: body.stream === true,
    includeUsage: wantsUsage(body),
    ...lastTexts(listOf(body.messages)),
    schema: responseSchema(body),
    forcedTool: forcedTool(body),
  }),
  whole,
  frames,
  oddWhole,
  oddFrames,
  errorBody: openAiError,
  errorFrame: (error) => data(openAiError(error)),
  /** Azure and others send chunks without choices. */
  pingFrame: (reply) => data(chunkOf(reply)([])),
  malformedFrame: 'data: {"id":"chatcmpl-sim","object":"chat.completion.chunk","choices":[{"del\n\n',
}
