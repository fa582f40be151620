import { type Outcome, success } from '../../../domain/failures/outcome'
import type { JsonObject } from '../../../domain/request/json'
import type {
  GenerationRequest,
  OutputSchema,
  Params,
  Tool,
  ToolChoice,
} from '../../../domain/request/request'
import { hintsOf } from '../hints'
import { compact, isObject } from '../json'
import { withoutThinking } from '../openai-chat/encode'
import { withOptions } from '../options'
import { allowedParams, checkToolChoice, toolFault, unsupported } from '../refusals'
import { isAnyObject, parametersOf } from '../repair'
import type { EncodedRequest, EncodeInput } from '../wire-format'
import { encodeContents, historyFault, historyOf, systemInstruction } from './contents'
import { kindOf, type ModelKind, refusalsOf, thinkingConfig } from './models'

/** `FunctionDeclaration.name` in the types of `@google/genai` 2.32. */
const GEMINI_TOOLS = { name: /^[a-zA-Z_][a-zA-Z0-9_.:-]{0,127}$/, oneObject: false }

/** An object without properties is refused as a schema: a function without parameters has none. */
const encodeTool = ({ name, description, parameters }: Tool): JsonObject => {
  const schema = parametersOf(parameters)
  const empty = isObject(schema.properties) && Object.keys(schema.properties).length === 0
  return compact({ name, description, parametersJsonSchema: empty ? undefined : schema })
}

const MODES = { auto: 'AUTO', none: 'NONE', required: 'ANY' } as const

const callingConfig = (choice: ToolChoice): JsonObject =>
  typeof choice === 'string' ? { mode: MODES[choice] } : { mode: 'ANY', allowedFunctionNames: [choice.tool] }

const toolFields = ({ tools = [], toolChoice }: GenerationRequest) =>
  tools.length === 0
    ? {}
    : {
        tools: [{ functionDeclarations: tools.map(encodeTool) }],
        toolConfig: toolChoice && { functionCallingConfig: callingConfig(toolChoice) },
      }

/** Of a schema it follows the words that it knows, and passes over the others: the answer is checked for all of them. */
const outputFields = ({ schema }: OutputSchema) => {
  const { $schema, ...known } = schema
  return {
    responseMimeType: 'application/json',
    responseJsonSchema: isAnyObject(schema) ? undefined : known,
  }
}

const generationConfig = (
  params: Params,
  kind: ModelKind,
  output: OutputSchema | undefined,
): JsonObject | undefined => {
  const config = compact({
    maxOutputTokens: params.maxTokens,
    temperature: params.temperature,
    topP: params.topP,
    topK: params.topK,
    stopSequences: params.stop?.length ? params.stop : undefined,
    seed: params.seed,
    // 0 is none: newer models refuse the fields.
    frequencyPenalty: params.frequencyPenalty || undefined,
    presencePenalty: params.presencePenalty || undefined,
    thinkingConfig: thinkingConfig(kind, params.reasoningEffort),
    ...(output && outputFields(output)),
  })
  return Object.keys(config).length === 0 ? undefined : config
}

/** What would get several answers of which one is read is left out (OPTIONS-2). */
function oneCandidate(options: JsonObject): JsonObject {
  if (!isObject(options.generationConfig)) return options
  const { candidateCount, ...config } = options.generationConfig
  return { ...options, generationConfig: config }
}

/** The path says which model, and whether it is streamed; other APIs' names for these, and for a limit, are refused. */
const SAID_ELSEWHERE = {
  model: undefined,
  stream: undefined,
  stream_options: undefined,
  max_tokens: undefined,
}

/** As the official client reads a name: `models/` may be left out. Of any other slash no path is made. */
const resourceOf = (model: string): string => {
  const [, collection = 'models', id = model] = /^(models|tunedModels)\/([^/]+)$/.exec(model) ?? []
  return `${collection}/${encodeURIComponent(id)}`
}

const pathOf = (model: string, stream: boolean): string =>
  `/${resourceOf(model)}:${stream ? 'streamGenerateContent?alt=sse' : 'generateContent'}`

export const encode = (input: EncodeInput): Outcome<EncodedRequest> => {
  const { request, model, provider, stream } = input
  const { tools = [], output } = request
  const kind = kindOf(model)
  const choice = checkToolChoice(request)
  if (!choice.ok) return choice
  const allowed = allowedParams(
    input,
    refusalsOf(kind, request),
    tools.length > 0 && !kind.jsonBesideTools ? { jsonSchema: 'not taken beside tools by this model' } : {},
  )
  if (!allowed.ok) return allowed
  const history = historyOf(request.messages)
  const own = tools.find((tool) => tool.own !== undefined)
  const fault =
    own === undefined
      ? (historyFault(history, kind) ?? toolFault(tools, GEMINI_TOOLS))
      : `tools: ${own.name} is a tool of Anthropic's own (${String(own.own?.type)})`
  if (fault !== null) return unsupported(input, fault)

  const params = allowed.value
  const body = compact({
    systemInstruction: systemInstruction(history),
    contents: encodeContents(history, kind),
    ...toolFields(request),
    generationConfig: generationConfig(params, kind, output),
  })
  const { headers, leftOut } = hintsOf(input, 'gemini', withoutThinking(params))
  const options = oneCandidate(params.providerOptions?.[provider] ?? {})
  return success({
    path: pathOf(model, stream),
    headers,
    leftOut,
    body: withOptions(body, options, SAID_ELSEWHERE),
  })
}
