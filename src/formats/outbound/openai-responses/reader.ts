/** Reads the events of a response, and whole responses. What was said stands in `said.ts`. */
import type { z } from 'zod'
import type { Outcome } from '../../../domain/failures/outcome'
import type { JsonObject } from '../../../domain/request/json'
import type { Answer, StreamEvent } from '../../../domain/streaming/answer'
import { decodeBody } from '../body'
import { finishReasonOf, isFinishReason } from '../finish-reason'
import { isObject } from '../json'
import type { EventReader, Step } from '../sse'
import { blockEvent } from './blocks'
import { createSaid } from './said'
import { eventSchemas, type Item, type Part, type Response, responseSchema } from './schema'
import { usageOf } from './usage'

const isResponse = (value: unknown): boolean =>
  isObject(value) &&
  (value.object === 'response' || (Array.isArray(value.output) && value.type === undefined))

/** Their word for how it ended: why it is incomplete where it says so, else its status. */
const lastWordOf = ({ status, incomplete_details }: Response): string | null =>
  (status === 'incomplete' ? incomplete_details?.reason : null) || status || null

const refuses = ({ type, content }: Item): boolean =>
  type === 'message' && (content ?? []).some((part) => part.type === 'refusal' && part.refusal)

/** An event of this shape; null where it has another one. */
const on =
  <T>(schema: z.ZodType<T>, read: (event: T) => Step) =>
  (value: unknown): Step => {
    const parsed = schema.safeParse(value)
    return parsed.success ? read(parsed.data) : null
  }

const thoughtIn = ({ summary, content }: Item): StreamEvent[] => {
  const parts = summary?.length ? summary : (content ?? [])
  const text = parts.flatMap((part) => part.text || []).join('\n\n')
  return text === '' ? [] : [{ type: 'reasoning', text }]
}

