/**
 * What of a response was published so far. Its words come several times: in pieces, whole at the end of each part, again at
 * the end of each item and in the last event.
 *
 * SAID-1 Words are published once. Where a later copy goes on behind what was published, the rest is published.
 * SAID-2 A copy that says something else, or more of a part behind which another one has begun, is no copy: nothing proves
 *    which of the two is the answer.
 * SAID-3 A copy that says nothing takes nothing back: some servers leave the output out of their last event.
 * SAID-4 Calls are numbered from 0 in the order in which they begin.
 */
import { MAX_TOOL_CALLS, TOO_MANY_CALLS } from '../../../domain/streaming/accumulate'
import type { StreamEvent } from '../../../domain/streaming/answer'
import { isObject, parseJson } from '../json'
import type { Step } from '../sse'
import type { Item } from './schema'

interface Call {
  /** The item's place in the output. */
  place: number
  id: string
  name: string
  json: string
}

/** What is new in a copy of what was published; null: it is none of the same (SAID-2). */
function newIn(published: string, copy: string): string | null {
  if (copy.startsWith(published)) return copy.slice(published.length)
  // SAID-3. Some trim what they repeat.
  return copy === '' || copy.trim() === published.trim() ? '' : null
}

const sameJson = (one: string, other: string): boolean => {
  const [first, second] = [parseJson(one), parseJson(other)]
  return isObject(first) && isObject(second) && JSON.stringify(first) === JSON.stringify(second)
}

const textEvents = (text: string): StreamEvent[] => (text === '' ? [] : [{ type: 'text', text }])

/** Holds the text and the calls of one response. Places are indices of its output and of an item's content. */
export const createSaid = () => {
  let text = ''
  let current: { key: string; text: string } | null = null
  const finished = new Map<string, string>()
  const calls: Call[] = []

  const enter = (key: string): { key: string; text: string } => {
    if (current?.key === key) return current
    if (current !== null) finished.set(current.key, current.text)
    current = { key, text: '' }
    return current
  }

  const add = (key: string, piece: string): StreamEvent[] => {
    enter(key).text += piece
    text += piece
    return textEvents(piece)
  }

  const keyOf = (place: number, content: number): string => `${place}.${content}`

  /** A copy of one part of the text. */
  const copyOfPart = (place: number, content: number, copy: string): Step => {
    const key = keyOf(place, content)
    const before = current?.key === key ? current.text : finished.get(key)
    const fresh = newIn(before ?? '', copy)
    if (fresh === null || (finished.has(key) && fresh !== '')) return null
    return fresh === '' ? [] : add(key, fresh)
  }

  const begin = (place: number, { call_id, id, name }: Item): StreamEvent[] => {
    const index = calls.findIndex((call) => call.place === place)
    const known = calls[index]
    const call = {
      place,
      id: call_id || known?.id || id || `call_${known === undefined ? calls.length : index}`,
      name: name || (known?.name ?? ''),
      json: known?.json ?? '',
    }
    if (known !== undefined && known.id === call.id && known.name === call.name) return []
    if (known === undefined) calls.push(call)
    else calls[index] = call
    const at = known === undefined ? calls.length - 1 : index
    return [{ type: 'toolCallStart', index: at, id: call.id, name: call.name }]
  }

  const addArguments = (place: number, json: string): Step => {
    const index = calls.findIndex((call) => call.place === place)
    const call = calls[index]
    // Of an item whose beginning was lost.
    if (call === undefined) return null
    call.json += json
    return json === '' ? [] : [{ type: 'toolCallDelta', index, json }]
  }

  const copyOfArguments = (place: number, copy: string): Step => {
    const call = calls.find((one) => one.place === place)
    if (call === undefined) return null
    const fresh = newIn(call.json, copy)
    if (fresh !== null) return addArguments(place, fresh)
    return sameJson(call.json, copy) ? [] : null
  }

  /** A function call's item, as it begins or whole. */
  const callItem = (place: number, item: Item): Step => {
    const begun = begin(place, item)
    if (calls.length > MAX_TOOL_CALLS) return { class: 'bad_response', message: TOO_MANY_CALLS }
    const rest = copyOfArguments(place, item.arguments ?? '')
    return Array.isArray(rest) ? [...begun, ...rest] : rest
  }

  /** The whole output once more: its texts by what they come to, its calls by their order. */
  const copyOfAll = (output: readonly Item[]): Step => {
    const texts = output.flatMap((item) => (item.type === 'message' ? (item.content ?? []) : []))
    const fresh = newIn(
      text,
      texts.map((part) => (part.type === 'output_text' ? part.text : '') ?? '').join(''),
    )
    if (fresh === null) return null
    const events = fresh === '' ? [] : add('rest', fresh)
    const places = calls.map(({ place }) => place)
    for (const [at, item] of output.filter(({ type }) => type === 'function_call').entries()) {
      const step = callItem(places[at] ?? Number.MAX_SAFE_INTEGER - at, item)
      if (!Array.isArray(step)) return step
      events.push(...step)
    }
    return events
  }

  return {
    addText: (place: number, content: number, piece: string): Step => {
      const key = keyOf(place, content)
      // SAID-2
      return finished.has(key) && current?.key !== key ? null : add(key, piece)
    },
    copyOfPart,
    callItem,
    addArguments,
    copyOfArguments,
    copyOfAll,
    any: () => text !== '' || calls.length > 0,
    anyCalls: () => calls.length > 0,
  }
}
