/** Small helpers for bodies: parse without throwing, leave out what is absent, lay one object over another. */
import { isTooDeep, type JsonObject, type JsonValue } from '../../domain/request/json'

/** The parsed text, or undefined where it is no JSON, or deeper than what can be walked. A byte order mark is no part of it. */
export const parseJson = (text: string): unknown => {
  try {
    return isTooDeep(text) ? undefined : JSON.parse(text.charCodeAt(0) === 0xfeff ? text.slice(1) : text)
  } catch {
    return undefined
  }
}

/** The same object without its undefined fields. */
export const compact = (fields: { [name: string]: JsonValue | undefined }): JsonObject => {
  const present: JsonObject = {}
  for (const [name, value] of Object.entries(fields)) if (value !== undefined) present[name] = value
  return present
}

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** `over` laid over `base`: objects merge, everything else replaces. */
export const merge = (base: JsonObject, over: JsonObject): JsonObject => {
  const merged = { ...base }
  for (const [name, value] of Object.entries(over)) {
    const below = merged[name]
    merged[name] = isObject(below) && isObject(value) ? merge(below, value) : value
  }
  return merged
}
