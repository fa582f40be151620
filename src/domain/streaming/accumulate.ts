/**
 * Folds the events of a streamed answer into an Answer. Whole bodies take the same way (`src/formats/outbound` turns
 * them into events first), so that one set of rules says what an answer is:
 *
 * ACCUMULATE-1 Without a finish it is cut: `bad_response`.
 * ACCUMULATE-2 The arguments of every tool call are one JSON object; nothing at all, `null` and an empty list
 *    mean no arguments. They are as large as a request's JSON may be, at most (`json.ts`), and MAX_TOOL_CALLS
 *    at most: a model in a loop. A call that the token limit has cut is left out: the finish reason says so.
 *    Every call has a name.
 * ACCUMULATE-3 Stopped by a content filter with nothing to show: `content_refused`.
 * ACCUMULATE-4 Nothing to show and no reason for it: `bad_response`. Cut off at the token limit is a reason,
 *    and so is the end of a turn after a tool's result (`mayBeEmpty`): the model had nothing to add.
 * ACCUMULATE-5 Ids of tool calls are unique: a caller's results name them.
 * ACCUMULATE-6 A finish reason for tool calls proves that there were some: without any, a part was
 *    lost.
 * ACCUMULATE-7 An opaque block knows what of the answer came before it. They are MAX_OPAQUE_BLOCKS at most.
 */

import { failed, type Outcome, success } from '../failures/outcome'
import { type JsonObject, jsonTextExcess } from '../request/json'
import type { OpaqueBlock } from '../request/opaque'
import type { ToolCall } from '../request/request'
import type { Answer, FinishReason, StreamEvent, Usage } from './answer'

/** Far more than any honest turn has. */
export const MAX_TOOL_CALLS = 1_000

export const TOO_MANY_CALLS = `the answer has more than ${MAX_TOOL_CALLS} tool calls`

/** Far more than any honest turn has. */
export const MAX_OPAQUE_BLOCKS = 1_000

interface PartialToolCall {
  index: number
  id: string
  name: string
  json: string
}

export interface Accumulation {
  readonly text: string
  readonly toolCalls: readonly PartialToolCall[]
  readonly opaque: readonly OpaqueBlock[]
  readonly finishReason: FinishReason | null
  readonly usage: Usage | null
  readonly model: string | null
  readonly responseId: string | null
}

export const EMPTY_ACCUMULATION: Accumulation = {
  text: '',
  toolCalls: [],
  opaque: [],
  finishReason: null,
  usage: null,
  model: null,
  responseId: null,
}

/** One event further. Reasoning is shown to callers as it comes; it is no part of the answer. */
export const accumulate = (soFar: Accumulation, event: StreamEvent): Accumulation => {
  switch (event.type) {
    case 'start':
      return { ...soFar, model: event.model, responseId: event.responseId }
    case 'text':
      return { ...soFar, text: soFar.text + event.text }
    case 'reasoning':
      return soFar
    // ACCUMULATE-7
    case 'opaque': {
      if (soFar.opaque.length > MAX_OPAQUE_BLOCKS) return soFar
      const at = { text: soFar.text.length, calls: soFar.toolCalls.length }
      return { ...soFar, opaque: [...soFar.opaque, { ...event.block, at }] }
    }
    case 'toolCallStart': {
      const { index, id, name } = event
      // Sent again: its name or its id came late.
      if (soFar.toolCalls.some((call) => call.index === index))
        return {
          ...soFar,
          toolCalls: soFar.toolCalls.map((call) => (call.index === index ? { ...call, id, name } : call)),
        }
      return { ...soFar, toolCalls: [...soFar.toolCalls, { index, id, name, json: '' }] }
    }
    case 'toolCallDelta':
      return {
        ...soFar,
        toolCalls: soFar.toolCalls.map((call) =>
          call.index === event.index ? { ...call, json: call.json + event.json } : call,
        ),
      }
    case 'usage':
      return { ...soFar, usage: event.usage }
    case 'finish':
      return { ...soFar, finishReason: event.finishReason }
  }
}

