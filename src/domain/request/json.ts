/** Values that survive a trip through JSON, and so through a workflow's history. */
export type JsonValue = string | number | boolean | null | JsonValue[] | JsonObject
export interface JsonObject {
  [key: string]: JsonValue
}

/** How many bytes of UTF-8 a value has as JSON. By hand: a workflow's sandbox has no TextEncoder. */
export function jsonBytes(value: unknown): number {
  const text = JSON.stringify(value) ?? ''
  let bytes = text.length
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index)
    if (unit < 0x80) continue
    // Halves of a character are 2 bytes each; JSON.stringify leaves none alone.
    bytes += unit < 0x800 || (unit >= 0xd800 && unit < 0xe000) ? 1 : 2
  }
  return bytes
}

/** How much a JSON value may hold: far more than any honest request, and little enough to be walked in a few ms. */
export const MAX_JSON_VALUES = 50_000
export const MAX_JSON_DEPTH = 100

/** Sentences that follow "the request". */
export const TOO_MANY_VALUES = `holds more than ${MAX_JSON_VALUES} values`
export const TOO_DEEP = `is nested more than ${MAX_JSON_DEPTH} levels deep`

/** What is too much of a value, as a sentence's end; null: nothing. Walks no further than the bounds. */
export function jsonExcess(value: unknown): string | null {
  let level: unknown[] = [value]
  let values = 0
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > MAX_JSON_DEPTH) return TOO_DEEP
    const below: unknown[] = []
    for (const one of level) {
      if (typeof one !== 'object' || one === null) continue
      const inner = Array.isArray(one) ? one : Object.values(one)
      values += inner.length
      if (values > MAX_JSON_VALUES) return TOO_MANY_VALUES
      for (const each of inner) below.push(each)
    }
    level = below
  }
  return null
}

const QUOTE = 0x22
const BACKSLASH = 0x5c
const COMMA = 0x2c
const OPENS: ReadonlySet<number> = new Set([0x5b, 0x7b])
const CLOSES: ReadonlySet<number> = new Set([0x5d, 0x7d])

/**
 * The same of a text, before it is parsed: a parser goes down level by level. Text that is no JSON is left to the
 * parser.
 */
export function jsonTextExcess(text: string, maxValues = MAX_JSON_VALUES): string | null {
  let depth = 0
  let values = 0
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at)
    if (unit === QUOTE) {
      for (at += 1; at < text.length && text.charCodeAt(at) !== QUOTE; at += 1)
        if (text.charCodeAt(at) === BACKSLASH) at += 1
    } else if (unit === COMMA) values += 1
    else if (OPENS.has(unit)) {
      depth += 1
      values += 1
      if (depth > MAX_JSON_DEPTH) return TOO_DEEP
    } else if (CLOSES.has(unit)) depth -= 1
    if (values > maxValues) return TOO_MANY_VALUES
  }
  return null
}

/** Its depth alone: whoever walks a deeper value level by level runs out of stack. */
export const isTooDeep = (text: string): boolean =>
  text.length > MAX_JSON_DEPTH && jsonTextExcess(text, Number.POSITIVE_INFINITY) !== null
