/**
 * A JSON schema as Anthropic's `output_config.format`, its native structured output. (A forced tool would do for
 * older models too, but costs the tool choice, mixes the answer with tool calls, and those models are retired.)
 *
 * Anthropic takes a part of JSON Schema: objects must be closed, and limits on numbers, lengths and patterns are
 * refused. Closing an object only narrows, so the answer still satisfies the caller's schema; a limit that is
 * left out only widens, and the whole schema is checked when the answer is here. Open maps can't be said at all.
 */
import type { JsonObject, JsonValue } from '../../../domain/request/json'
import { isObject } from '../json'

/** What may stand in a schema there (besides those below that hold schemas). */
const KEPT = new Set([
  'type',
  'description',
  'title',
  'enum',
  'const',
  '$ref',
  'required',
  'default',
  'format',
])
const FORMATS = new Set([
  'date-time',
  'time',
  'date',
  'duration',
  'email',
  'hostname',
  'uri',
  'ipv4',
  'ipv6',
  'uuid',
])

/** Why a schema can't be sent; thrown nowhere, handed back. */
export type Adapted = { ok: true; schema: JsonObject } | { ok: false; why: string }

const adaptNamed = (value: JsonValue | undefined): JsonObject | string => {
  const adapted: [string, JsonObject][] = []
  for (const [name, schema] of Object.entries(isObject(value) ? value : {})) {
    const one = adapt(schema)
    if (!one.ok) return one.why
    adapted.push([name, one.schema])
  }
  // A property may have the name `__proto__`, which an assignment would not add.
  return Object.fromEntries(adapted)
}

const adaptList = (value: JsonValue): JsonObject[] | string => {
  const adapted: JsonObject[] = []
  for (const schema of Array.isArray(value) ? value : []) {
    const one = adapt(schema)
    if (!one.ok) return one.why
    adapted.push(one.schema)
  }
  return adapted
}

const adaptOne = (value: JsonValue): JsonObject | string => {
  const one = adapt(value)
  return one.ok ? one.schema : one.why
}

/** Words that hold schemas, the name they get, and how they are adapted. */
const NESTED: { readonly [word: string]: [string, (value: JsonValue) => JsonValue | string] } = {
  properties: ['properties', adaptNamed],
  $defs: ['$defs', adaptNamed],
  definitions: ['definitions', adaptNamed],
  items: ['items', adaptOne],
  anyOf: ['anyOf', adaptList],
  oneOf: ['anyOf', adaptList],
  allOf: ['allOf', adaptList],
}

const isKept = (word: string, value: JsonValue): boolean =>
  (KEPT.has(word) && (word !== 'format' || (typeof value === 'string' && FORMATS.has(value)))) ||
  (word === 'minItems' && (value === 0 || value === 1))

/** Words by which an object without properties of its own is described after all. */
const ELSEWHERE = ['$ref', 'anyOf', 'oneOf', 'allOf', 'enum', 'const']

/** `{ type: 'object' }` alone is one too: closed, it would let nothing but {} through. */
const isOpenMap = (schema: JsonObject): boolean => {
  const { type, properties, additionalProperties, patternProperties } = schema
  if (isObject(patternProperties)) return true
  if (isObject(properties)) return false
  if (isObject(additionalProperties)) return true
  return type === 'object' && additionalProperties !== false && !ELSEWHERE.some((word) => word in schema)
}

/** The same schema as far as Anthropic takes it, never stricter than `schema` except that objects are closed. */
export function adapt(schema: JsonValue): Adapted {
  if (!isObject(schema)) return { ok: false, why: 'a schema that is not an object' }
  if (isOpenMap(schema)) return { ok: false, why: 'objects with free keys' }
  const adapted: JsonObject = {}
  for (const [word, value] of Object.entries(schema)) {
    const nested = Object.hasOwn(NESTED, word) ? NESTED[word] : undefined
    if (nested) {
      const below = nested[1](value)
      if (typeof below === 'string') return { ok: false, why: below }
      adapted[nested[0]] = below
    } else if (isKept(word, value)) adapted[word] = value
  }
  if (schema.type === 'object' || schema.properties !== undefined) adapted.additionalProperties = false
  return { ok: true, schema: adapted }
}