/** Some servers open with an empty object, or null, and send the pieces behind it. */
const OPENING = /^\s*(?:\{\s*\}|null)(?=\s*\{)/

const parseArguments = (json: string): JsonObject | null => {
  if (json.trim() === '') return {}
  if (jsonTextExcess(json) !== null) return null
  try {
    const parsed: unknown = JSON.parse(json.replace(OPENING, ''))
    if (parsed === null || parsed === '' || (Array.isArray(parsed) && parsed.length === 0)) return {}
    // Encoded twice.
    if (typeof parsed === 'string' && jsonTextExcess(parsed) !== null) return null
    const value: unknown = typeof parsed === 'string' ? JSON.parse(parsed) : parsed
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : null
  } catch {
    return null
  }
}

const badResponse = (message: string): Outcome<never> => failed({ class: 'bad_response', message })

/** ACCUMULATE-5 */
const uniqueId = (id: string, others: readonly ToolCall[]): string => {
  let own = id
  for (let n = 2; others.some((other) => other.id === own); n += 1) own = `${id}_${n}`
  return own
}

/** Words of a provider's in a message: they may have any length, and a message stands in the history. */
const SHOWN_CHARS_MAX = 60
const shown = (words: string): string => words.slice(0, SHOWN_CHARS_MAX)

/** What was gathered, as an answer; or why it is none (ACCUMULATE-1 to ACCUMULATE-4). */
export const completeAnswer = (soFar: Accumulation, mayBeEmpty = false): Outcome<Answer> => {
  const { text, finishReason, usage, model, responseId } = soFar
  if (finishReason === null) return badResponse('cut: the answer ended without a finish reason')

  if (soFar.toolCalls.length > MAX_TOOL_CALLS) return badResponse(TOO_MANY_CALLS)
  if (soFar.opaque.length > MAX_OPAQUE_BLOCKS)
    return badResponse(`the answer has more than ${MAX_OPAQUE_BLOCKS} opaque blocks`)
  const toolCalls: ToolCall[] = []
  for (const { id, name, json } of soFar.toolCalls) {
    const args = parseArguments(json)
    if (args === null && finishReason.unified === 'length') continue
    if (name === '') return badResponse('a tool call without a name')
    if (args === null) {
      return badResponse(
        `the arguments of tool call ${shown(name)} are not a JSON object of a size that can be carried (finish: ${finishReason.unified})`,
      )
    }
    toolCalls.push({ id: uniqueId(id, toolCalls), name, arguments: args })
  }

  if (text === '' && toolCalls.length === 0) {
    if (finishReason.unified === 'content_filter') {
      return failed({
        class: 'content_refused',
        message: `refused by the provider (${shown(finishReason.raw ?? 'no reason given')})`,
      })
    }
    if (finishReason.unified !== 'length' && !(mayBeEmpty && finishReason.unified === 'stop'))
      return badResponse(`empty answer (finish: ${shown(finishReason.raw ?? 'none')})`)
  }
  // ACCUMULATE-6
  if (finishReason.unified === 'tool_calls' && toolCalls.length === 0)
    return badResponse(
      `cut: the answer ended with "${shown(finishReason.raw ?? 'tool_calls')}" and has no tool call`,
    )
  const opaque = soFar.opaque.length === 0 ? {} : { opaque: [...soFar.opaque] }
  return success({ text, toolCalls, finishReason, usage, model, responseId, ...opaque })
}

/** All events of an answer at once. */
export const answerOf = (events: Iterable<StreamEvent>, mayBeEmpty = false): Outcome<Answer> => {
  let soFar = EMPTY_ACCUMULATION
  for (const event of events) soFar = accumulate(soFar, event)
  return completeAnswer(soFar, mayBeEmpty)
}
