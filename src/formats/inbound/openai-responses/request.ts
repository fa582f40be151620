/** The body of `POST /v1/responses` -> what the library takes. */
import { z } from 'zod'
import type { JsonObject } from '../../../domain/request/json'
import type { Hints, Params, Tool } from '../../../domain/request/request'
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
import { unlessOff } from '../limits'
import { toolChoice } from '../openai-chat/tools'
import type { ParsedRequest } from '../types'
import { inputSchema } from './input'
import { allOffered, chosenAmong, offeredTool, toolNamed } from './tools'

export interface ParsedResponsesRequest extends ParsedRequest {
  /** It goes on without its caller, who asks for it by its id. */
  background: boolean
  /** The response that it goes on from; null: none. */
  previous: string | null
  asked: Asked
}

/** What of a request its response is made of. */
export interface Asked {
  echo: Echo
  /** What may be called: each has the words for its calls. */
  tools: readonly Tool[]
}

/** Fields of a request that stand in its response as they came. */
export type Echo = { readonly [field in (typeof ECHOED)[number]]?: unknown }

const ECHOED = [
  'background',
  'instructions',
  'max_output_tokens',
  'metadata',
  'parallel_tool_calls',
  'previous_response_id',
  'reasoning',
  'temperature',
  'text',
  'tool_choice',
  'tools',
  'top_p',
] as const

const format = z.discriminatedUnion(
  'type',
  [
    z.object({ type: z.literal('text') }),
    z.object({ type: z.literal('json_object') }),
    z.object({
      type: z.literal('json_schema'),
      name: optionalText,
      description: optionalText,
      schema: jsonObject.nullish(),
    }),
  ],
  { error: 'the type is text, json_object or json_schema' },
)

const INCLUDABLE = 'reasoning.encrypted_content'

export const bodySchema = z
  .object({
    model: modelName,
    input: inputSchema,
    instructions: optionalText,
    tools: z.array(offeredTool).optional(),
    tool_choice: toolChoice.optional(),
    text: z.object({ format: format.nullish(), verbosity: optionalText }).optional(),
    max_output_tokens: z.preprocess(unlessOff, z.int().positive().optional()).optional(),
    temperature: z.number().min(0).max(2).optional(),
    top_p: z.number().min(0).max(1).optional(),
    parallel_tool_calls: z.boolean().optional(),
    reasoning: z.object({ effort: effort.nullish(), summary: z.unknown().optional() }).optional(),
    stream: z.boolean().optional(),
    background: z.boolean().optional(),
    previous_response_id: optionalText,
    // A hint as well.
    metadata: metadataField,
    holdfast: extension.optional(),
  })
  .refine(
    ({ tools = [], input, tool_choice }) => {
      const offered = allOffered(tools, input.offered).tools
      return (tool_choice?.allowed ?? []).every((name) => toolNamed(offered, name) !== undefined)
    },
    { path: ['tool_choice'], error: 'allows a tool that is not among the tools' },
  )
  .refine(({ input }) => input.messages.length > 0, {
    path: ['input'],
    error: 'at least one message is needed',
  })

type Body = z.output<typeof bodySchema>

const RULES: FieldRules = {
  hints: new Set([
    'user',
    'metadata',
    'safety_identifier',
    'prompt_cache_key',
    'prompt_cache_options',
    'prompt_cache_retention',
    'service_tier',
    'moderation',
    'client_metadata',
  ]),
  neutral: {
    // A generation is kept by Temporal, for as long as the namespace keeps what has ended.
    store: only([true, false]),
    stream_options: { is: () => true, why: '' },
    include: {
      is: (value) => Array.isArray(value) && value.every((one) => one === INCLUDABLE),
      why: `can hold ${INCLUDABLE} alone`,
    },
    truncation: only(['disabled'], 'has to be disabled: what does not fit is refused, not shortened'),
    top_logprobs: only([0], 'are not given'),
    max_tool_calls: only([], 'counts calls of tools that OpenAI runs; here the caller runs them'),
    context_management: only([[]], 'is not done here: the caller shortens its own conversation'),
    conversation: only(
      [],
      'is kept by nobody here: send the conversation as input, or its last response as previous_response_id',
    ),
    prompt: only([], 'is kept by OpenAI alone: send its text'),
  },
}

/** Throws HoldfastError `invalid_request`, which names each field at fault. */
export function parseResponsesRequest(body: unknown): ParsedResponsesRequest {
  const read = readBody(body, bodySchema, RULES)
  const { input, instructions, text } = read
  const offered = allOffered(read.tools ?? [], input.offered)
  const { tools, choice } = chosenAmong(offered.tools, read.tool_choice)
  const schema = schemaOf(text?.format ?? undefined)
  const parsed = parsedRequest(read, {
    messages: [
      ...(instructions ? [{ role: 'system' as const, content: instructions, onlyHere: true }] : []),
      ...input.messages,
    ],
    params: paramsOf(read, hintsIn(body, text?.verbosity, offered.leftOut)),
    ...(tools.length === 0 ? {} : { tools }),
    ...(choice === undefined ? {} : { toolChoice: choice }),
    ...(schema === undefined ? {} : { schema }),
  })
  return {
    ...parsed,
    background: read.background ?? false,
    previous: read.previous_response_id || null,
    asked: { echo: echoOf(body), tools },
  }
}

function echoOf(body: unknown): Echo {
  const fields = Object.entries(body as JsonObject)
  const echoed = new Set<string>(ECHOED)
  return Object.fromEntries(fields.filter(([name, value]) => echoed.has(name) && value !== null))
}

/** In the words of chat completions, which have the same fields. */
function hintsIn(
  body: unknown,
  verbosity: string | null | undefined,
  toolsLeftOut: readonly string[],
): Hints | undefined {
  const hints = hintsOf('openai-chat', body, RULES)
  const more = {
    ...(verbosity ? { verbosity } : {}),
    // No API has a field of such a name: each leaves it out, and the answer says so.
    ...Object.fromEntries(toolsLeftOut.map((type) => [`tools.${type}`, true])),
  }
  if (Object.keys(more).length === 0) return hints
  return { api: 'openai-chat', fields: { ...hints?.fields, ...more } }
}

function paramsOf(body: Body, hints: Hints | undefined): Params {
  const params: Params = {
    maxTokens: body.max_output_tokens,
    temperature: body.temperature,
    topP: body.top_p,
    parallelToolCalls: body.parallel_tool_calls === false ? false : undefined,
    reasoningEffort: body.reasoning?.effort ?? undefined,
    hints,
  }
  return Object.fromEntries(Object.entries(params).filter(([, value]) => value !== undefined))
}

function schemaOf(given: z.output<typeof format> | undefined): JsonObject | undefined {
  if (given === undefined || given.type === 'text') return undefined
  return given.type === 'json_object' ? { type: 'object' } : namedSchema(given)
}
