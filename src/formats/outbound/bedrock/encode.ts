import { type Outcome, success } from '../../../domain/failures/outcome'
import type { JsonObject } from '../../../domain/request/json'
import { withMarks } from '../../../domain/request/prompt-cache'
import type { GenerationRequest, Message, Params, Tool, ToolChoice } from '../../../domain/request/request'
import { kindOf } from '../anthropic-messages/models'
import { adapt } from '../anthropic-messages/output'
import { type TokenFields, tokenFields } from '../anthropic-messages/thinking'
import { hintsOf } from '../hints'
import { compact, isObject, merge } from '../json'
import { nameOf } from '../openai-chat/output'
import { withOptions } from '../options'
import { allowedParams, checkToolChoice, toolFault, unsupported } from '../refusals'
import { isAnyObject, parametersOf } from '../repair'
import type { EncodedRequest, EncodeInput } from '../wire-format'
import { inAnthropicsWords } from './blocks'
import { cachePointOf, encodeMessages, historyFault, historyOf } from './messages'
import { type Family, familyOf, refusalsOf } from './models'

const encodeTool = (tool: Tool, cachePoints: boolean): JsonObject[] => [
  {
    toolSpec: compact({
      name: tool.name,
      description: tool.description || undefined,
      inputSchema: { json: { type: 'object', ...parametersOf(tool.parameters) } },
    }),
  },
  ...cachePointOf(tool, cachePoints),
]

const CHOICES = { auto: { auto: {} }, required: { any: {} } } as const

const encodeToolChoice = (choice: Exclude<ToolChoice, 'none'>): JsonObject =>
  typeof choice === 'string' ? CHOICES[choice] : { tool: { name: choice.tool } }

const calledTools = (messages: readonly Message[]): string[] => [
  ...new Set(
    messages.flatMap((message) =>
      message.role === 'assistant' ? (message.toolCalls ?? []).map(({ name }) => name) : [],
    ),
  ),
]

/**
 * A history with calls is refused without tools: those that it names. There is no word for "none of them", so that tools
 * which must not be called are left out, and refused beside earlier calls.
 */
function toolConfigOf(
  { tools = [], toolChoice, messages }: GenerationRequest,
  cachePoints: boolean,
): Outcome<JsonObject | undefined> | 'none beside calls' {
  const called = calledTools(messages)
  if (toolChoice === 'none' && tools.length > 0)
    return called.length === 0 ? success(undefined) : 'none beside calls'
  const given = tools.length > 0 ? tools : called.map((name): Tool => ({ name, parameters: {} }))
  if (given.length === 0) return success(undefined)
  return success(
    compact({
      tools: given.flatMap((tool) => encodeTool(tool, cachePoints)),
      toolChoice:
        toolChoice === undefined || toolChoice === 'none' ? undefined : encodeToolChoice(toolChoice),
    }),
  )
}

/** Any object: there is no such mode. The caller's prompt requests it, and the answer is checked. */
const textFormat = (input: EncodeInput): Outcome<JsonObject | undefined> => {
  const { output } = input.request
  if (output === undefined || isAnyObject(output.schema)) return success(undefined)
  const adapted = adapt(output.schema)
  if (!adapted.ok) return unsupported(input, `output (a JSON schema): ${adapted.why}`)
  const jsonSchema = { name: nameOf(output.name), schema: JSON.stringify(adapted.schema) }
  return success({ type: 'json_schema', structure: { jsonSchema } })
}

interface ModelFields {
  maxTokens: number | undefined
  effort?: string | undefined
  /** `additionalModelRequestFields` */
  additional: JsonObject
}

const claudeFields = (params: Params, { facts, model, request }: EncodeInput): ModelFields => {
  const fields: TokenFields = tokenFields(params, facts, kindOf(model), request)
  // Without a limit Bedrock takes the model's own; a budget has to stay below one that is known.
  const limited = params.maxTokens !== undefined || fields.thinking?.budget_tokens !== undefined
  return {
    maxTokens: limited ? fields.maxTokens : undefined,
    effort: fields.effort,
    additional: compact({ thinking: fields.thinking }),
  }
}

