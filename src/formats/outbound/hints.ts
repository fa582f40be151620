/** A client's fields that change nothing of the answer: whether this API takes them, and what is left out. */
import type { JsonObject, JsonValue } from '../../domain/request/json'
import { hasMarks } from '../../domain/request/prompt-cache'
import type { Hints, Params, Tool } from '../../domain/request/request'
import { isObject } from './json'
import type { Api, EncodeInput } from './wire-format'

/** Of both of OpenAI's APIs. */
const OPENAIS_HINTS: ReadonlySet<string> = new Set([
  'user',
  'metadata',
  'store',
  'safety_identifier',
  'prompt_cache_key',
  'prompt_cache_options',
  'prompt_cache_retention',
  'service_tier',
  'verbosity',
  'moderation',
])

/** Who pays for a call of Claude Code's: a line that it sends as the first block of the system prompt. */
export const BILLING_HINT = 'x-anthropic-billing-header'

/** What Anthropic's format has for a tool beside its name, description and schema. */
const TOOL_EXTRAS: ReadonlySet<string> = new Set([
  'input_examples',
  'defer_loading',
  'eager_input_streaming',
  'allowed_callers',
])

/** Whose fields an API takes beside its own. */
const KIN: { readonly [api in Api]?: Hints['api'] } = { 'openai-responses': 'openai-chat' }

/**
 * What the makers know of it. The rest are labels of other servers and of clients, which they refuse as unknown.
 * `prediction` is what the answer could be: it comes sooner where that is so, and is the same. `cache_control` is a wish about
 * the provider's prompt cache; `context_management` takes old thoughts and results out of what the provider reads, to make room.
 */
export const MAKERS_HINTS: { readonly [api in Hints['api'] | 'openai-responses']: ReadonlySet<string> } = {
  'openai-chat': new Set([...OPENAIS_HINTS, 'prediction']),
  'openai-responses': OPENAIS_HINTS,
  'anthropic-messages': new Set([
    'metadata',
    'cache_control',
    'context_management',
    'service_tier',
    'speed',
    'diagnostics',
    'user_profile_id',
    BILLING_HINT,
  ]),
}

const isMakers = (api: Api): api is keyof typeof MAKERS_HINTS => Object.hasOwn(MAKERS_HINTS, api)

/** Anthropic knows one label, OpenAI texts. null: none of them. */
function labelsOf(api: Api, metadata: JsonValue): JsonObject | null {
  if (!isObject(metadata)) return null
  const known = Object.entries(metadata).filter(([name, value]) =>
    api === 'anthropic-messages' ? name === 'user_id' : typeof value === 'string',
  )
  return known.length === 0 ? null : Object.fromEntries(known)
}

function knownTo(
  api: keyof typeof MAKERS_HINTS,
  fields: JsonObject,
): { fields: JsonObject; leftOut: string[] } {
  const leftOut: string[] = []
  const sent = Object.entries(fields).flatMap(([name, value]): [string, JsonValue][] => {
    const given = name === 'metadata' ? labelsOf(api, value) : value
    const partly = isObject(given) && isObject(value) && Object.keys(given).length < Object.keys(value).length
    if (!MAKERS_HINTS[api].has(name) || given === null || partly) leftOut.push(name)
    return MAKERS_HINTS[api].has(name) && given !== null ? [[name, given]] : []
  })
  return { fields: Object.fromEntries(sent), leftOut }
}

export interface Hinted {
  /** Laid under the body. */
  fields: JsonObject
  headers: { [name: string]: string }
  leftOut: string[]
}

const isExtraOf = (api: Api, name: string): boolean => api === 'anthropic-messages' && TOOL_EXTRAS.has(name)

/** Those of a tool's `extras` that this API knows. */
export const extrasFor = ({ extras = {} }: Tool, api: Api): JsonObject =>
  Object.fromEntries(Object.entries(extras).filter(([name]) => isExtraOf(api, name)))

/** A body may hold any number of fields, with names of any length; an answer lists the first of those that are names. */
const FIELD_NAME = /^[\w-]{1,64}$/
const EXTRAS_NAMED_MAX = 20

function extrasLeftOut(tools: readonly Tool[], api: Api): string[] {
  const names = new Set(tools.flatMap(({ extras = {} }) => Object.keys(extras)))
  return [...names]
    .filter((name) => !isExtraOf(api, name) && FIELD_NAME.test(name))
    .slice(0, EXTRAS_NAMED_MAX)
    .map((name) => `tools.${name}`)
}

/** OpenAI keeps requests with the same key on machines that know how they begin. The caller's own key wins. */
const cacheKeyOf = ({ promptCache, native }: CacheInput, api: Api, fields: JsonObject): JsonObject =>
  promptCache !== undefined &&
  native &&
  (KIN[api] ?? api) === 'openai-chat' &&
  fields.prompt_cache_key === undefined
    ? { prompt_cache_key: promptCache.key }
    : {}

/** Marks on blocks that this API has no word for. */
const droppedMarks = ({ request, takesMarks }: CacheInput, api: Api): string[] =>
  api === 'anthropic-messages' || takesMarks || !hasMarks(request) ? [] : ['cache_control']

type CacheInput = Pick<EncodeInput, 'native' | 'request' | 'promptCache' | 'takesMarks'>

/** `sent`: the parameters that `unsupportedParams: drop` has left. */
export function hintsOf(input: CacheInput, api: Api, sent: Params): Hinted {
  const own = callersHints(input, api, sent)
  const marks = droppedMarks(input, api).filter((name) => !own.leftOut.includes(name))
  return {
    ...own,
    fields: { ...own.fields, ...cacheKeyOf(input, api, own.fields) },
    leftOut: [...own.leftOut, ...marks],
  }
}

/** `dropped`: parameters that `unsupportedParams: drop` has left out. */
function callersHints(
  { native, request }: Pick<EncodeInput, 'native' | 'request'>,
  api: Api,
  sent: Params,
): Hinted {
  const { hints, ...params } = request.params ?? {}
  const unsent = Object.entries(params)
    .filter(([name, value]) => value !== undefined && sent[name as keyof Params] === undefined)
    .map(([name]) => name)
  const dropped = [...unsent, ...extrasLeftOut(request.tools ?? [], api)]
  // Sent as another word of the model's: named as `reasoningEffort minimal (sent as low)`.
  const { reasoningEffort: wanted } = params
  if (wanted !== undefined && sent.reasoningEffort !== undefined && sent.reasoningEffort !== wanted)
    dropped.push(`reasoningEffort ${wanted} (sent as ${sent.reasoningEffort})`)
  if (hints === undefined) return { fields: {}, headers: {}, leftOut: dropped }
  if (native && isMakers(api) && hints.api === (KIN[api] ?? api)) {
    const { fields, leftOut } = knownTo(api, hints.fields)
    return { fields, headers: hints.headers ?? {}, leftOut: [...dropped, ...leftOut] }
  }
  return {
    fields: {},
    headers: {},
    leftOut: [...dropped, ...Object.keys(hints.fields), ...Object.keys(hints.headers ?? {})],
  }
}
