/**
 * Marks for the prompt cache as Anthropic takes them (docs, "Prompt caching", read on 2026-11-28): four at most, and what is
 * kept for an hour stands before what is kept for five minutes. Anything else is refused with a 400.
 *
 * MARKS-1 Of more than four the last of the instructions stays, whose prefix all conversations share, and the latest
 *    others: each is found by the next turn. A mark less costs money at most.
 * MARKS-2 One of an hour behind one of five minutes raises that: nothing is kept for less than was wanted.
 */
import type { JsonObject, JsonValue } from '../../../domain/request/json'
import { isObject } from '../json'

const MAX_MARKS = 4

const blocksOf = (value: JsonValue | undefined): JsonObject[] =>
  Array.isArray(value) ? value.filter(isObject) : []

const isLong = ({ cache_control: mark }: JsonObject): boolean => isObject(mark) && mark.ttl === '1h'

/** The body with no more marks than are taken. `dropped`: some were left out. */
export function withTakenMarks(body: JsonObject): { body: JsonObject; dropped: boolean } {
  const fixed = [...blocksOf(body.tools), ...blocksOf(body.system)]
  const turns = blocksOf(body.messages).flatMap(({ content }) => blocksOf(content))
  const isMarked = ({ cache_control }: JsonObject): boolean => cache_control !== undefined
  const marked = [...fixed, ...turns].filter(isMarked)
  if (marked.length === 0) return { body, dropped: false }

  const room = MAX_MARKS - (body.cache_control === undefined ? 0 : 1)
  const first = fixed.findLast(isMarked)
  const others = marked.filter((block) => block !== first)
  // MARKS-1
  const kept = new Set(
    first === undefined || marked.length <= room
      ? marked.slice(-room)
      : [first, ...others.slice(-Math.max(0, room - 1))],
  )
  const inOrder = marked.filter((block) => kept.has(block))
  const lastLong = inOrder.findLastIndex(isLong)
  const changes = new Map<JsonObject, JsonObject>()
  for (const block of marked) {
    const { cache_control: mark, ...rest } = block
    if (!kept.has(block)) changes.set(block, rest)
    // MARKS-2
    else if (inOrder.indexOf(block) < lastLong && !isLong(block) && isObject(mark))
      changes.set(block, { ...rest, cache_control: { ...mark, ttl: '1h' } })
  }
  if (changes.size === 0) return { body, dropped: false }
  const changed = (value: JsonValue | undefined): JsonValue | undefined =>
    Array.isArray(value) ? value.map((one) => (isObject(one) ? (changes.get(one) ?? one) : one)) : value
  const messages = blocksOf(body.messages).map((turn) => ({
    ...turn,
    content: changed(turn.content) ?? null,
  }))
  const { tools, system } = body
  return {
    body: {
      ...body,
      ...(tools === undefined ? {} : { tools: changed(tools) ?? null }),
      ...(system === undefined ? {} : { system: changed(system) ?? null }),
      messages,
    },
    dropped: kept.size < marked.length,
  }
}
