import type { JsonObject } from '../../domain/json'
import { failed, type Outcome, success } from '../../domain/outcome'
import type { GenerationRequest, Params, Tool, ToolChoice } from '../../domain/request'
import { hintsOf } from '../hints'
import { compact } from '../json'
import { withOptions } from '../options'
import { checkToolChoice, settleParams } from '../refusals'
import { parametersOf } from '../repair'
import type { EncodedRequest, EncodeInput } from '../wire-format'
import { encodeMessages } from './messages'
import { kindOf, refusalsOf } from './models'
import { adapt } from './output'
import { tokenFields } from './thinking'

/** The one version there is; newer features don't change it. */
const VERSION = '2023-06-01'

const encodeTool = ({ name, description, parameters }: Tool): JsonObject =>
  compact({ name, description, input_schema: { type: 'object', ...parametersOf(parameters) } })

const CHOICES = { auto: 'auto', none: 'none', required: 'any' } as const

const encodeToolChoice = (choice: ToolChoice): JsonObject =>
  typeof choice === 'string' ? { type: CHOICES[choice] } : { type: 'tool', name: choice.tool }

const toolFields = ({ tools = [], toolChoice }: GenerationRequest, { parallelToolCalls }: Params) => {
  if (tools.length === 0) return {}
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

const outputFormat = ({ provider, model, request }: EncodeInput): Outcome<JsonObject | undefined> => {
  if (request.output === undefined) return success(undefined)
  const adapted = adapt(request.output.schema)
  if (adapted.ok) return success({ type: 'json_schema', schema: adapted.schema })
  return failed({
    class: 'unsupported',
    message: `${provider}/${model}: output (a JSON schema): ${adapted.why}`,
  })
}

export const encode = (input: EncodeInput): Outcome<EncodedRequest> => {
  const { request, model, provider, facts, stream } = input
  const kind = kindOf(model)
  const choice = checkToolChoice(request)
  if (!choice.ok) return choice
  const settled = settleParams(
    input,
    refusalsOf(kind, request),
    kind.jsonSchema ? {} : { jsonSchema: 'not supported by this model' },
  )
  if (!settled.ok) return settled
  const format = outputFormat(input)
  if (!format.ok) return format

  const params = settled.value
  const { maxTokens, thinking, effort } = tokenFields(
    params,
    facts,
    kind,
    request.messages.at(-1)?.role === 'tool',
  )
  const outputConfig = compact({ format: format.value, effort })
  const body = compact({
    model,
    max_tokens: maxTokens,
    ...encodeMessages(request.messages),
    temperature: params.temperature,
    top_p: params.topP,
    stop_sequences: params.stop?.length ? params.stop : undefined,
    thinking,
    output_config: Object.keys(outputConfig).length > 0 ? outputConfig : undefined,
    top_k: params.topK,
    ...toolFields(request, params),
  })
  const { fields, headers, leftOut } = hintsOf(
    input,
    'anthropic-messages',
    thinking === undefined && kind.effort === 'budget' ? { ...params, reasoningEffort: undefined } : params,
  )
  const options = params.providerOptions?.[provider] ?? {}
  return success({
    path: '/messages',
    headers: { 'anthropic-version': VERSION, ...headers },
    leftOut,
    body: withOptions({ ...fields, ...body }, options, { stream: stream || undefined }),
  })
}
