import { type Outcome, success } from '../../../domain/failures/outcome'
import type { JsonObject, JsonValue } from '../../../domain/request/json'
import { withMarks } from '../../../domain/request/prompt-cache'
import type { GenerationRequest, Params, Tool, ToolChoice } from '../../../domain/request/request'
import { hintsOf } from '../hints'
import { compact } from '../json'
import { withOptions } from '../options'
import { allowedParams, checkToolChoice } from '../refusals'
import { parametersOf } from '../repair'
import type { EncodedRequest, EncodeInput } from '../wire-format'
import { historyFor } from './history'
import { encodeMessages } from './messages'
import { callsOneTool, maxTokensField, neverReasons, refusalsOf, thinkingOf, thoughtsWanted } from './models'
import { encodeOutput } from './output'

const encodeTool = ({ name, description, parameters, cacheControl }: Tool, marks: boolean): JsonObject =>
  compact({
    type: 'function',
    function: compact({ name, description, parameters: parametersOf(parameters) }),
    cache_control: marks ? cacheControl : undefined,
  })

const encodeToolChoice = (choice: ToolChoice): JsonValue =>
  typeof choice === 'string' ? choice : { type: 'function', function: { name: choice.tool } }

/** Without tools a tool choice is refused there, and has nothing to say. */
const toolFields = ({ tools = [], toolChoice }: GenerationRequest, marks: boolean) => ({
  tools: tools.length > 0 ? tools.map((one) => encodeTool(one, marks)) : undefined,
  tool_choice: tools.length > 0 && toolChoice !== undefined ? encodeToolChoice(toolChoice) : undefined,
})

/** A limit by the name that is not used here would be a second one. */
const otherLimit = ({ maxTokens }: Params, model: string): { [field: string]: undefined } =>
  maxTokens === undefined
    ? {}
    : { [maxTokensField(model) === 'max_tokens' ? 'max_completion_tokens' : 'max_tokens']: undefined }

/** Laid over the caller's options: undefined takes theirs away. Usage comes with a stream only if it is requested. */
export const streamFields = (stream: boolean) => ({
  stream: stream || undefined,
  stream_options: stream ? { include_usage: true } : undefined,
})

/** The parameters that both of OpenAI's formats call alike. */
export const samplingFields = (params: Params) => ({
  temperature: params.temperature,
  top_p: params.topP,
  stop: params.stop?.length ? params.stop : undefined,
  seed: params.seed,
  // 0 is none: not every server knows the fields.
  frequency_penalty: params.frequencyPenalty || undefined,
  presence_penalty: params.presencePenalty || undefined,
  top_k: params.topK,
  logit_bias: Object.keys(params.logitBias ?? {}).length === 0 ? undefined : params.logitBias,
})

/** A model that never reasons needs no word for none. */
export const effortOf = (model: string, { reasoningEffort }: Params) =>
  reasoningEffort === 'none' && neverReasons(model) ? undefined : reasoningEffort

/** `reasoningEffort` says what a budget means; of `adaptive` and `disabled` there is no word here. */
export const withoutThinking = (params: Params): Params =>
  params.reasoningEffort === undefined ? { ...params, thinking: undefined } : params

export const encode = (given: EncodeInput): Outcome<EncodedRequest> => {
  const { promptCache, takesMarks: marks = false } = given
  const request = promptCache && marks ? withMarks(given.request, promptCache.kind) : given.request
  const input = { ...given, request }
  const { model, provider, stream } = input
  const choice = checkToolChoice(request)
  if (!choice.ok) return choice
  const allowed = allowedParams(input, refusalsOf(model, request.params ?? {}, input.facts))
  if (!allowed.ok) return allowed
  const params = allowed.value
  const history = historyFor(input, 'openai-chat')
  if (!history.ok) return history

  const thinking = thinkingOf(model, { ...request, params })

  const body = compact({
    model,
    messages: encodeMessages(history.value, { thoughts: thoughtsWanted(model, history.value), marks }),
    ...samplingFields(params),
    [maxTokensField(model)]: params.maxTokens,
    reasoning_effort: effortOf(model, params),
    thinking,
    response_format: request.output && encodeOutput(request.output),
    ...toolFields(request, marks),
    parallel_tool_calls: request.tools?.length && !callsOneTool(model) ? params.parallelToolCalls : undefined,
  })
  const { fields, headers, leftOut } = hintsOf(
    input,
    'openai-chat',
    thinking === undefined ? withoutThinking(params) : params,
  )
  const options = params.providerOptions?.[provider] ?? {}
  return success({
    path: '/chat/completions',
    headers,
    leftOut,
    body: withOptions({ ...fields, ...body }, options, {
      ...streamFields(stream),
      ...otherLimit(params, model),
    }),
  })
}
