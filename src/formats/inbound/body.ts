/**
 * Reads a caller's body. All faults are in one error, by the caller's own names.
 *
 * BODY-1 What would change the answer and can't be passed on is refused, never dropped in silence.
 * BODY-2 null means absent, as the official clients have it.
 */
import { z } from 'zod'
import type { Override } from '../../config/override'
import { nearest } from '../../config/problems'
import { type HoldfastError, invalidRequest } from '../../contract/errors'
import { CACHE_CONTROLS } from '../../domain/caching/cache'
import type { JsonObject } from '../../domain/request/json'
import { type Metadata, PAIRS_MAX, VALUE_CHARS_MAX } from '../../domain/request/metadata'
import type { Cacheable, Hints, UserPart } from '../../domain/request/request'
import { isObject } from '../outbound/json'
import type { FormatRequest, ParsedRequest } from './types'

/** A field that we can't pass on: fine while it says what is so anyway. */
export interface Neutral {
  is: (value: unknown) => boolean
  why: string
}

export interface FieldRules {
  /**
   * They change nothing of the answer: passed on to the API whose fields they are, else left out, which the answer
   * says.
   */
  hints: ReadonlySet<string>
  neutral: { readonly [field: string]: Neutral }
}

const OWN_WAY = "is not passed on; put it into holdfast.providerOptions, under the provider's name"

/** BODY-1: passes where the value is one of `values` (compared as JSON). */
export const only = (values: readonly unknown[], why: string = OWN_WAY): Neutral => ({
  is: (value) => values.some((one) => JSON.stringify(one) === JSON.stringify(value)),
  why,
})

/** An object as it stands in JSON, read no further. */
export const jsonObject = z.custom<JsonObject>(isObject, { error: 'an object is needed' })

/** Words that may be absent or null. */
export const optionalText = z.string().nullish()

/** Read with the request (METADATA-1), for which it is no content; null is none. */
export const metadataField = z
  .unknown()
  .optional()
  .meta({
    type: ['object', 'null'],
    additionalProperties: { type: 'string', maxLength: VALUE_CHARS_MAX },
    maxProperties: PAIRS_MAX,
    description: 'Beside the request: texts by keys of 1 to 64 characters',
  })

/** Our extensions, the same in every dialect. */
export const extension = z.strictObject({
  override: z.custom<Override>(isObject, { error: 'an object is needed' }).optional(),
  cache: z.enum(CACHE_CONTROLS, { error: `write one of ${CACHE_CONTROLS.join(', ')}` }).optional(),
  restarts: z.enum(['error', 'event'], { error: 'write error or event' }).optional(),
  providerOptions: z.record(z.string(), jsonObject).optional(),
  metadata: metadataField,
})

export const modelName = z.string({ error: 'name a route or a target' }).min(1, 'name a route or a target')

/** The part of a request that all dialects have alike. */
export function parsedRequest(
  body: {
    model: string
    stream?: boolean | undefined
    /** The client's labels, which its provider gets as well. */
    metadata?: unknown
    holdfast?: z.output<typeof extension> | undefined
  },
  request: Omit<FormatRequest, 'route' | 'override' | 'cache' | 'metadata'>,
): ParsedRequest {
  const { override, cache, restarts = 'error', providerOptions, metadata: own } = body.holdfast ?? {}
  const metadata = bothOf(body.metadata, own)
  const params = { ...request.params, ...(providerOptions === undefined ? {} : { providerOptions }) }
  return {
    request: {
      ...request,
      route: body.model,
      params,
      ...(override === undefined ? {} : { override }),
      ...(cache === undefined ? {} : { cache }),
      ...(metadata === undefined ? {} : { metadata }),
    },
    stream: body.stream ?? false,
    restarts,
    echoModel: body.model,
  }
}

/** What is no metadata is left for the library to refuse. */
function bothOf(labels: unknown, own: unknown): Metadata | undefined {
  if (own === undefined || own === null) return labels as Metadata | undefined
  if (labels === undefined) return own as Metadata
  return (
    isObject(labels) && isObject(own) ? { ...labels, ...own } : isObject(own) ? labels : own
  ) as Metadata
}

/** Throws HoldfastError `invalid_request`, which names each field at fault. */
export function readBody<S extends z.ZodObject>(body: unknown, schema: S, rules: FieldRules): z.output<S> {
  if (!isObject(body)) throw notValid(['the body has to be a JSON object'])
  const present = Object.entries(body).filter(([, value]) => value !== null)
  const known = Object.keys(schema.shape)
  const faults = present.flatMap(([name, value]) => faultOf(name, value, known, rules))
  const checked = schema.safeParse(Object.fromEntries(present))
  if (!checked.success)
    faults.push(...checked.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`))
  if (faults.length > 0 || !checked.success) throw notValid(faults)
  return checked.data
}

function faultOf(name: string, value: unknown, known: readonly string[], rules: FieldRules): string[] {
  if (known.includes(name) || rules.hints.has(name)) return []
  const neutral = Object.hasOwn(rules.neutral, name) ? rules.neutral[name] : undefined
  if (neutral !== undefined) return neutral.is(value) ? [] : [`${name}: ${neutral.why}`]
  const meant = nearest(name, known)
  const hint = meant === null ? '' : `; did you mean "${meant}"?`
  return [`${name}: no field of this API${hint}; a provider's own field ${OWN_WAY}`]
}

/** The fields of a body that change nothing of the answer; undefined where there are none. */
export function hintsOf(api: Hints['api'], body: unknown, rules: FieldRules): Hints | undefined {
  const fields = Object.entries(isObject(body) ? body : {}).filter(
    ([name, value]) => rules.hints.has(name) && value !== null,
  )
  return fields.length === 0 ? undefined : { api, fields: Object.fromEntries(fields) }
}

const notValid = (faults: readonly string[]): HoldfastError =>
  invalidRequest(`The request is not valid: ${faults.join('; ')}`)

/** A lone text is written as such, so that both ways to say it are the same request. */
export function userContent(parts: UserPart[]): string | UserPart[] {
  const [only_, ...more] = parts
  const plain = only_?.type === 'text' && only_.cacheControl === undefined
  return plain && more.length === 0 ? only_.text : parts
}

/** A tool's result: one text, where it is nothing but text. */
export const toolText = (parts: UserPart[]): string | UserPart[] =>
  parts.every((part) => part.type === 'text') ? parts.map(({ text }) => text).join('\n') : parts

/** Anthropic's mark on a block; some clients write it in OpenAI's shape too. Anything but an object is none. */
export const cacheMark = z.custom<JsonObject>(isObject).nullish().catch(null)

export const marked = (mark: JsonObject | null | undefined): Cacheable => (mark ? { cacheControl: mark } : {})

interface NamedSchema {
  name?: string | null | undefined
  description?: string | null | undefined
  schema?: JsonObject | null | undefined
}

/** OpenAI's `json_schema`: the name goes along as the schema's title, where it has none of its own. */
export const namedSchema = ({ name, description, schema }: NamedSchema): JsonObject => ({
  ...(name ? { title: name } : {}),
  ...(description ? { description } : {}),
  ...(schema ?? { type: 'object' }),
})
