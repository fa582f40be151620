import type { JsonObject, JsonValue } from '../../domain/json'
import { type Outcome, success } from '../../domain/outcome'
import type { GenerationRequest, Params, Tool, ToolChoice } from '../../domain/request'
import { compact } from '../json'
import { withOptions } from '../options'
import { checkToolChoice, settleParams } from '../refusals'
import type { EncodedRequest, EncodeInput } from '../wire-format'
import { encodeMessages } from './messages'
import { maxTokensField, refusalsOf } from './models'
import { encodeOutput } from './output'

const encodeTool = ({ name, description, parameters }: Tool): JsonObject => ({
  type: 'function',
  function: compact({ name, description, parameters }),
})

const encodeToolChoice = (choice: ToolChoice): JsonValue =>
  typeof choice === 'string' ? choice : { type: 'function', function: { name: choice.tool } }

/** Without tools a tool choice is refused there, and has nothing to say. */
const toolFields = ({ tools = [], toolChoice }: GenerationRequest) => ({
  tools: tools.length > 0 ? tools.map(encodeTool) : undefined,
  tool_choice: tools.length > 0 && toolChoice !== undefined ? encodeToolChoice(toolChoice) : undefined,
})

/** A limit by the name that is not used here would be a second one. */
const otherLimit = ({ maxTokens }: Params, model: string): { [field: string]: undefined } =>
  maxTokens === undefined
    ? {}
    : { [maxTokensField(model) === 'max_tokens' ? 'max_completion_tokens' : 'max_tokens']: undefined }

/** Laid over the caller's options: undefined takes theirs away. Usage comes with a stream only if it is asked for. */
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
})

export const encode = (input: EncodeInput): Outcome<EncodedRequest> => {
  const { request, model, provider, stream } = input
  const choice = checkToolChoice(request)
  if (!choice.ok) return choice
  const settled = settleParams(input, refusalsOf(model, request.params ?? {}))
  if (!settled.ok) return settled
  const params = settled.value

  const body = compact({
    model,
    messages: encodeMessages(request.messages),
    ...samplingFields(params),
    [maxTokensField(model)]: params.maxTokens,
    reasoning_effort: params.reasoningEffort,
    response_format: request.output && encodeOutput(request.output),
    ...toolFields(request),
  })
  const options = params.providerOptions?.[provider] ?? {}
  return success({
    path: '/chat/completions',
    headers: {},
    body: withOptions(body, options, { ...streamFields(stream), ...otherLimit(params, model) }),
  })
}
