/** The body of `POST /v1/chat/completions` -> what the library takes. */
import { z } from 'zod'
import type { JsonObject } from '../../../domain/request/json'
import type { Hints, Params } from '../../../domain/request/request'
import { effortOfBudget } from '../../outbound/anthropic-messages/thinking'
import { MAKERS_HINTS } from '../../outbound/hints'
import { isObject } from '../../outbound/json'
import {
  extension,
  type FieldRules,
  hintsOf,
  jsonObject,
  metadataField,
  modelName,
  namedSchema,
  only,
  optionalText,
  parsedRequest,
  readBody,
} from '../body'
import { effort } from '../effort'
import { stopsIn, topK, unlessOff } from '../limits'
import { switchedThinking } from '../thinking'
import type { ParsedRequest } from '../types'
import { decodeMessage, messageSchema } from './messages'
import { allowsOffered, chosenOf, functionChoice, functionFields, offeredIn, tool, toolChoice } from './tools'

export interface ParsedChatRequest extends ParsedRequest {
  /** A chunk with the usage at the end of a stream. */
  includeUsage: boolean
  /** Requested in the older fields: a call is answered as `function_call`. */
  functions: boolean
}

/** A schema beside `json_object` (Together, llama.cpp), or without an object around it, is meant as any other. */
const nestedSchema = (value: unknown): unknown => {
  if (!isObject(value) || !isObject(value.schema) || value.json_schema !== undefined) return value
  if (value.type !== 'json_object' && value.type !== 'json_schema') return value
  const { type: _type, ...fields } = value
  return { type: 'json_schema', json_schema: fields }
}

const responseFormat = z.preprocess(
  nestedSchema,
  z.discriminatedUnion(
    'type',
    [
      z.object({ type: z.literal('text') }),
      z.object({ type: z.literal('json_object') }),
      z.object({
        type: z.literal('json_schema'),
        json_schema: z.object({
          name: optionalText,
          description: optionalText,
          schema: jsonObject.nullish(),
        }),
      }),
    ],
    { error: 'the type is text, json_object or json_schema' },
  ),
)

const tokens = z.preprocess(unlessOff, z.int().positive().optional()).optional()

/** OpenRouter's: an effort, a budget of tokens, or none of it. */
const reasoning = z.object({
  effort: effort.nullish(),
  max_tokens: z.int().positive().nullish(),
  enabled: z.boolean().nullish(),
})

type Effort = Params['reasoningEffort']

function effortIn({ reasoning_effort, reasoning, thinking: own }: Body): Effort {
  if (reasoning_effort !== undefined) return reasoning_effort
  if (reasoning?.effort) return reasoning.effort
  const budget = reasoning?.max_tokens ?? (own?.type === 'enabled' ? own.budget_tokens : undefined)
  if (typeof budget === 'number') return effortOfBudget(budget)
  return reasoning?.enabled === false ? 'none' : undefined
}

/** The fields that are read. */
const fields = z.object({
  model: modelName,
  messages: z.array(messageSchema).min(1, 'at least one message is needed'),
  tools: z.array(tool).optional(),
  tool_choice: toolChoice.optional(),
  // What tools were called before.
  functions: z.array(functionFields).optional(),
  function_call: functionChoice.optional(),
  response_format: responseFormat.optional(),
  max_tokens: tokens,
  max_completion_tokens: tokens,
  temperature: z.number().min(0).max(2).optional(),
  top_p: z.number().min(0).max(1).optional(),
  stop: z
    .union([z.string(), z.array(z.string().nullable())], { error: 'text, or a list of texts, is needed' })
    .optional(),
  seed: z.int().optional(),
  frequency_penalty: z.number().min(-2).max(2).optional(),
  presence_penalty: z.number().min(-2).max(2).optional(),
  top_k: topK,
  logit_bias: z.record(z.string(), z.number().min(-100).max(100)).optional(),
  parallel_tool_calls: z.boolean().optional(),
  reasoning_effort: effort,
  reasoning: reasoning.optional(),
  // Of several makers of open models, and of clients that call Claude in OpenAI's format.
  thinking: switchedThinking.optional(),
  stream: z.boolean().optional(),
  stream_options: z.object({ include_usage: z.boolean().nullish() }).optional(),
  // A hint as well.
  metadata: metadataField,
  holdfast: extension.optional(),
})

