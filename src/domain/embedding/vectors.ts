/**
 * Vectors as they travel: 32-bit floats, little-endian, in base64, as OpenAI's API writes them. A third of the bytes that
 * they have as JSON numbers, and no reader can round one.
 */

const FLOAT_BYTES = 4

/** Characters of a vector of so many numbers. */
export const vectorChars = (dimensions: number): number => 4 * Math.ceil((dimensions * FLOAT_BYTES) / 3)

/** null: one of them is no finite 32-bit float, or there is none. */
export function vectorOf(numbers: readonly unknown[]): string | null {
  if (numbers.length === 0) return null
  const bytes = Buffer.alloc(numbers.length * FLOAT_BYTES)
  for (const [at, number] of numbers.entries()) {
    if (typeof number !== 'number' || !Number.isFinite(Math.fround(number))) return null
    bytes.writeFloatLE(number, at * FLOAT_BYTES)
  }
  return bytes.toString('base64')
}

/** Of a vector that `checkedVector` or `vectorOf` has made. */
export function numbersOf(vector: string): number[] {
  const bytes = Buffer.from(vector, 'base64')
  return Array.from({ length: bytes.length / FLOAT_BYTES }, (_, at) => bytes.readFloatLE(at * FLOAT_BYTES))
}

/** How many numbers it has. */
export const dimensionsOf = (vector: string): number => Buffer.byteLength(vector, 'base64') / FLOAT_BYTES

const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/

/** A vector that somebody else has written; null: it is none, or one of its numbers is not finite. */
export function checkedVector(text: string): string | null {
  if (text.length % 4 !== 0 || !BASE64.test(text)) return null
  const bytes = Buffer.from(text, 'base64')
  if (bytes.length === 0 || bytes.length % FLOAT_BYTES !== 0) return null
  for (let at = 0; at < bytes.length; at += FLOAT_BYTES)
    if (!Number.isFinite(bytes.readFloatLE(at))) return null
  return text
}
