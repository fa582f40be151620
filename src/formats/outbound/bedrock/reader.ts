/**
 * Reads the events of a stream, and whole answers. The answer ends with `messageStop`; `metadata` with the usage follows,
 * and proves nothing alone. Neither says a model or an id: the request's id stands in a header.
 */
import type { z } from 'zod'
import type { Outcome } from '../../../domain/failures/outcome'
import { MAX_TOOL_CALLS, TOO_MANY_CALLS } from '../../../domain/streaming/accumulate'
import type { Answer, StreamEvent } from '../../../domain/streaming/answer'
import { decodeBody } from '../body'
import { finishReasonOf, isFinishReason } from '../finish-reason'
import { isObject } from '../json'
import type { EventReader, Step } from '../sse'
import { blockOf } from './blocks'
import { type Block, eventSchemas, responseSchema, type ToolUse } from './schema'
import { usageOf } from './usage'

const START: StreamEvent = { type: 'start', model: null, responseId: null }

const startOf = ({ toolUseId, name }: ToolUse, index: number): StreamEvent => ({
  type: 'toolCallStart',
  index,
  id: toolUseId || `call_${index}`,
  name: name ?? '',
})

const isOurs = (toolUse: ToolUse | null | undefined): toolUse is ToolUse =>
  toolUse != null && toolUse.type !== 'server_tool_use'

const textEvents = (text: string | null | undefined): StreamEvent[] => (text ? [{ type: 'text', text }] : [])

const opaqueEvents = (thought: Parameters<typeof blockOf>[0]): StreamEvent[] => {
  const block = blockOf(thought)
  return block === null ? [] : [{ type: 'opaque', block }]
}

/** A whole block's events; `index` counts the tool calls from 0. */
function blockEvents(
  { text, toolUse, reasoningContent, citationsContent }: Block,
  index: number,
): StreamEvent[] {
  if (isOurs(toolUse))
    return [
      startOf(toolUse, index),
      { type: 'toolCallDelta', index, json: JSON.stringify(toolUse.input ?? {}) },
    ]
  if (reasoningContent) {
    const { reasoningText, redactedContent } = reasoningContent
    return [
      { type: 'reasoning', text: reasoningText?.text ?? '' },
      ...opaqueEvents({ ...reasoningText, redactedContent }),
    ]
  }
  return [...textEvents(text), ...(citationsContent?.content ?? []).flatMap((one) => textEvents(one.text))]
}

/** A whole answer's events; null where it has another shape. */
function readWhole(value: unknown): Step {
  const parsed = responseSchema.safeParse(value)
  if (!parsed.success) return null
  const { output, stopReason, usage } = parsed.data
  const finishReason = finishReasonOf(stopReason || null)
  if (!isFinishReason(finishReason)) return finishReason
  const events: StreamEvent[] = [START]
  let toolCalls = 0
  for (const block of output.message.content) {
    events.push(...blockEvents(block, toolCalls))
    if (isOurs(block.toolUse)) toolCalls += 1
  }
  if (usage) events.push({ type: 'usage', usage: usageOf(usage) })
  return [...events, { type: 'finish', finishReason }]
}

/** Reads an event of this shape; null where it has another one. */
const on =
  <T>(schema: z.ZodType<T>, read: (event: T) => Step) =>
  (value: unknown): Step => {
    const parsed = schema.safeParse(value)
    return parsed.success ? read(parsed.data) : null
  }

/** Base64 that came in one piece stays as it is. */
const joined = (one: string, other: string): string =>
  one === '' || other === ''
    ? one + other
    : Buffer.concat([Buffer.from(one, 'base64'), Buffer.from(other, 'base64')]).toString('base64')

const NO_THOUGHT = { text: '', signature: '', redactedContent: '' }

