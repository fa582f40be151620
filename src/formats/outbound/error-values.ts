/** Single values of an error's body, as facts: a status, a text, a word for a machine. */
import type { JsonObject, JsonValue } from '../../domain/request/json'
import { isObject } from './json'

export const statusIn = (value: JsonValue | undefined): number | null => {
  const status = typeof value === 'string' || typeof value === 'number' ? Number(value) : Number.NaN
  return Number.isInteger(status) && status >= 400 && status < 600 ? status : null
}

export const textIn = (value: JsonValue | undefined): string | null => {
  if (typeof value === 'string' && value !== '') return value
  return typeof value === 'number' ? String(value) : null
}

export const firstText = (...values: (JsonValue | undefined)[]): string | null =>
  values.map(textIn).find((text) => text !== null) ?? null

/** A word for a machine: no sentence, and nothing that is only a status of HTTP. */
export const wordIn = (value: JsonValue | undefined): string | null => {
  const text = textIn(value)
  return text !== null && text.length <= 100 && !/\s/.test(text) && statusIn(value) === null ? text : null
}

/** AWS may put a namespace before the type's name: `com.amazon.coral.service#ThrottlingException`. */
export const awsType = (type: JsonValue | undefined): JsonValue | undefined =>
  typeof type === 'string' ? type.slice(type.lastIndexOf('#') + 1) : type

/** Both a list and a single object. */
export const objectsIn = (value: JsonValue | undefined): JsonObject[] =>
  (Array.isArray(value) ? value : [value]).filter((one) => isObject(one))
