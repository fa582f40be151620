/**
 * A JSON schema as OpenAI's `response_format`. `strict` makes the server follow it to the letter, but takes
 * only schemas whose objects are closed and whose properties are all required; any other is sent without it.
 * The answer is checked against the caller's own schema in either case.
 */
import type { JsonObject, JsonValue } from '../../../domain/request/json'
import type { OutputSchema } from '../../../domain/request/request'
import { isObject } from '../json'
import { isAnyObject } from '../repair'

/** Words that OpenAI's strict mode refuses; where one stands, the schema is sent without `strict`. */
const NOT_STRICT = [
  'allOf',
  'not',
  'oneOf',
  'if',
  'then',
  'else',
  'dependentRequired',
  'dependentSchemas',
  'patternProperties',
]

const isClosed = (schema: JsonObject): boolean => {
  const { properties, required } = schema
  if (schema.type !== 'object' && properties === undefined) return true
  const names = isObject(properties) ? Object.keys(properties) : []
  const all = Array.isArray(required) ? required : []
  return schema.additionalProperties === false && names.every((name) => all.includes(name))
}

/** The schemas right below a schema: in `properties` and `$defs` the keys are names, elsewhere words. */
const below = (schema: JsonObject): JsonValue[] =>
  Object.entries(schema).flatMap(([word, value]): JsonValue[] => {
    if (['properties', '$defs', 'definitions'].includes(word))
      return isObject(value) ? Object.values(value) : []
    if (word === 'items') return [value]
    return word === 'anyOf' && Array.isArray(value) ? value : []
  })

/** Would OpenAI take it in strict mode? */
export const canBeStrict = (schema: JsonValue): boolean =>
  isObject(schema) &&
  isClosed(schema) &&
  !NOT_STRICT.some((word) => word in schema) &&
  below(schema).every(canBeStrict)

/** Names are 1 to 64 of `a-z A-Z 0-9 _ -` there. */
export const nameOf = (name: string): string => name.replace(/[^\w-]/g, '_').slice(0, 64) || 'output'

/** What OpenAI's formats say of a schema; null: any object will do. */
export const schemaFields = ({ name, schema }: OutputSchema): JsonObject | null =>
  isAnyObject(schema)
    ? null
    : { name: nameOf(name), schema, strict: schema.type === 'object' && canBeStrict(schema) }

export const encodeOutput = (output: OutputSchema): JsonObject => {
  const fields = schemaFields(output)
  return fields === null ? { type: 'json_object' } : { type: 'json_schema', json_schema: fields }
}
