/** `POST /responses`, as OpenAI defines it: items in, items out, and a stream whose events are numbered. */
import type { JsonObject, JsonValue } from '../../domain/request/json'
import type { Usage } from '../../domain/streaming/answer'
import { jsonPieces, pieces } from '../text'
import { encrypted } from '../thoughts'
import type { Format, Frame, OddAnswer, Reply } from './format'
import { openAiError } from './openai-common'
import { read, reject, rejectThoughts } from './openai-responses-request'

const usageOf = ({
  inputTokens,
  outputTokens,
  cachedInputTokens,
  cacheWriteInputTokens,
  reasoningTokens,
}: Usage): JsonObject => ({
  input_tokens: inputTokens,
  input_tokens_details: {
    cached_tokens: cachedInputTokens ?? 0,
    cache_write_tokens: cacheWriteInputTokens ?? 0,
  },
  output_tokens: outputTokens,
  output_tokens_details: { reasoning_tokens: reasoningTokens ?? 0 },
  total_tokens: inputTokens + outputTokens,
})

const INCOMPLETE: { readonly [finish in Reply['finish']]?: string } = {
  length: 'max_output_tokens',
  content_filter: 'content_filter',
}

interface Progress {
  status: 'queued' | 'in_progress' | 'completed' | 'incomplete' | 'cancelled'
  output?: JsonValue
  usage?: JsonValue
  reason?: string | undefined
}

const responseOf = (
  { id, model, createdAt, background = false }: Reply,
  { status, output = [], usage = null, reason }: Progress,
): JsonObject => ({
  id,
  object: 'response',
  created_at: createdAt,
  status,
  background,
  error: null,
  incomplete_details: reason === undefined ? null : { reason },
  instructions: null,
  max_output_tokens: null,
  metadata: {},
  model,
  output,
  parallel_tool_calls: true,
  previous_response_id: null,
  reasoning: { effort: null, summary: null },
  service_tier: 'default',
  store: background,
  temperature: 1,
  text: { format: { type: 'text' } },
  tool_choice: 'auto',
  tools: [],
  top_p: 1,
  truncation: 'disabled',
  usage,
})

const textPart = (text: string | null): JsonObject => ({
  type: 'output_text',
  text,
  annotations: [],
  logprobs: [],
})

const messageItem = (reply: Reply, content: JsonObject[], status: string): JsonObject => ({
  id: `${reply.id}_message`,
  type: 'message',
  role: 'assistant',
  status,
  content,
})

const callItem = (call: Reply['toolCalls'][number], json: string, status: string): JsonObject => ({
  id: `fc_${call.id}`,
  type: 'function_call',
  call_id: call.id,
  name: call.name,
  arguments: json,
  status,
})

const thoughtItem = (reply: Reply, at: number): JsonObject[] => {
  const thought = reply.thoughts[at]
  if (thought === undefined) return []
  return [
    {
      id: `rs_${reply.id}_${at}`,
      type: 'reasoning',
      summary: [{ type: 'summary_text', text: thought.text }],
      encrypted_content: encrypted(thought),
    },
  ]
}

const hasText = ({ text, toolCalls, finish }: Reply): boolean =>
  text !== '' || (toolCalls.length === 0 && finish !== 'content_filter')

const endOf = ({ finish }: Reply): 'completed' | 'incomplete' =>
  INCOMPLETE[finish] === undefined ? 'completed' : 'incomplete'

const outputOf = (reply: Reply): JsonObject[] => [
  ...thoughtItem(reply, 0),
  ...(hasText(reply) ? [messageItem(reply, [textPart(reply.text)], endOf(reply))] : []),
  ...reply.toolCalls.flatMap((call, at) => [
    ...(at > 0 ? thoughtItem(reply, at) : []),
    callItem(call, call.arguments, 'completed'),
  ]),
]

const whole = (reply: Reply, output: JsonValue = outputOf(reply)): JsonObject =>
  responseOf(reply, {
    status: endOf(reply),
    output,
    usage: reply.usage && usageOf(reply.usage),
    reason: INCOMPLETE[reply.finish],
  })

/** One that is made in the background, before its end. */
export const unfinished = (reply: Reply, status: 'queued' | 'in_progress'): JsonObject =>
  responseOf(reply, { status })

/** Nothing of what was made is in it. */
export const cancelled = (reply: Reply): JsonObject => responseOf(reply, { status: 'cancelled' })

/** `numbered` puts the event's number in its place. */
const event = (type: string, fields: JsonObject): string =>
  `event: ${type}\ndata: ${JSON.stringify({ type, ...fields, sequence_number: 0 })}\n\n`

const numbered = (sse: string, number: number): string =>
  sse.replace(/"sequence_number":\d+\}\n\n$/, `"sequence_number":${number}}\n\n`)

const frame = (kind: Frame['kind'], type: string, fields: JsonObject): Frame => ({
  kind,
  sse: event(`response.${type}`, fields),
})

const startFrames = (reply: Reply): Frame[] => {
  const response = responseOf(reply, { status: 'in_progress' })
  return [frame('head', 'created', { response }), frame('head', 'in_progress', { response })]
}

