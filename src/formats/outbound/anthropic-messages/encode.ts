import { type Outcome, success } from '../../../domain/failures/outcome'
import type { JsonObject, JsonValue } from '../../../domain/request/json'
import { withMarks } from '../../../domain/request/prompt-cache'
import type { GenerationRequest, Message, Params, Tool, ToolChoice } from '../../../domain/request/request'
import { BILLING_HINT, extrasFor, hintsOf } from '../hints'
import { compact, isObject } from '../json'
import { withOptions } from '../options'
import { allowedParams, checkToolChoice, toolFault, unsupported } from '../refusals'
import { isAnyObject, parametersOf } from '../repair'
import type { EncodedRequest, EncodeInput } from '../wire-format'
import { blocksOf } from './blocks'
import { withTakenMarks } from './marks'
import { encodeMessages, historyFault, historyOf } from './messages'
import { factsWith, kindOf, refusalsOf, thinksUnasked } from './models'
import { adapt } from './output'
import { tokenFields } from './thinking'

/** The one version there is; newer features don't change it. */
const VERSION = '2023-06-01'

const encodeTool = (tool: Tool): JsonObject => {
  const { name, description, parameters, own, cacheControl } = tool
  return compact({
    ...(own ?? { name, description, input_schema: { type: 'object', ...parametersOf(parameters) } }),
    ...extrasFor(tool, 'anthropic-messages'),
    cache_control: cacheControl,
  })
}

const textBlock = (text: string): JsonObject => ({ type: 'text', text })

/** The line says who pays only as a block of its own, before all others. */
function withBilling(body: JsonObject, line: JsonValue | undefined): JsonObject {
  if (typeof line !== 'string') return body
  const { system = [] } = body
  return {
    ...body,
    system: [textBlock(line), ...(typeof system === 'string' ? [textBlock(system)] : [system].flat())],
  }
}

/** A history with calls is refused without tools: those that it names, and none of them to be called. */
const toolsOfHistory = (messages: readonly Message[]): Tool[] => {
  const names = messages.flatMap((message) =>
    message.role === 'assistant' ? (message.toolCalls ?? []).map(({ name }) => name) : [],
  )
  return [...new Set(names)].map((name) => ({ name, parameters: {} }))
}

const CHOICES = { auto: 'auto', none: 'none', required: 'any' } as const

const encodeToolChoice = (choice: ToolChoice): JsonObject =>
  typeof choice === 'string' ? { type: CHOICES[choice] } : { type: 'tool', name: choice.tool }

const toolFields = (
  { tools = [], toolChoice, messages }: GenerationRequest,
  { parallelToolCalls }: Params,
): { tools?: JsonValue; tool_choice?: JsonValue | undefined } => {
  if (tools.length === 0) {
    const used = toolsOfHistory(messages)
    return used.length === 0 ? {} : { tools: used.map(encodeTool), tool_choice: { type: 'none' } }
  }
  const one = parallelToolCalls === false && toolChoice !== 'none'
  const choice = toolChoice ?? (one ? 'auto' : undefined)
  return {
    tools: tools.map(encodeTool),
    tool_choice:
      choice === undefined
        ? undefined
        : { ...encodeToolChoice(choice), ...(one ? { disable_parallel_tool_use: true } : {}) },
  }
}

const outputFormat = (input: EncodeInput): Outcome<JsonObject | undefined> => {
  const { request } = input
  // Any object: there is no such mode. The caller's prompt requests it, and the answer is checked.
  if (request.output === undefined || isAnyObject(request.output.schema)) return success(undefined)
  const adapted = adapt(request.output.schema)
  if (adapted.ok) return success({ type: 'json_schema', schema: adapted.schema })
  return unsupported(input, `output (a JSON schema): ${adapted.why}`)
}

/** Thoughts can be cleared out of the context only where the model thinks. */
function withThinking(fields: JsonObject, thinking: JsonObject | undefined): JsonObject {
  const { context_management: management, ...rest } = fields
  if (management === undefined || (thinking !== undefined && thinking.type !== 'disabled')) return fields
  const edits = isObject(management) && Array.isArray(management.edits) ? management.edits : []
  const kept = edits.filter((edit) => !isObject(edit) || !String(edit.type).startsWith('clear_thinking'))
  return kept.length === 0
    ? rest
    : { ...rest, context_management: { ...(management as JsonObject), edits: kept } }
}

/** Names of 1 to 128 letters, digits, `_` and `-`; schemas that are one object at the top. */
const ANTHROPIC_TOOLS = { name: /^[a-zA-Z0-9_-]{1,128}$/, oneObject: true }

/** A mark on the whole request is one of the caller's, too. */
const withRouteMarks = ({ request, promptCache }: EncodeInput): GenerationRequest =>
  promptCache === undefined || request.params?.hints?.fields.cache_control !== undefined
    ? request
    : withMarks(request, promptCache.kind)

export const encode = (given: EncodeInput): Outcome<EncodedRequest> => {
  const request = withRouteMarks(given)
  const { model, provider, stream } = given
  const kind = kindOf(model)
  const facts = factsWith(kind, given.facts)
  const input = { ...given, facts, request }
  const choice = checkToolChoice(request)
  if (!choice.ok) return choice
  const allowed = allowedParams(
    input,
    refusalsOf(kind, request),
    kind.jsonSchema || (request.output !== undefined && isAnyObject(request.output.schema))
      ? {}
      : { jsonSchema: 'not supported by this model' },
  )
  if (!allowed.ok) return allowed
  const format = outputFormat(input)
  if (!format.ok) return format
  const history = historyOf(request.messages)
  const fault = historyFault(history) ?? toolFault(request.tools, ANTHROPIC_TOOLS)
  if (fault !== null) return unsupported(input, fault)

  const params = allowed.value
  const { maxTokens, thinking, effort } = tokenFields(params, facts, kind, request)
  const isOff = (thinking ?? params.thinking)?.type === 'disabled'
  const thinks = !isOff && (thinking !== undefined || thinksUnasked(kind))
  const lost = !thinks && history.some((one) => one.role === 'assistant' && blocksOf(one).length > 0)
  const outputConfig = compact({ format: format.value, effort })
  const body = compact({
    model,
    max_tokens: maxTokens,
    ...encodeMessages(history, thinks),
    temperature: params.temperature,
    top_p: params.topP,
    stop_sequences: params.stop?.length ? params.stop : undefined,
    thinking,
    output_config: Object.keys(outputConfig).length > 0 ? outputConfig : undefined,
    top_k: params.topK,
    ...toolFields(request, params),
  })
  const { fields, headers, leftOut } = hintsOf(input, 'anthropic-messages', {
    ...params,
    ...(thinking === undefined && kind.effort === 'budget' ? { reasoningEffort: undefined } : {}),
    thinking:
      thinking ??
      (kind.thinking.length === 0 && params.thinking?.type === 'disabled' ? params.thinking : undefined),
  })
  const { [BILLING_HINT]: billing, ...sent } = withThinking(fields, thinking)
  const options = params.providerOptions?.[provider] ?? {}
  const marks = withTakenMarks(withBilling({ ...sent, ...body }, billing))
  return success({
    path: '/messages',
    headers: { 'anthropic-version': VERSION, ...headers },
    leftOut: [
      ...leftOut,
      ...(lost ? ['opaque'] : []),
      ...Object.keys(fields).filter((name) => name !== BILLING_HINT && !(name in sent)),
      ...(marks.dropped ? ['cache_control'] : []),
    ],
    body: withOptions(marks.body, options, { stream: stream || undefined }),
  })
}
