/** Reads the events of a stream; holds the usage reported so far and which block is which tool call. */
import type { JsonObject } from '../../../domain/request/json'
import { MAX_BLOCK_CHARS } from '../../../domain/request/opaque'
import { MAX_TOOL_CALLS, TOO_MANY_CALLS } from '../../../domain/streaming/accumulate'
import type { StreamEvent } from '../../../domain/streaming/answer'
import { finishReasonOf, isFinishReason } from '../finish-reason'
import { isObject } from '../json'
import type { EventReader, Step } from '../sse'
import { blockEvent } from './blocks'
import { type Block, type Delta, eventSchemas, messageSchema } from './schema'
import { mergeUsage, type RawUsage, usageOf } from './usage'

const NO_USAGE: RawUsage = {
  input_tokens: null,
  output_tokens: null,
  cache_creation_input_tokens: null,
  cache_read_input_tokens: null,
  output_tokens_details: null,
}

/** A whole block's events; `index` counts the tool calls from 0. */
const blockEvents = (block: Block, index: number): StreamEvent[] => {
  switch (block.type) {
    case 'text':
      return block.text ? [{ type: 'text', text: block.text }] : []
    case 'thinking':
      return block.thinking ? [{ type: 'reasoning', text: block.thinking }] : []
    case 'tool_use': {
      const start: StreamEvent = {
        type: 'toolCallStart',
        index,
        id: block.id || `call_${index}`,
        name: block.name ?? '',
      }
      // In a stream the block starts with an empty input, and the pieces follow.
      const hasInput =
        block.input != null && !(isObject(block.input) && Object.keys(block.input).length === 0)
      return hasInput ? [start, { type: 'toolCallDelta', index, json: JSON.stringify(block.input) }] : [start]
    }
    default:
      return []
  }
}

/** A whole message's events; null where it has another shape. */
export const readMessage = (value: unknown): Step => {
  const parsed = messageSchema.safeParse(value)
  if (!parsed.success) return null
  const { id, model, content, stop_reason, usage } = parsed.data
  const finishReason = finishReasonOf(stop_reason || null)
  if (!isFinishReason(finishReason)) return finishReason
  const events: StreamEvent[] = [{ type: 'start', model: model || null, responseId: id || null }]
  let toolCalls = 0
  for (const block of content) {
    events.push(...blockEvents(block, toolCalls), ...blockEvent(block as JsonObject))
    if (block.type === 'tool_use') toolCalls += 1
  }
  if (usage) events.push({ type: 'usage', usage: usageOf(usage) })
  return [...events, { type: 'finish', finishReason }]
}

const isThought = ({ type }: Block): boolean => type === 'thinking' || type === 'redacted_thinking'

/** A thought's text comes in pieces, and its signature behind it. false: it is too large to be carried. */
function addTo(block: JsonObject, { type, thinking, signature }: Delta): boolean {
  if (type === 'thinking_delta' && thinking) block.thinking = `${block.thinking ?? ''}${thinking}`
  if (type === 'signature_delta' && signature) block.signature = `${block.signature ?? ''}${signature}`
  return String(block.thinking ?? '').length + String(block.signature ?? '').length <= MAX_BLOCK_CHARS
}

export const createReader = (): EventReader => {
  let usage: RawUsage = NO_USAGE
  /** Their block number -> our number of the tool call. */
  const toolCalls = new Map<number, number>()
  const started = new Set<number>()
  /** Tool calls whose block began with all of their input: some servers send it in pieces as well. */
  const filled = new Set<number>()

  /** The thought that has begun, as far as it has come. */
  let thought: { index: number; block: JsonObject } | null = null

  const usageEvents = (more: RawUsage | null | undefined): StreamEvent[] => {
    if (!more) return []
    usage = mergeUsage(usage, more)
    return [{ type: 'usage', usage: usageOf(usage) }]
  }

  const readers: { readonly [type: string]: (value: unknown) => Step } = {
    message_start(value) {
      const parsed = eventSchemas.message_start.safeParse(value)
      // A second answer behind a part of the first: a proxy has called again, and nothing proves which of them counts.
      if (!parsed.success || started.size > 0) return null
      const { id, model, usage: first } = parsed.data.message
      return [{ type: 'start', model: model || null, responseId: id || null }, ...usageEvents(first)]
    },
    content_block_start(value) {
      const parsed = eventSchemas.content_block_start.safeParse(value)
      if (!parsed.success) return null
      const { index, content_block: block } = parsed.data
      const number = toolCalls.size
      started.add(index)
      thought = isThought(block) ? { index, block: { ...block } as JsonObject } : null
      if (block.type === 'tool_use') toolCalls.set(index, number)
      if (toolCalls.size > MAX_TOOL_CALLS) return { class: 'bad_response', message: TOO_MANY_CALLS }
      const events = blockEvents(block, number)
      if (events.some((event) => event.type === 'toolCallDelta')) filled.add(index)
      // A block has begun, so the model is at work, although some show nothing of their thoughts.
      return events.length > 0 ? events : [{ type: 'reasoning', text: '' }]
    },
    content_block_delta(value) {
      const parsed = eventSchemas.content_block_delta.safeParse(value)
      if (!parsed.success) return null
      const { index, delta } = parsed.data
      const call = toolCalls.get(index)
      if (delta.type === 'text_delta') {
        // Its words stand somewhere else.
        if (delta.text == null) return null
        return delta.text === '' ? [] : [{ type: 'text', text: delta.text }]
      }
      if (thought?.index === index && !addTo(thought.block, delta)) thought = null
      if (delta.type === 'thinking_delta' && delta.thinking)
        return [{ type: 'reasoning', text: delta.thinking }]
      if (delta.type !== 'input_json_delta') return []
      if (delta.partial_json == null) return null
      if (delta.partial_json === '' || filled.has(index)) return []
      // Of a block whose start was lost; a server tool's block has none of ours.
      if (call === undefined) return started.has(index) ? [] : null
      return [{ type: 'toolCallDelta', index: call, json: delta.partial_json }]
    },
    content_block_stop(value) {
      const parsed = eventSchemas.content_block_stop.safeParse(value)
      const whole = thought
      thought = null
      return parsed.success && parsed.data.index === whole?.index ? blockEvent(whole.block) : []
    },
    message_delta(value) {
      const parsed = eventSchemas.message_delta.safeParse(value)
      if (!parsed.success) return null
      const { delta, usage: last } = parsed.data
      if (!delta.stop_reason) return usageEvents(last)
      const finishReason = finishReasonOf(delta.stop_reason)
      if (!isFinishReason(finishReason)) return finishReason
      return [...usageEvents(last), { type: 'finish', finishReason }]
    },
    // Without framing: the server has sent one body where a stream was requested.
    message: readMessage,
  }

  return {
    read(value) {
      const type = isObject(value) ? value.type : undefined
      if (typeof type !== 'string') return null
      // `ping` and types yet to come mean nothing to us.
      return Object.hasOwn(readers, type) ? (readers[type]?.(value) ?? null) : []
    },
    isEnd: (event) =>
      event.event === 'message_stop' || /^\s*\{\s*"type"\s*:\s*"message_stop"/.test(event.data),
    lastWord: () => ({ type: 'finish', finishReason: { unified: 'other', raw: null } }),
  }
}