export const createReader = (): EventReader => {
  const said = createSaid()
  /** The places of items that have ended: some proxies send an event twice. */
  const sealed = new Set<number>()
  let started = false
  let refused = false
  let ended = false

  const start = ({ id, model }: Response): StreamEvent[] => {
    if (started) return []
    started = true
    return [{ type: 'start', model: model || null, responseId: id || null }]
  }

  const readParts = (place: number, parts: readonly Part[]): Step => {
    const events: StreamEvent[] = []
    for (const [at, { type, text, refusal }] of parts.entries()) {
      if (type === 'refusal' && refusal) refused = true
      const step = type === 'output_text' ? said.copyOfPart(place, at, text ?? '') : []
      if (!Array.isArray(step)) return step
      events.push(...step)
    }
    return events
  }

  /** An item of a whole body, which says nothing twice. */
  const readWholeItem = (place: number, item: Item, raw: unknown): Step => {
    if (item.type === 'function_call') return said.callItem(place, item)
    if (item.type === 'message') return readParts(place, item.content ?? [])
    return item.type === 'reasoning' ? [...thoughtIn(item), ...blockEvent(raw as JsonObject)] : []
  }

  const readOutput = (items: readonly Item[], raw: unknown): Step => {
    const events: StreamEvent[] = []
    for (const [place, item] of items.entries()) {
      const step = readWholeItem(place, item, Array.isArray(raw) ? raw[place] : {})
      if (!Array.isArray(step)) return step
      events.push(...step)
    }
    return events
  }

  /** The last event, or a whole body: what it repeats, its usage and how it ended. `raw`: the output of a whole body. */
  const finish = (response: Response, raw: unknown): Step => {
    const { output, usage } = response
    const finishReason = finishReasonOf(lastWordOf(response))
    if (!isFinishReason(finishReason)) return finishReason
    const items = output ?? []
    const whole = raw === undefined ? [] : readOutput(items, raw)
    if (!Array.isArray(whole)) return whole
    const rest = said.copyOfAll(items)
    if (!Array.isArray(rest)) return rest
    // A refusal ends with `completed`, and so do tool calls.
    if (refused || items.some(refuses)) finishReason.unified = 'content_filter'
    else if (said.anyCalls() && ['stop', 'other'].includes(finishReason.unified))
      finishReason.unified = 'tool_calls'
    ended = true
    return [
      ...start(response),
      ...whole,
      ...rest,
      ...(usage ? [{ type: 'usage' as const, usage: usageOf(usage) }] : []),
      { type: 'finish', finishReason },
    ]
  }

  const refusal = (): Step => {
    refused = true
    // Its words are no part of the answer, and show that the model is at work.
    return [{ type: 'reasoning', text: '' }]
  }

  const readPart = on(eventSchemas.part, ({ output_index, content_index, part }) => {
    if (part.type === 'refusal' && part.refusal) return refusal()
    return part.type === 'output_text' ? said.copyOfPart(output_index, content_index, part.text ?? '') : []
  })
  const readItem = on(eventSchemas.item, ({ output_index: place, item }) => {
    if (item.type === 'function_call') return said.callItem(place, item)
    // That a model begins to think is no word of it: it may be silent for minutes then.
    return item.type === 'message' ? readParts(place, item.content ?? []) : []
  })
  /** It is whole now. As it begins, its content may be another one. */
  const readItemDone = (value: unknown): Step => {
    const step = readItem(value)
    const { item, output_index: place } = isObject(value) ? value : {}
    const isNew = isObject(item) && !sealed.has(Number(place))
    sealed.add(Number(place))
    return Array.isArray(step) && isNew ? [...step, ...blockEvent(item)] : step
  }
  /** It holds nothing of the answer: some proxies send one without a response to keep the connection alive. */
  const readStart = (value: unknown): StreamEvent[] => {
    const parsed = eventSchemas.response.safeParse(value)
    return parsed.success ? start(parsed.data.response) : []
  }
  const readEnd = (status: string) =>
    on(eventSchemas.response, ({ response }) =>
      finish({ ...response, status: response.status || status }, undefined),
    )
  const readThought = on(eventSchemas.reasoningDelta, ({ delta }) => [{ type: 'reasoning', text: delta }])

  const readers: { readonly [type: string]: (value: unknown) => Step } = {
    // Behind a part of an answer it begins a second one: a proxy has called again, and nothing proves which of them counts.
    'response.created': (value) => (said.any() ? null : readStart(value)),
    'response.queued': readStart,
    'response.in_progress': readStart,
    'response.output_item.added': readItem,
    'response.output_item.done': readItemDone,
    'response.content_part.added': readPart,
    'response.content_part.done': readPart,
    'response.output_text.delta': on(eventSchemas.textDelta, ({ output_index, content_index, delta }) =>
      said.addText(output_index, content_index, delta),
    ),
    'response.output_text.done': on(eventSchemas.textDone, ({ output_index, content_index, text }) =>
      said.copyOfPart(output_index, content_index, text),
    ),
    'response.refusal.delta': refusal,
    'response.refusal.done': refusal,
    'response.function_call_arguments.delta': on(eventSchemas.argumentsDelta, ({ output_index, delta }) =>
      said.addArguments(output_index, delta),
    ),
    'response.function_call_arguments.done': on(eventSchemas.argumentsDone, (done) =>
      said.copyOfArguments(done.output_index, done.arguments),
    ),
    'response.reasoning_summary_part.added': on(eventSchemas.summaryPart, ({ summary_index }) =>
      summary_index > 0 ? [{ type: 'reasoning', text: '\n\n' }] : [],
    ),
    'response.reasoning_summary_text.delta': readThought,
    'response.reasoning_text.delta': readThought,
    'response.completed': readEnd('completed'),
    'response.incomplete': readEnd('incomplete'),
  }

  return {
    read(value) {
      // A whole body, also where a stream was requested.
      if (isResponse(value)) return readWhole(value)
      const type = isObject(value) ? value.type : undefined
      if (typeof type !== 'string') return null
      // `keepalive`, annotations and types yet to come mean nothing to us: the last event repeats the whole answer.
      return Object.hasOwn(readers, type) ? (readers[type]?.(value) ?? null) : []
    },
    // The last event says how it ended. `[DONE]` is not of this format: without that event it proves nothing.
    isEnd: () => false,
    ended: () => ended,
    lastWord: () => ({ type: 'finish', finishReason: { unified: 'other', raw: null } }),
  }

  function readWhole(value: unknown): Step {
    const parsed = responseSchema.safeParse(value)
    return parsed.success ? finish(parsed.data, (isObject(value) ? value.output : null) ?? []) : null
  }
}

export const decode = (body: string, mayBeEmpty?: boolean): Outcome<Answer> =>
  decodeBody(body, createReader, (value) => createReader().read(value), mayBeEmpty)
