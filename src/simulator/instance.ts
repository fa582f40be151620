/**
 * An instance that fits a JSON Schema: what a model would answer to a request with that schema. It covers
 * what structured output of the real providers takes, and bounds on lengths and numbers; not `pattern`.
 */
import type { JsonObject, JsonValue } from '../domain/request/json'

/** Recursive schemas end here: deeper, only required properties and needed items are made. */
const MAX_DEPTH = 8

const isObject = (value: JsonValue | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const FORMATS: { [format: string]: string } = {
  'date-time': '2025-01-01T00:00:00Z',
  date: '2025-01-01',
  time: '00:00:00Z',
  duration: 'P1D',
  email: 'someone@example.com',
  hostname: 'example.com',
  ipv4: '192.0.2.1',
  ipv6: '2001:db8::1',
  uri: 'https://example.com/',
  uuid: '00000000-0000-4000-8000-000000000000',
}

const numberOr = (value: JsonValue | undefined, otherwise: number): number =>
  typeof value === 'number' ? value : otherwise

function stringInstance(schema: JsonObject): string {
  const formatted = typeof schema.format === 'string' ? FORMATS[schema.format] : undefined
  if (formatted !== undefined) return formatted
  const text = 'simulated'.padEnd(numberOr(schema.minLength, 0), ' text')
  return text.slice(0, numberOr(schema.maxLength, text.length))
}

/** The smallest number from the lower bound (else 1, or the upper bound) that the schema takes. */
function numberInstance(schema: JsonObject, integer: boolean): number {
  const step = numberOr(schema.multipleOf, integer ? 1 : 0)
  const above = numberOr(schema.exclusiveMinimum, Number.NEGATIVE_INFINITY)
  const below = numberOr(schema.exclusiveMaximum, Number.POSITIVE_INFINITY)
  const highest = Math.min(numberOr(schema.maximum, Number.POSITIVE_INFINITY), below)
  const lowest = Math.max(numberOr(schema.minimum, Number.NEGATIVE_INFINITY), above)
  const wanted = Number.isFinite(lowest) ? lowest : Math.min(1, highest)
  if (step > 0) {
    const rounded = Number.isFinite(lowest)
      ? Math.ceil(wanted / step) * step
      : Math.floor(wanted / step) * step
    if (rounded <= above) return rounded + step
    return rounded >= below ? rounded - step : rounded
  }
  if (wanted > above && wanted < below) return wanted
  return wanted <= above ? Math.min(above + 1, (above + highest) / 2) : below - 1
}

function resolveRef(ref: string, root: JsonObject): JsonValue | undefined {
  let found: JsonValue | undefined = root
  for (const part of ref.replace(/^#\/?/, '').split('/').filter(Boolean)) {
    found = isObject(found) ? found[part.replaceAll('~1', '/').replaceAll('~0', '~')] : undefined
  }
  return found
}

function objectInstance(schema: JsonObject, root: JsonObject, depth: number): JsonObject {
  const properties = isObject(schema.properties) ? schema.properties : {}
  const required = Array.isArray(schema.required) ? schema.required.map(String) : []
  const names = depth < MAX_DEPTH ? new Set([...Object.keys(properties), ...required]) : new Set(required)
  const entries = [...names].map((name) => [name, instance(properties[name], root, depth + 1)] as const)
  return Object.fromEntries(entries)
}

function arrayInstance(schema: JsonObject, root: JsonObject, depth: number): JsonValue[] {
  const minimum = numberOr(schema.minItems, depth < MAX_DEPTH ? 1 : 0)
  const maximum = numberOr(schema.maxItems, Number.POSITIVE_INFINITY)
  const fixed = Array.isArray(schema.prefixItems) ? schema.prefixItems : []
  const length = Math.min(Math.max(minimum, fixed.length), maximum)
  return Array.from({ length }, (_, index) => instance(fixed[index] ?? schema.items, root, depth + 1))
}

function typeOf(schema: JsonObject): string {
  const named = Array.isArray(schema.type)
    ? (schema.type.find((type) => type !== 'null') ?? 'null')
    : schema.type
  if (typeof named === 'string') return named
  if (schema.properties !== undefined || schema.required !== undefined) return 'object'
  return schema.items !== undefined || schema.prefixItems !== undefined ? 'array' : 'string'
}

function instance(schema: JsonValue | undefined, root: JsonObject, depth: number): JsonValue {
  if (!isObject(schema) || depth > MAX_DEPTH * 4) return 'simulated'
  if (typeof schema.$ref === 'string') return instance(resolveRef(schema.$ref, root), root, depth + 1)
  if (schema.const !== undefined) return schema.const
  if (Array.isArray(schema.enum)) return schema.enum[0] ?? null
  for (const choices of [schema.anyOf, schema.oneOf]) {
    if (Array.isArray(choices)) return instance(shallowest(choices, depth), root, depth + 1)
  }
  if (Array.isArray(schema.allOf)) return instance(merged(schema, schema.allOf, root), root, depth + 1)
  switch (typeOf(schema)) {
    case 'object':
      return objectInstance(schema, root, depth)
    case 'array':
      return arrayInstance(schema, root, depth)
    case 'integer':
      return numberInstance(schema, true)
    case 'number':
      return numberInstance(schema, false)
    case 'boolean':
      return true
    case 'null':
      return null
    default:
      return stringInstance(schema)
  }
}

/** Deep down, `null` is preferred, so that a recursive `anyOf` ends. */
function shallowest(choices: JsonValue[], depth: number): JsonValue | undefined {
  const nothing = choices.find((choice) => isObject(choice) && choice.type === 'null')
  return depth >= MAX_DEPTH && nothing !== undefined ? nothing : choices[0]
}

function merged(schema: JsonObject, parts: JsonValue[], root: JsonObject): JsonObject {
  const { allOf: _, ...sum } = schema
  for (const part of parts) {
    const found = isObject(part) && typeof part.$ref === 'string' ? resolveRef(part.$ref, root) : part
    if (!isObject(found)) continue
    const properties = { ...asObject(sum.properties), ...asObject(found.properties) }
    const required = [...asArray(sum.required), ...asArray(found.required)]
    Object.assign(sum, found)
    if (Object.keys(properties).length > 0) sum.properties = properties
    if (required.length > 0) sum.required = required
  }
  return sum
}

const asObject = (value: JsonValue | undefined): JsonObject => (isObject(value) ? value : {})
const asArray = (value: JsonValue | undefined): JsonValue[] => (Array.isArray(value) ? value : [])

/** A JSON value that satisfies the schema; always the same one for the same schema. */
export const schemaInstance = (schema: JsonObject): JsonValue => instance(schema, schema, 0)