function thoughtFrames(reply: Reply, at: number, output_index: number): Frame[] {
  const [item] = thoughtItem(reply, at)
  const text = reply.thoughts[at]?.text ?? ''
  if (item === undefined) return []
  const place = { item_id: item.id ?? null, output_index, summary_index: 0 }
  const begun = { ...item, summary: [], encrypted_content: 'not yet' }
  const part = { type: 'summary_text', text }
  return [
    frame('head', 'output_item.added', { output_index, item: begun }),
    frame('head', 'reasoning_summary_part.added', { ...place, part: { ...part, text: '' } }),
    ...pieces(text).map((delta) => frame('head', 'reasoning_summary_text.delta', { ...place, delta })),
    frame('head', 'reasoning_summary_text.done', { ...place, text }),
    frame('head', 'reasoning_summary_part.done', { ...place, part }),
    frame('head', 'output_item.done', { output_index, item }),
  ]
}

function textFrames(reply: Reply, output_index: number): Frame[] {
  const place = { item_id: `${reply.id}_message`, output_index, content_index: 0 }
  const part = textPart(reply.text)
  return [
    frame('head', 'output_item.added', { output_index, item: messageItem(reply, [], 'in_progress') }),
    frame('head', 'content_part.added', { ...place, part: textPart('') }),
    ...pieces(reply.text).map((delta) =>
      frame('word', 'output_text.delta', { ...place, delta, logprobs: [] }),
    ),
    frame('tail', 'output_text.done', { ...place, text: reply.text, logprobs: [] }),
    frame('tail', 'content_part.done', { ...place, part }),
    frame('tail', 'output_item.done', { output_index, item: messageItem(reply, [part], endOf(reply)) }),
  ]
}

/** `last`: what ends the answer; a fault that wants more words than there are strikes before it. */
function callFrames(call: Reply['toolCalls'][number], output_index: number, last: boolean): Frame[] {
  const place = { item_id: `fc_${call.id}`, output_index }
  const end = last ? 'tail' : 'head'
  return [
    frame('head', 'output_item.added', { output_index, item: callItem(call, '', 'in_progress') }),
    ...jsonPieces(call.arguments).map((delta) =>
      frame('word', 'function_call_arguments.delta', { ...place, delta }),
    ),
    frame(end, 'function_call_arguments.done', { ...place, name: call.name, arguments: call.arguments }),
    frame(end, 'output_item.done', { output_index, item: callItem(call, call.arguments, 'completed') }),
  ]
}

/** Behind the text calls may follow: only the last item's end ends the answer. */
const asHeads = (frames: Frame[]): Frame[] =>
  frames.map((one) => (one.kind === 'tail' ? { ...one, kind: 'head' } : one))

const inOrder = (frames: Frame[]): Frame[] =>
  frames.map((one, number) => ({ ...one, sse: numbered(one.sse, number) }))

function frames(reply: Reply): Frame[] {
  let index = 0
  const thought = (at: number): Frame[] => (reply.thoughts[at] ? thoughtFrames(reply, at, index++) : [])
  const first = thought(0)
  const text = hasText(reply) ? textFrames(reply, index++) : []
  const calls = reply.toolCalls.flatMap((call, at) => [
    ...(at > 0 ? thought(at) : []),
    ...callFrames(call, index++, at === reply.toolCalls.length - 1),
  ])
  // It says how the answer ended, and there is no end marker behind it.
  const end = frame('tail', endOf(reply), { response: whole(reply) })
  return inOrder([
    ...startFrames(reply),
    ...first,
    ...(calls.length > 0 ? asHeads(text) : text),
    ...calls,
    end,
  ])
}

const WRONG: JsonObject = { type: 'result', output: 'a shape that no client knows' }

/** `empty_choices`: no items; `null_content`: a part without its text. */
function oddWhole(odd: OddAnswer, reply: Reply): JsonObject {
  if (odd === 'wrong_shape') return WRONG
  const output = odd === 'empty_choices' ? [] : [messageItem(reply, [textPart(null)], 'completed')]
  return whole({ ...reply, finish: 'stop' }, output)
}

function oddFrames(odd: OddAnswer, reply: Reply): Frame[] {
  if (odd === 'wrong_shape') return [{ kind: 'tail', sse: `data: ${JSON.stringify({ result: WRONG })}\n\n` }]
  const end = frame('tail', 'completed', { response: oddWhole(odd, reply) })
  return inOrder([...startFrames(reply), end])
}

export const openAiResponses: Format = {
  api: 'openai-responses',
  dialect: 'openai',
  requestIdHeader: 'x-request-id',
  idPrefix: 'resp_sim_',
  toolIdPrefix: 'call_sim_',
  reject,
  rejectThoughts,
  read,
  whole: (reply) => whole(reply),
  frames,
  oddWhole,
  oddFrames,
  errorBody: openAiError,
  errorFrame: ({ code, type, message, param }) => event('error', { code: code ?? type, message, param }),
  pingFrame: () => event('keepalive', {}),
  malformedFrame: 'event: response.output_text.delta\ndata: {"type":"response.output_text.delta","del\n\n',
  numbered,
}