function modelFields(params: Params, family: Family, input: EncodeInput): ModelFields {
  const { topK, maxTokens, reasoningEffort: effort } = params
  const ofTopK = topK === undefined ? {} : (family.topK?.(topK) ?? {})
  if (family.claude) {
    const fields = claudeFields(params, input)
    return { ...fields, additional: { ...fields.additional, ...ofTopK } }
  }
  const ofEffort = effort === undefined || effort === 'none' ? {} : (family.effort?.(effort) ?? {})
  return { maxTokens, additional: merge(ofTopK, ofEffort) }
}

/** Names of 1 to 64 letters, digits, `_` and `-`; schemas that are one object at the top. */
const BEDROCK_TOOLS = { name: /^[a-zA-Z0-9_-]{1,64}$/, oneObject: true }

/** Words of other formats for what the path, or another field, says here. */
const ELSEWHERE = {
  model: undefined,
  modelId: undefined,
  stream: undefined,
  stream_options: undefined,
  max_tokens: undefined,
}

/** An ARN holds `:` and `/`: one segment of the path all the same. What encodeURIComponent lets through, signatures do not. */
const segmentOf = (model: string): string =>
  encodeURIComponent(model).replace(/[!'()*]/g, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`)

const presentOr = (fields: JsonObject): JsonObject | undefined =>
  Object.keys(fields).length > 0 ? fields : undefined

/** Claude's rules go by the thoughts that come along, in Anthropic's words. */
const forRules = (input: EncodeInput): EncodeInput => ({
  ...input,
  request: {
    ...input.request,
    messages: input.request.messages.map((message) =>
      message.role === 'assistant' ? inAnthropicsWords(message) : message,
    ),
  },
})

/** What the route wants kept of the prompt is marked where the model takes marks. */
const withRouteMarks = ({ request, promptCache }: EncodeInput, { cachePoints }: Family): GenerationRequest =>
  promptCache === undefined || !cachePoints ? request : withMarks(request, promptCache.kind)

export const encode = (given: EncodeInput): Outcome<EncodedRequest> => {
  const family = familyOf(given.model)
  const input = { ...given, request: withRouteMarks(given, family) }
  const { request, model, provider, stream } = input
  const choice = checkToolChoice(request)
  if (!choice.ok) return choice
  const lacking =
    family.claude &&
    !kindOf(model).jsonSchema &&
    request.output !== undefined &&
    !isAnyObject(request.output.schema)
      ? { jsonSchema: 'not supported by this model' }
      : {}
  const allowed = allowedParams(input, refusalsOf(model, forRules(input).request), lacking)
  if (!allowed.ok) return allowed
  const format = textFormat(input)
  if (!format.ok) return format
  const history = historyOf(request.messages)
  const own = request.tools?.find((tool) => tool.own !== undefined)
  const fault =
    own === undefined
      ? (historyFault(history) ?? toolFault(request.tools, BEDROCK_TOOLS))
      : `tools: ${own.name} is a tool of Anthropic's own (${String(own.own?.type)})`
  if (fault !== null) return unsupported(input, fault)
  const toolConfig = toolConfigOf(request, family.cachePoints)
  if (toolConfig === 'none beside calls')
    return unsupported(input, 'toolChoice none has no place in the Converse API beside earlier calls')
  if (!toolConfig.ok) return toolConfig

  const params = allowed.value
  const { maxTokens, effort, additional } = modelFields(params, family, forRules(input))
  const thinks = isObject(additional.thinking) && additional.thinking.type !== 'disabled'
  const body = compact({
    ...encodeMessages(history, { cachePoints: family.cachePoints, thinks }),
    inferenceConfig: presentOr(
      compact({
        maxTokens,
        temperature: params.temperature,
        topP: params.topP,
        stopSequences: params.stop?.length ? params.stop : undefined,
      }),
    ),
    toolConfig: toolConfig.value,
    outputConfig: presentOr(compact({ textFormat: format.value, effort })),
    additionalModelRequestFields: presentOr(additional),
  })
  const { headers, leftOut } = hintsOf({ ...input, takesMarks: family.cachePoints }, 'bedrock', {
    ...params,
    thinking: additional.thinking === undefined ? undefined : params.thinking,
  })
  const options = params.providerOptions?.[provider] ?? {}
  return success({
    path: `/model/${segmentOf(model)}/${stream ? 'converse-stream' : 'converse'}`,
    headers: { ...headers, ...(stream ? { accept: 'application/vnd.amazon.eventstream' } : {}) },
    leftOut,
    body: withOptions(body, options, ELSEWHERE),
  })
}