export const bodySchema = fields
  .refine(
    ({ max_tokens: older, max_completion_tokens: newer }) =>
      older === undefined || newer === undefined || older === newer,
    { path: ['max_tokens'], error: 'differs from max_completion_tokens: send one of them' },
  )
  .refine(allowsOffered, { path: ['tool_choice'], error: 'allows a tool that is not among the tools' })

type Body = z.output<typeof bodySchema>

const RULES: FieldRules = {
  hints: new Set([
    ...MAKERS_HINTS['openai-chat'],
    'client_metadata',
    'session_id',
    'trace_id',
    'tags',
    'chat_id',
    'conversation_id',
    'message_id',
    // Cache fields of other APIs: Anthropic's, in a chat.
    'cache_control',
    // How a local server keeps and reports its work.
    'cache_prompt',
    'id_slot',
    'keep_alive',
    'timings_per_token',
    'return_progress',
    'return_token_ids',
    'tool_stream',
    'stream_tool_calls',
    // OpenRouter's: what else its answer holds.
    'usage',
    'include_reasoning',
  ]),
  neutral: {
    n: only([1], 'has to be 1: a generation has one answer'),
    logprobs: only([false], 'are not given'),
    top_logprobs: only([0], 'are not given'),
    top_a: only([0]),
    typical_p: only([1]),
    tfs_z: only([1]),
    mirostat: only([0]),
    length_penalty: only([1]),
    early_stopping: only([false]),
    use_beam_search: only([false]),
    best_of: only([1]),
    echo: only([false]),
    ignore_eos: only([false]),
    skip_special_tokens: only([true]),
    safe_prompt: only([false]),
    plugins: only([[]]),
    min_p: only([0]),
    repetition_penalty: only([1]),
    transforms: only([[]]),
    modalities: only([['text']], 'text is all there is'),
    audio: only([], 'text is all there is'),
    web_search_options: only([]),
  },
}

/** Throws HoldfastError `invalid_request`, which names each field at fault. */
export function parseChatRequest(body: unknown): ParsedChatRequest {
  const read = readBody(body, bodySchema, RULES)
  const { messages, response_format, stream_options } = read
  const tools = offeredIn(read)
  const choice = chosenOf(read)
  const functions = (read.tools ?? []).length === 0 && (read.functions ?? []).length > 0
  const schema = schemaOf(response_format)
  const parsed = parsedRequest(read, {
    messages: messages.map(decodeMessage),
    // The older words say one call.
    params: {
      ...paramsOf(read, hintsOf('openai-chat', body, RULES)),
      ...(functions ? { parallelToolCalls: false } : {}),
    },
    ...(tools.length === 0 ? {} : { tools }),
    ...(choice === undefined ? {} : { toolChoice: choice }),
    ...(schema === undefined ? {} : { schema }),
  })
  return { ...parsed, includeUsage: stream_options?.include_usage ?? false, functions }
}

function paramsOf(body: Body, hints: Hints | undefined): Params {
  const { max_tokens, max_completion_tokens, temperature, top_p, stop, seed } = body
  const params: Params = {
    maxTokens: max_completion_tokens ?? max_tokens,
    temperature,
    topP: top_p,
    stop: stopsIn(stop),
    seed,
    // What says only what is so anyway is no wish.
    frequencyPenalty: body.frequency_penalty || undefined,
    presencePenalty: body.presence_penalty || undefined,
    topK: body.top_k,
    parallelToolCalls: body.parallel_tool_calls === false ? false : undefined,
    logitBias: Object.keys(body.logit_bias ?? {}).length === 0 ? undefined : body.logit_bias,
    reasoningEffort: effortIn(body),
    thinking: body.thinking as JsonObject | undefined,
    hints,
  }
  return Object.fromEntries(Object.entries(params).filter(([, value]) => value !== undefined))
}

function schemaOf(format: Body['response_format']): JsonObject | undefined {
  if (format === undefined || format.type === 'text') return undefined
  return format.type === 'json_object' ? { type: 'object' } : namedSchema(format.json_schema)
}