export const createReader = (): EventReader => {
  /** Their block number -> our number of the tool call; null: a tool that the provider calls itself. */
  const toolCalls = new Map<number, number | null>()
  /** Thoughts by their block, as far as they have come. */
  const thoughts = new Map<number, { text: string; signature: string; redactedContent: string }>()
  let calls = 0
  let said = false
  let stopped = false
  let ended = false

  const think = (
    index: number,
    more: { [field in 'text' | 'signature' | 'redactedContent']?: string | null | undefined },
  ): StreamEvent[] => {
    const { text, signature, redactedContent } = thoughts.get(index) ?? NO_THOUGHT
    thoughts.set(index, {
      text: text + (more.text ?? ''),
      signature: signature + (more.signature ?? ''),
      redactedContent: joined(redactedContent, more.redactedContent ?? ''),
    })
    return [{ type: 'reasoning', text: more.text ?? '' }]
  }

  const readers: { readonly [name: string]: (value: unknown) => Step } = {
    // A second answer behind a part of the first: a proxy has called again, and nothing proves which of them counts.
    messageStart: on(eventSchemas.messageStart, () => (said ? null : [START])),
    contentBlockStart: on(eventSchemas.contentBlockStart, ({ contentBlockIndex, start: { toolUse } }) => {
      said = true
      // A block has begun, so the model is at work.
      if (toolUse == null) return [{ type: 'reasoning', text: '' }]
      if (toolCalls.has(contentBlockIndex)) return null
      toolCalls.set(contentBlockIndex, isOurs(toolUse) ? calls : null)
      if (!isOurs(toolUse)) return []
      calls += 1
      if (calls > MAX_TOOL_CALLS) return { class: 'bad_response', message: TOO_MANY_CALLS }
      return [startOf(toolUse, calls - 1)]
    }),
    contentBlockDelta: on(eventSchemas.contentBlockDelta, ({ contentBlockIndex, delta }) => {
      said = true
      if (delta.text != null) return textEvents(delta.text)
      // A signature or a hidden thought shows that the model is at work.
      if (delta.reasoningContent) return think(contentBlockIndex, delta.reasoningContent)
      if (delta.toolUse == null) return []
      const { input } = delta.toolUse
      const index = toolCalls.get(contentBlockIndex)
      // Of a block whose beginning was lost, or without its words.
      if (index === undefined || input == null) return null
      return index === null || input === '' ? [] : [{ type: 'toolCallDelta', index, json: input }]
    }),
    contentBlockStop: on(eventSchemas.contentBlockStop, ({ contentBlockIndex }) => {
      const thought = thoughts.get(contentBlockIndex)
      thoughts.delete(contentBlockIndex)
      return thought === undefined ? [] : opaqueEvents(thought)
    }),
    messageStop: on(eventSchemas.messageStop, ({ stopReason }) => {
      const finishReason = finishReasonOf(stopReason || null)
      if (!isFinishReason(finishReason)) return finishReason
      stopped = true
      return [{ type: 'finish', finishReason }]
    }),
    metadata: on(eventSchemas.metadata, ({ usage }) => {
      ended = stopped
      return usage ? [{ type: 'usage', usage: usageOf(usage) }] : []
    }),
  }

  return {
    read(value) {
      if (!isObject(value)) return null
      if ('output' in value) {
        const whole = readWhole(value)
        ended = Array.isArray(whole)
        return whole
      }
      const names = Object.keys(value)
      const [name = ''] = names
      const read = Object.hasOwn(readers, name) ? readers[name] : undefined
      if (read !== undefined) return read(value[name])
      // Event types yet to come are named by their only field as well.
      return names.length === 1 && isObject(value[name]) ? [] : null
    },
    isEnd: () => false,
    ended: () => ended,
    lastWord: () => ({ type: 'finish', finishReason: { unified: 'other', raw: null } }),
  }
}

export const decode = (body: string, mayBeEmpty?: boolean): Outcome<Answer> =>
  decodeBody(body, createReader, readWhole, mayBeEmpty)
