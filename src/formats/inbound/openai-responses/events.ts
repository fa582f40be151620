/**
 * A generation's events as those of a streamed response.
 *
 * OPENAI-RESPONSES-EVENTS-1 `response.created` comes first, once. `response.completed` or `response.incomplete` comes
 *    last, and only after `done`: a stream that breaks ends in `response.failed`.
 * OPENAI-RESPONSES-EVENTS-2 One item is open at a time; it is closed before the next begins.
 * OPENAI-RESPONSES-EVENTS-3 `sequence_number` grows, and is made of the event's position: it is the same for every reader,
 *    from whichever gateway, so that a reader can go on behind it.
 */

import type { HoldfastError } from '../../../contract/errors'
import { positionOfSteps, stepsOf } from '../../../domain/streaming/event-position'
import { thoughtText, VOID, wrap } from '../opaque'
import type { AnswerEvent } from '../types'
import { callEvents, callItem } from './calls'
import type { Asked } from './request'
import {
  answeredResponse,
  failedResponse,
  type Head,
  messageItem,
  outputText,
  reasoningItem,
  responseHead,
} from './response'

/** Each is sent by `sseTyped`. */
export interface ResponsesEvent {
  type: string
  sequence_number: number
  [field: string]: unknown
}

/** One event of a generation makes at most so many of these. */
const EVENTS_PER_STEP = 16

/** Of the generation's event that made it. */
export const positionOfSequence = (sequence: number): number =>
  positionOfSteps(Math.floor(sequence / EVENTS_PER_STEP))

type Content = { type: string; [field: string]: unknown }

interface Open {
  kind: 'message' | 'reasoning'
  text: string
}

/** `model` in the events before the last is the target that spoke first. `createdAt` in epoch milliseconds. */
export function createResponseEvents(generationId: string, createdAt: number, asked: Asked) {
  const { echo, tools } = asked
  let begun = false
  let sequence = 0
  let open: Open | null = null
  const output: object[] = []

  const headOf = (model: string): Head => ({ generationId, createdAt, model, echo })
  const start = (model: string): Content[] => {
    if (begun) return []
    begun = true
    const response = { ...responseHead(headOf(model)), status: 'in_progress' }
    return [
      { type: 'response.created', response },
      { type: 'response.in_progress', response },
    ]
  }
  const at = () => ({ output_index: output.length })
  const reasoningId = () => `rs_${generationId}_${output.length}`
  const summary = (text: string) => ({ type: 'summary_text', text })

  const kinds = {
    message: {
      begin(): Content[] {
        const item = messageItem(generationId, output.length, null, 'in_progress')
        const part = { item_id: item.id, ...at(), content_index: 0, part: outputText('') }
        return [
          { type: 'response.output_item.added', ...at(), item },
          { type: 'response.content_part.added', ...part },
        ]
      },
      delta: (delta: string): Content => ({
        type: 'response.output_text.delta',
        item_id: messageItem(generationId, output.length, null, 'in_progress').id,
        ...at(),
        content_index: 0,
        delta,
        logprobs: [],
      }),
      end(text: string): Content[] {
        const item = messageItem(generationId, output.length, text, 'completed')
        const part = { item_id: item.id, ...at(), content_index: 0 }
        return [
          { type: 'response.output_text.done', ...part, text, logprobs: [] },
          { type: 'response.content_part.done', ...part, part: outputText(text) },
          ...done(item),
        ]
      },
    },
    reasoning: {
      begin(): Content[] {
        const item = { id: reasoningId(), type: 'reasoning', summary: [], status: 'in_progress' }
        const part = { item_id: item.id, ...at(), summary_index: 0, part: summary('') }
        return [
          { type: 'response.output_item.added', ...at(), item },
          { type: 'response.reasoning_summary_part.added', ...part },
        ]
      },
      delta: (delta: string): Content => ({
        type: 'response.reasoning_summary_text.delta',
        item_id: reasoningId(),
        ...at(),
        summary_index: 0,
        delta,
      }),
      end(text: string, encrypted: string | null): Content[] {
        const part = { item_id: reasoningId(), ...at(), summary_index: 0 }
        const item = reasoningItem(generationId, output.length, text, encrypted, 'completed')
        return [
          { type: 'response.reasoning_summary_text.done', ...part, text },
          { type: 'response.reasoning_summary_part.done', ...part, part: summary(text) },
          ...done(item),
        ]
      },
    },
  }

  const done = (item: object): Content[] => {
    const ended = { type: 'response.output_item.done', ...at(), item }
    output.push(item)
    return [ended]
  }
  const close = (encrypted: string | null = null): Content[] => {
    if (open === null) return []
    const { kind, text } = open
    open = null
    return kind === 'reasoning' ? kinds.reasoning.end(text, encrypted) : kinds.message.end(text)
  }
  /** An item of its own, where its text was not streamed, or the whole of one that was. */
  const sealed = (text: string, encrypted: string): Content[] => {
    if (open?.kind === 'reasoning') return close(encrypted)
    const before = close()
    const begun = reasoningItem(generationId, output.length, '', null, 'in_progress')
    const added = { type: 'response.output_item.added', ...at(), item: begun }
    return [
      ...before,
      added,
      ...done(reasoningItem(generationId, output.length, text, encrypted, 'completed')),
    ]
  }
  const piece = (kind: Open['kind'], text: string): Content[] => {
    const before = open?.kind === kind ? [] : [...close(), ...kinds[kind].begin()]
    open = { kind, text: (open?.text ?? '') + text }
    return [...before, kinds[kind].delta(text)]
  }

  const contents = (event: AnswerEvent): Content[] => {
    switch (event.type) {
      case 'text':
        return [...start(event.target), ...piece('message', event.text)]
      case 'reasoning':
        return [...start(event.target), ...piece('reasoning', event.text)]
      case 'toolCall': {
        const { index, toolCall, target } = event
        const before = [...start(target), ...close()]
        return [
          ...before,
          ...callEvents(generationId, index, toolCall, tools, at()),
          ...done(callItem(generationId, index, toolCall, tools)),
        ]
      }
      case 'restart': {
        // An event of our own: all items so far are void. Official clients pass over it.
        open = null
        output.length = 0
        return [...start(event.target), { type: 'holdfast.restart' }]
      }
      case 'done': {
        const { result } = event
        const isSilent = open === null && result.text === '' && result.toolCalls.length === 0
        const silence = isSilent ? [...kinds.message.begin(), ...kinds.message.end('')] : close()
        const before = [...start(result.target), ...silence]
        const response = answeredResponse(result, asked, output)
        return [...before, { type: `response.${response.status}`, response }]
      }
      case 'opaque':
        return [...start(event.target), ...sealed(thoughtText(event.block), wrap(event.block))]
      case 'opaqueVoid':
        return [...start(event.target), ...close(), ...sealed('', VOID)]
      case 'attempt':
        return []
    }
  }

  return {
    encode: (event: AnswerEvent): ResponsesEvent[] =>
      contents(event).map(({ type, ...content }, order) => {
        // OPENAI-RESPONSES-EVENTS-3
        sequence = stepsOf(event.position) * EVENTS_PER_STEP + order
        return { type, sequence_number: sequence, ...content }
      }),
    failed: (error: HoldfastError): ResponsesEvent => ({
      type: 'response.failed',
      sequence_number: sequence + 1,
      response: failedResponse(headOf(''), error),
    }),
  }
}
