/**
 * Errors by names that no list has: `upstream_error`, Tencent's `Response.Error`, Bedrock's `internalServerException`.
 * Only of objects that hold nothing of an answer; a count of errors (a number, 0 or not) names none.
 */
import type { JsonObject, JsonValue } from '../../domain/request/json'
import { isObject } from './json'

/** How servers say in words that nothing went wrong. */
const NO_ERROR = /^(?:0|null|none|ok|success|succeeded)?$/i

export const isBlank = (value: JsonValue | undefined): boolean =>
  value === null ||
  value === undefined ||
  value === 0 ||
  value === false ||
  (typeof value === 'string' && NO_ERROR.test(value.trim())) ||
  (typeof value === 'object' && Object.values(value).every(isBlank))

const NAME = /err(?:or)?s?(?:_?(?:msg|message|info|detail|details))?$|exception$|^fault$/i

const namedHere = (body: JsonObject): JsonObject | null => {
  for (const [name, value] of Object.entries(body)) {
    if (!NAME.test(name) || isBlank(value)) continue
    const one = Array.isArray(value) ? value[0] : value
    if (isObject(one)) return /exception$/i.test(name) ? { __type: name, ...one } : one
    if (typeof one === 'string') return { message: one }
    if (one === true) return {}
  }
  return null
}

/** The object that holds an error, here or one level below; null where nothing is named so. */
export const namedError = (value: JsonObject): JsonObject | null =>
  namedHere(value) ??
  Object.values(value)
    .filter((below) => isObject(below))
    .map(namedHere)
    .find((one) => one !== null) ??
  null
