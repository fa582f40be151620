/** Waits that stand in fields of an error's body, as sent, with their unit. */
import type { JsonObject, JsonValue } from '../../domain/request/json'
import { textIn } from './error-values'
import { isObject } from './json'

export interface ErrorWait {
  value: string
  unit: 's' | 'ms'
}

/** Fields of a body that hold a wait, with the unit of a bare number in them. */
const WAITS = [
  ['retry_after_ms', 'ms'],
  ['retryAfterMs', 'ms'],
  ['retry_after', 's'],
  ['retryAfter', 's'],
  ['retry_after_seconds', 's'],
  ['retryAfterSeconds', 's'],
  ['retryDelay', 's'],
  ['quotaResetDelay', 's'],
  ['resets_in_seconds', 's'],
  ['reset_at', 's'],
  ['resets_at', 's'],
  ['wait_seconds', 's'],
  // Hugging Face, of a model that loads.
  ['estimated_time', 's'],
] as const

/** Google's duration as an object. */
const secondsIn = (value: JsonValue | undefined): string | null =>
  isObject(value) && typeof value.seconds === 'number'
    ? String(value.seconds + (typeof value.nanos === 'number' ? value.nanos / 1e9 : 0))
    : null

export const waitsIn = (objects: readonly JsonObject[]): ErrorWait[] =>
  objects.flatMap((object) =>
    WAITS.flatMap(([name, unit]) => {
      const value = textIn(object[name]) ?? secondsIn(object[name])
      return value === null ? [] : [{ value, unit }]
    }),
  )
