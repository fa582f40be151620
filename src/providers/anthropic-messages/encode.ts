import type { JsonObject } from '../../domain/json'
import { failed, type Outcome, success } from '../../domain/outcome'
import type { GenerationRequest, Tool, ToolChoice } from '../../domain/request'
import { compact } from '../json'
import { withOptions } from '../options'
import { checkToolChoice, settleParams } from '../refusals'
import type { EncodedRequest, EncodeInput } from '../wire-format'
import { encodeMessages } from './messages'
import { kindOf, refusalsOf } from './models'
import { adapt } from './output'
import { tokenFields } from './thinking'

/** The one version there is; newer features don't change it. */
const VERSION = '2023-06-01'

const encodeTool = ({ name, description, parameters }: Tool): JsonObject =>
  compact({ name, description, input_schema: { type: 'object', ...parameters } })

const CHOICES = { auto: 'auto', none: 'none', required: 'any' } as const

const encodeToolChoice = (choice: ToolChoice): JsonObject =>
  typeof choice === 'string' ? { type: CHOICES[choice] } : { type: 'tool', name: choice.tool }

const toolFields = ({ tools = [], toolChoice }: GenerationRequest) => ({
  tools: tools.length > 0 ? tools.map(encodeTool) : undefined,
  tool_choice: tools.length > 0 && toolChoice !== undefined ? encodeToolChoice(toolChoice) : undefined,
})

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
  const { maxTokens, thinking, effort } = tokenFields(params, facts, kind)
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
    ...toolFields(request),
  })
  const options = params.providerOptions?.[provider] ?? {}
  return success({
    path: '/messages',
    headers: { 'anthropic-version': VERSION },
    body: withOptions(body, options, { stream: stream || undefined }),
  })
}
