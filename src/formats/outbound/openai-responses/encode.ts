import { type Outcome, success } from '../../../domain/failures/outcome'
import type { JsonObject, JsonValue } from '../../../domain/request/json'
import type {
  GenerationRequest,
  OutputSchema,
  Params,
  Tool,
  ToolChoice,
} from '../../../domain/request/request'
import type { ModelFacts } from '../../../domain/routing/route'
import { hintsOf } from '../hints'
import { compact } from '../json'
import { effortOf, withoutThinking } from '../openai-chat/encode'
import { historyFor } from '../openai-chat/history'
import { callsOneTool, refusalsOf as chatRefusals, isOpenAis, neverReasons } from '../openai-chat/models'
import { schemaFields } from '../openai-chat/output'
import { withOptions } from '../options'
import { allowedParams, checkToolChoice, type Refusals } from '../refusals'
import { parametersOf } from '../repair'
import type { EncodedRequest, EncodeInput } from '../wire-format'
import { encodeInput } from './input'

const NO_PLACE = 'has no place in the Responses API'

const refusalsOf = (model: string, params: Params, facts: ModelFacts): Refusals => ({
  ...chatRefusals(model, params, facts),
  stop: params.stop?.length ? NO_PLACE : undefined,
  seed: NO_PLACE,
  topK: NO_PLACE,
  frequencyPenalty: params.frequencyPenalty ? NO_PLACE : undefined,
  presencePenalty: params.presencePenalty ? NO_PLACE : undefined,
  logitBias: Object.keys(params.logitBias ?? {}).length > 0 ? NO_PLACE : undefined,
})

/** Left out, `strict` would be true there, and a schema with an optional property refused. */
const encodeTool = ({ name, description, parameters }: Tool): JsonObject =>
  compact({ type: 'function', name, description, parameters: parametersOf(parameters), strict: false })

const encodeToolChoice = (choice: ToolChoice): JsonValue =>
  typeof choice === 'string' ? choice : { type: 'function', name: choice.tool }

/** Without tools a tool choice is refused there, and has nothing to say. */
const toolFields = (
  { tools = [], toolChoice }: GenerationRequest,
  { parallelToolCalls }: Params,
  model: string,
) =>
  tools.length === 0
    ? {}
    : {
        tools: tools.map(encodeTool),
        tool_choice: toolChoice === undefined ? undefined : encodeToolChoice(toolChoice),
        parallel_tool_calls: callsOneTool(model) ? undefined : parallelToolCalls,
      }

const formatOf = (output: OutputSchema): JsonObject => {
  const fields = schemaFields(output)
  return fields === null ? { type: 'json_object' } : { type: 'json_schema', ...fields }
}

/** Fewer are refused. Clients ask for one token to see whether a model is there. */
const LEAST_OUTPUT_TOKENS = 16

/** Its thoughts, which nobody but the provider can read, come only where they are requested; other models refuse the wish. */
const thinks = (model: string, effort: Params['reasoningEffort']): boolean =>
  effort === undefined ? isOpenAis(model) && !neverReasons(model) : effort !== 'none'

/** Nothing is kept at the provider, unless the caller or the config says so: the history stands in Temporal. */
const defaultsOf = (thinking: boolean): JsonObject => ({
  store: false,
  ...(thinking ? { include: ['reasoning.encrypted_content'] } : {}),
})

export const encode = (input: EncodeInput): Outcome<EncodedRequest> => {
  const { request, model, provider, stream, background = false } = input
  const choice = checkToolChoice(request)
  if (!choice.ok) return choice
  const allowed = allowedParams(input, refusalsOf(model, request.params ?? {}, input.facts))
  if (!allowed.ok) return allowed
  const params = allowed.value
  const history = historyFor(input, 'openai-responses')
  if (!history.ok) return history

  const { fields, headers, leftOut } = hintsOf(input, 'openai-responses', withoutThinking(params))
  const { verbosity, ...labels } = fields
  const effort = effortOf(model, params)
  const text = compact({ format: request.output && formatOf(request.output), verbosity })
  const { maxTokens } = params
  const body = compact({
    model,
    input: encodeInput(history.value),
    max_output_tokens: maxTokens && Math.max(maxTokens, LEAST_OUTPUT_TOKENS),
    temperature: params.temperature,
    top_p: params.topP,
    reasoning: effort && { effort },
    text: Object.keys(text).length > 0 ? text : undefined,
    ...toolFields(request, params, model),
  })
  const options = params.providerOptions?.[provider] ?? {}
  return success({
    path: '/responses',
    headers,
    // What is made in the background is kept there.
    leftOut: background && labels.store === false ? [...leftOut, 'store'] : leftOut,
    body: withOptions(
      { ...labels, ...body },
      { ...defaultsOf(thinks(model, effort)), ...options },
      {
        stream: stream || undefined,
        // What is not kept there can't be read again. A call that is to be read on is one that we know of.
        ...(background ? { background, store: true } : { background: undefined }),
        // Refused where nothing is streamed.
        ...(stream ? {} : { stream_options: undefined }),
        // A limit by a chat's name is refused.
        ...(maxTokens === undefined ? {} : { max_tokens: undefined, max_completion_tokens: undefined }),
      },
    ),
  })
}
