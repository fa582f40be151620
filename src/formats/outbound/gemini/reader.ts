/**
 * Reads Gemini's responses: an event of a stream, or a whole body as if it were one event.
 *
 * GEMINI-READER-1 A finish reason proves an answer, and nothing else does: there is no end marker, and a response without
 *    one is not whole.
 * GEMINI-READER-2 An object that has none of a response's fields, and a call that comes in pieces (Vertex, where it is
 *    requested), may hold a part of the answer: they can't be read.
 * GEMINI-READER-3 Calls are numbered from 0 in their order. An older model's call has no id: it gets one that no other
 *    response's call has, the same in each reading of the response.
 */
import type { Failure } from '../../../domain/failures/failure'
import type { Outcome } from '../../../domain/failures/outcome'
import { MAX_TOOL_CALLS, TOO_MANY_CALLS } from '../../../domain/streaming/accumulate'
import type { Answer, StreamEvent, Usage } from '../../../domain/streaming/answer'
import { decodeBody } from '../body'
import { finishReasonOf, isFinishReason, isNoReason } from '../finish-reason'
import { createChoice } from '../openai-chat/choice'
import { largerUsage } from '../openai-chat/usage'
import { type EventReader, isDone, type Step } from '../sse'
import { blockEvents } from './blocks'
import { type Call, type Part, responseSchema } from './schema'
import { usageOf } from './usage'

const UNSPECIFIED = /_UNSPECIFIED$/i

const isUnsaid = (word: string | null | undefined): boolean =>
  isNoReason(word) || UNSPECIFIED.test(word ?? '')

/** An answer without it would be another one; no caller could be given it. */
const MEDIA: Failure = { class: 'unsupported', message: 'the answer holds media, which can not be carried' }

export const createReader = (): EventReader => {
  const ourCandidate = createChoice()
  let started = false
  let finished = false
  let calls = 0
  let responseId: string | null = null
  let usage: Usage | null = null

  const start = (model: string | null): StreamEvent[] => {
    if (started) return []
    started = true
    return [{ type: 'start', model, responseId }]
  }

  const readCall = ({ id, name, args, partialArgs, willContinue }: Call): Step => {
    // GEMINI-READER-2
    if (partialArgs !== undefined || willContinue) return null
    const index = calls
    calls += 1
    if (calls > MAX_TOOL_CALLS) return { class: 'bad_response', message: TOO_MANY_CALLS }
    // GEMINI-READER-3
    const own = ['call', responseId, index].filter((part) => part !== null).join('_')
    return [
      { type: 'toolCallStart', index, id: id || own, name: name ?? '' },
      { type: 'toolCallDelta', index, json: typeof args === 'string' ? args : JSON.stringify(args ?? {}) },
    ]
  }

  const readSaid = ({ text, thought, inlineData, fileData }: Part): Step => {
    // A thought without text is at least a sign of life.
    if (thought) return [{ type: 'reasoning', text: text ?? '' }]
    if (inlineData != null || fileData != null) return MEDIA
    return text ? [{ type: 'text', text }] : []
  }

  const readPart = (part: Part): Step => {
    const { functionCall } = part
    const step = functionCall ? readCall(functionCall) : readSaid(part)
    if (!Array.isArray(step)) return step
    return functionCall ? [...blockEvents(part), ...step] : [...step, ...blockEvents(part)]
  }

  const finish = (raw: string): Step => {
    const finishReason = finishReasonOf(raw)
    if (!isFinishReason(finishReason)) return finishReason
    finished = true
    if (calls > 0 && finishReason.unified === 'stop') finishReason.unified = 'tool_calls'
    return [{ type: 'finish', finishReason }]
  }

  const read = (value: unknown): Step => {
    const parsed = responseSchema.safeParse(value)
    if (!parsed.success) return null
    const { candidates, promptFeedback, usageMetadata, modelVersion } = parsed.data
    // GEMINI-READER-2
    if (candidates == null && promptFeedback == null && usageMetadata == null) return null
    const events: StreamEvent[] = []
    const candidate = ourCandidate(candidates)
    const blocked = promptFeedback?.blockReason
    responseId ??= parsed.data.responseId || null
    if (candidate || promptFeedback) events.push(...start(modelVersion || null))
    for (const part of candidate?.content?.parts ?? []) {
      const step = readPart(part)
      if (!Array.isArray(step)) return step
      events.push(...step)
    }
    const reason = candidate?.finishReason
    if (reason && !isUnsaid(reason)) {
      const step = finish(reason)
      if (!Array.isArray(step)) return step
      events.push(...step)
    }
    if (blocked && !isUnsaid(blocked)) {
      finished = true
      events.push({ type: 'finish', finishReason: { unified: 'content_filter', raw: blocked } })
    }
    if (usageMetadata) {
      usage = largerUsage(usage, usageOf(usageMetadata))
      events.push({ type: 'usage', usage })
    }
    return events
  }

  return {
    read,
    // GEMINI-READER-1: one that a proxy adds ends what is finished already.
    isEnd: (event) => finished && isDone(event),
    lastWord: () => ({ type: 'finish', finishReason: { unified: 'other', raw: null } }),
  }
}

export const decode = (body: string, mayBeEmpty?: boolean): Outcome<Answer> =>
  decodeBody(body, createReader, (value) => createReader().read(value), mayBeEmpty)
