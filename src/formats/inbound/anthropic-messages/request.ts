/** The body of `POST /v1/messages` -> what the library takes. */
import { z } from 'zod'
import type { JsonObject } from '../../../domain/request/json'
import type { Hints, Params, Tool, ToolChoice } from '../../../domain/request/request'
import { effortOfBudget } from '../../outbound/anthropic-messages/thinking'
import { BILLING_HINT, MAKERS_HINTS } from '../../outbound/hints'
import { isObject } from '../../outbound/json'
import {
  cacheMark,
  extension,
  type FieldRules,
  hintsOf,
  jsonObject,
  marked,
  metadataField,
  modelName,
  only,
  optionalText,
  parsedRequest,
  readBody,
} from '../body'
import { stopsIn, topK } from '../limits'
import { thinking } from '../thinking'
import type { FormatRequest, ParsedRequest } from '../types'
import { hintsBeside, withoutBilling } from './claude-code'
import { decodeTurn, systemMessages, textBlocks, turnSchema } from './turns'

/** Of the HTTP request, lower-case names. */
type Headers = { readonly [name: string]: string | string[] | undefined }

/** Nothing beside what every dialect has. */
export type ParsedMessagesRequest = ParsedRequest

/** Anthropic knows their schemas, and the caller runs them. */
const OWN_TOOLS = /^(?:bash|text_editor|memory|computer)_\d{8}$/

const isOwn = ({ type }: { type?: string | null | undefined }): boolean => OWN_TOOLS.test(type ?? '')

const tool = z
  .looseObject({
    type: optionalText,
    name: z.string().min(1),
    description: optionalText,
    input_schema: jsonObject.optional(),
    cache_control: cacheMark,
  })
  .superRefine((given, context) => {
    const { type, input_schema } = given
    const fault = (field: string, message: string) =>
      context.addIssue({ code: 'custom', path: [field], message })
    if (type && type !== 'custom' && !isOwn(given))
      fault(
        'type',
        /_\d{8}$/.test(type)
          ? `only tools of your own are known: the results of ${type}, which the provider runs, have no place in an answer here`
          : 'only tools of your own (type custom) are known',
      )
    else if (input_schema === undefined && !isOwn(given)) fault('input_schema', 'an object is needed')
  })

const parallel = z.boolean().nullish()

const toolChoice = z.discriminatedUnion(
  'type',
  [
    z.object({ type: z.literal(['auto', 'any']), disable_parallel_tool_use: parallel }),
    z.object({ type: z.literal('none') }),
    z.object({ type: z.literal('tool'), name: z.string().min(1), disable_parallel_tool_use: parallel }),
  ],
  { error: 'the type is auto, any, tool or none' },
)

const EFFORTS = ['low', 'medium', 'high', 'xhigh', 'max'] as const

const outputFormat = z
  .object({
    type: z.literal('json_schema', { error: 'the type is json_schema' }),
    schema: jsonObject,
  })
  .nullish()

const outputConfig = z.strictObject({
  effort: z.enum(EFFORTS, { error: `write one of ${EFFORTS.join(', ')}` }).nullish(),
  format: outputFormat,
})

/** The fields that are read. */
export const bodySchema = z.object({
  model: modelName,
  max_tokens: z.int({ error: 'is needed: the most tokens that the answer may have' }).positive(),
  messages: z.array(turnSchema).min(1, 'at least one message is needed'),
  system: textBlocks.optional(),
  tools: z.array(tool).optional(),
  tool_choice: toolChoice.optional(),
  thinking: thinking.optional(),
  output_config: outputConfig.optional(),
  // Its older place.
  output_format: outputFormat,
  temperature: z.number().min(0).max(1).optional(),
  top_p: z.number().min(0).max(1).optional(),
  top_k: topK,
  stop_sequences: z.array(z.string()).optional(),
  stream: z.boolean().optional(),
  // The client's own list, for its header.
  betas: z.array(z.string()).optional(),
  // A hint as well. Labels beside Anthropic's one are left out, as they are there.
  metadata: metadataField,
  holdfast: extension.optional(),
})

/** Of `/v1/messages/count_tokens`: the same, and no limit on an answer that there is not. */
export const countBodySchema = bodySchema.partial({ max_tokens: true }).omit({ stream: true })

type Body = z.output<typeof countBodySchema> & Pick<z.output<typeof bodySchema>, 'stream'>

