/**
 * What a caller writes beside a request (a user, a feature, a ticket): it changes nothing of the answer, and no provider gets it.
 *
 * METADATA-1 No part of a request's identity: neither of the cache's key, nor of what an idempotency key stands for, nor of
 *    what equal requests share. Who attaches to a generation has the metadata of the one that began it.
 * METADATA-2 Values may be personal: a log line and a search attribute have those alone that the config names, and the reserved
 *    one.
 */

/** At most PAIRS_MAX pairs of texts: a key has 1 to KEY_CHARS_MAX characters, a value VALUE_CHARS_MAX at most. */
export interface Metadata {
  [key: string]: string
}

export const PAIRS_MAX = 16
export const KEY_CHARS_MAX = 64
export const VALUE_CHARS_MAX = 512

/** The gateway's own pair: the `x-request-id` of the request that began the generation. It is not counted. */
export const REQUEST_ID_KEY = 'requestId'

/** Line breaks and their like have no place in a key, and `__proto__` would be none in JavaScript. */
const KEY = /^(?!__proto__$)[^\p{Cc}\p{Cs}]+$/u

export const isMetadataKey = (key: string): boolean => KEY.test(key) && isShort(key, KEY_CHARS_MAX)

/** As people count: what is outside of Unicode's first plane is one. */
const isShort = (text: string, most: number): boolean =>
  text.length <= most || (text.length <= 2 * most && [...text].length <= most)

/** All that is wrong with it, by field; none: it is metadata. Absent and null are. */
export function metadataFaults(given: unknown): string[] {
  if (given === undefined || given === null) return []
  if (typeof given !== 'object' || Array.isArray(given)) return ['metadata: an object of texts is needed']
  const entries = Object.entries(given)
  const counted = entries.filter(([key]) => key !== REQUEST_ID_KEY).length
  if (counted > PAIRS_MAX) return [`metadata: ${counted} pairs, the most is ${PAIRS_MAX}`]
  return entries.flatMap(([key, value]) => faultOf(key, value))
}

function faultOf(key: string, value: unknown): string[] {
  if (!isMetadataKey(key))
    return [
      `metadata: ${JSON.stringify(key.slice(0, KEY_CHARS_MAX))} is no key: 1 to ${KEY_CHARS_MAX} characters, none of them a control character`,
    ]
  if (typeof value !== 'string') return [`metadata.${key}: a text is needed`]
  if (isShort(value, VALUE_CHARS_MAX)) return []
  return [`metadata.${key}: more than ${VALUE_CHARS_MAX} characters`]
}

/** The same with the reserved pair. What is no metadata is left for `metadataFaults`. */
export const withRequestId = (given: unknown, requestId: string): unknown =>
  given === undefined || given === null || (typeof given === 'object' && !Array.isArray(given))
    ? { ...given, [REQUEST_ID_KEY]: requestId }
    : given

/** The pairs of these keys. */
export const picked = (metadata: Metadata, keys: readonly string[]): Metadata =>
  Object.fromEntries(Object.entries(metadata).filter(([key]) => keys.includes(key)))

/** A database with an index of fixed length (MySQL) takes so many of a search attribute's value. */
const SEARCHED_CHARS_MAX = 255

/** A pair as the search attribute has it: a long one by its beginning, and no character that PostgreSQL's JSON can't hold. */
export const searchedPair = (key: string, value: string): string =>
  [...`${key}=${value.replace(/\p{Cc}/gu, ' ')}`].slice(0, SEARCHED_CHARS_MAX).join('')

/** METADATA-2: the fields of a log line. */
export const logFields = (logged: Metadata | undefined): { [field: string]: string } =>
  Object.fromEntries(Object.entries(logged ?? {}).map(([key, value]) => [`metadata.${key}`, value]))
