/** Text that UTF-8 can carry. */
import type { JsonValue } from './json'

const LONE_SURROGATE = /\p{Surrogate}/gu

/** All texts of a JSON value, names too. Most have nothing to mend: they are given back as they are. */
export const wellFormedJson = <T extends JsonValue>(value: T): T =>
  /\\ud[89a-f]/i.test(JSON.stringify(value)) ? (mended(value) as T) : value

function mended(value: JsonValue): JsonValue {
  if (typeof value === 'string') return wellFormed(value)
  if (Array.isArray(value)) return value.map(mended)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [wellFormed(name), mended(inner)]))
}

/** Each half of a character, which JavaScript's strings may hold and UTF-8 can't, becomes U+FFFD. */
export const wellFormed = (text: string): string => text.replace(LONE_SURROGATE, '\ufffd')
