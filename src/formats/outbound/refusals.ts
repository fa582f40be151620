/**
 * What a format or a model can't do, said before the call (WIRE-FORMAT-2).
 *
 * A parameter may be left out where the route says `unsupportedParams: drop`. What stands in the messages,
 * tools and the output schema may not: an answer without them would answer something else.
 */
import { failed, type Outcome, success } from '../../domain/failures/outcome'
import type { GenerationRequest, Params, Tool, UserPart } from '../../domain/request/request'
import { factRefusals, isForced, nearestEffort } from './model-rules'
import type { EncodeInput } from './wire-format'

type ParamName = Exclude<keyof Params, 'providerOptions' | 'hints'>

/** Each parameter that can't be sent, with the reason in words that follow its name. */
export type Refusals = { readonly [name in ParamName]?: string | undefined }

export const unsupported = (input: EncodeInput, what: string): Outcome<never> =>
  failed({ class: 'unsupported', message: `${input.provider}/${input.model}: ${what}` })

const partsOf = (request: GenerationRequest): UserPart[] =>
  request.messages.flatMap((message) =>
    (message.role === 'user' || message.role === 'tool') && Array.isArray(message.content)
      ? message.content
      : [],
  )

/** Does the request hold images, tools (or traces of their use), an output schema? */
const featuresOf = (request: GenerationRequest) => ({
  images: partsOf(request).some((part) => part.type === 'image'),
  tools:
    (request.tools?.length ?? 0) > 0 ||
    request.messages.some(
      (message) =>
        message.role === 'tool' || (message.role === 'assistant' && (message.toolCalls?.length ?? 0) > 0),
    ),
  jsonSchema: request.output !== undefined,
})

export type Feature = keyof ReturnType<typeof featuresOf>

const FEATURE_NAMES: Record<Feature, string> = {
  images: 'images',
  tools: 'tools',
  jsonSchema: 'output (a JSON schema)',
}

/**
 * The parameters that may be sent, or `unsupported` naming what may not. An effort that the model has no word for becomes
 * the nearest that it has.
 * `lacking`: the features that the format has no place for; those the facts deny are added here.
 */
export const allowedParams = (
  input: EncodeInput,
  refusals: Refusals,
  lacking: Partial<Record<Feature, string>> = {},
): Outcome<Params> => {
  const { request, facts } = input
  const features = featuresOf(request)
  for (const feature of ['images', 'tools', 'jsonSchema'] as const) {
    if (!features[feature]) continue
    const why = lacking[feature] ?? (facts[feature] === false ? 'not supported by this model' : undefined)
    if (why !== undefined) return unsupported(input, `${FEATURE_NAMES[feature]}: ${why}`)
  }

  if (facts.forcedTools === false && isForced(request))
    return unsupported(input, 'toolChoice: this model can not be made to call a tool')

  const params: Params = { ...request.params }
  const reasons = [factRefusals(params, facts), refusals].flatMap(
    (one) => Object.entries(one) as [ParamName, string | undefined][],
  )
  for (const [name, why] of reasons) {
    if (why === undefined || params[name] === undefined) continue
    if (input.unsupportedParams === 'fail') return unsupported(input, `${name} ${why}`)
    delete params[name]
  }
  if (params.reasoningEffort !== undefined)
    params.reasoningEffort = nearestEffort(params.reasoningEffort, facts.efforts)
  return success(params)
}

/** What a server takes of tools. `oneObject`: no `anyOf` and the like at the top of their schemas. */
export interface ToolRule {
  name: RegExp
  oneObject: boolean
}

/** Why these tools can't be said, or null. Another name would come back in the answer. */
export function toolFault(tools: readonly Tool[] = [], { name: fits, oneObject }: ToolRule): string | null {
  for (const { name, parameters } of tools) {
    if (!fits.test(name)) return `tools: the name ${name} is not of the form ${fits.source}`
    const word = ['anyOf', 'oneOf', 'allOf'].find((one) => one in parameters)
    if (oneObject && word !== undefined) return `tools: ${name} has ${word} at the top of its parameters`
  }
  return null
}

/** A forced tool choice without tools contradicts itself: the caller's mistake, whatever the provider. */
export const checkToolChoice = (request: GenerationRequest): Outcome<null> => {
  const { tools = [], toolChoice } = request
  if (toolChoice === undefined || toolChoice === 'auto' || toolChoice === 'none') return success(null)
  const known =
    toolChoice === 'required' ? tools.length > 0 : tools.some((tool) => tool.name === toolChoice.tool)
  if (known) return success(null)
  const wanted =
    toolChoice === 'required'
      ? 'required, but there are no tools'
      : `${toolChoice.tool}, which is not among the tools`
  return failed({ class: 'invalid_request', message: `toolChoice is ${wanted}`, proved: true })
}