const RULES: FieldRules = {
  hints: new Set([
    ...[...MAKERS_HINTS['anthropic-messages']].filter((name) => name !== BILLING_HINT),
    'client_metadata',
    // For the day that the model is refused: other candidates are ours to choose.
    'fallbacks',
    'billing_policy',
  ]),
  neutral: {
    inference_geo: only([]),
    container: only([]),
    mcp_servers: only([[]]),
    workspace_id: only([]),
  },
}

/** Throws HoldfastError `invalid_request`, which names each field at fault. */
export const parseMessagesRequest = (body: unknown, headers?: Headers): ParsedMessagesRequest =>
  parsed(readBody(body, bodySchema, RULES), body, headers)

/** As `parseMessagesRequest`. */
export const parseCountRequest = (body: unknown, headers?: Headers): FormatRequest =>
  parsed(readBody(body, countBodySchema, RULES), body, headers).request

function parsed(read: Body, body: unknown, headers: Headers = {}): ParsedMessagesRequest {
  const { system = [], messages, tools = [], tool_choice, output_config } = read
  const schema = (output_config?.format ?? read.output_format)?.schema
  return parsedRequest(
    { ...read, metadata: userOf(read.metadata) },
    {
      messages: [...systemMessages(withoutBilling(system)), ...messages.flatMap(decodeTurn)],
      params: paramsOf(
        read,
        withBetas(
          hintsBeside(system, messages, hintsOf('anthropic-messages', body, RULES)),
          read.betas ?? [],
          headers['anthropic-beta'],
        ),
      ),
      ...(tools.length === 0 ? {} : { tools: tools.map(toolOf) }),
      ...(tool_choice === undefined ? {} : { toolChoice: choiceOf(tool_choice) }),
      ...(schema === undefined ? {} : { schema }),
    },
  )
}

const userOf = (metadata: unknown): unknown =>
  isObject(metadata) && metadata.user_id != null ? { user_id: metadata.user_id } : undefined

function paramsOf(body: Body, hints: Hints | undefined): Params {
  const { tool_choice } = body
  const one =
    tool_choice !== undefined && tool_choice.type !== 'none' && tool_choice.disable_parallel_tool_use
  const params: Params = {
    maxTokens: body.max_tokens,
    temperature: body.temperature,
    topP: body.top_p,
    topK: body.top_k,
    parallelToolCalls: one ? false : undefined,
    stop: stopsIn(body.stop_sequences),
    reasoningEffort: body.output_config?.effort ?? effortOf(body.thinking),
    thinking: body.thinking as JsonObject | undefined,
    hints,
  }
  return Object.fromEntries(Object.entries(params).filter(([, value]) => value !== undefined))
}

/** `adaptive` and `disabled` leave it to the model's default. */
const effortOf = (thinking: Body['thinking']): Params['reasoningEffort'] =>
  thinking?.type === 'enabled' ? effortOfBudget(thinking.budget_tokens) : undefined

/** Names of betas that change how a body is read. One is for subscriptions, which have no API key. */
const NOT_FOR_KEYS = /^oauth-/
const CONTEXT_BETA = 'context-management-2025-06-27'

function withBetas(
  hints: Hints | undefined,
  named: readonly string[],
  header: string | string[] | undefined,
): Hints | undefined {
  const given = [...named, ...[header ?? []].flat().flatMap((line) => line.split(','))].map((one) =>
    one.trim(),
  )
  const betas = new Set(given.filter((beta) => /^[\w.-]+$/.test(beta) && !NOT_FOR_KEYS.test(beta)))
  if (hints?.fields.context_management !== undefined) betas.add(CONTEXT_BETA)
  if (betas.size === 0) return hints
  const headers = { 'anthropic-beta': [...betas].join(',') }
  return { api: 'anthropic-messages', fields: {}, ...hints, headers }
}

function toolOf(given: z.output<typeof tool>): Tool {
  const { cache_control, ...own } = given
  const { type: _type, name, description, input_schema, strict: _strict, ...further } = own
  if (isOwn(given))
    return { name, parameters: { type: 'object' }, own: own as JsonObject, ...marked(cache_control) }
  const extras = Object.fromEntries(
    Object.entries(further).filter(([, value]) => value !== null),
  ) as JsonObject
  return {
    name,
    ...(description ? { description } : {}),
    parameters: input_schema ?? {},
    ...(Object.keys(extras).length === 0 ? {} : { extras }),
    ...marked(cache_control),
  }
}

const CHOICES = { auto: 'auto', any: 'required', none: 'none' } as const

const choiceOf = (choice: z.output<typeof toolChoice>): ToolChoice =>
  choice.type === 'tool' ? { tool: choice.name } : CHOICES[choice.type]
