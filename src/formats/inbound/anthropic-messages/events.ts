/**
 * A generation's events as those of a streamed message.
 *
 * ANTHROPIC-MESSAGES-EVENTS-1 `message_start` comes first, once; `message_stop` comes last, and only after
 *    `done`.
 * ANTHROPIC-MESSAGES-EVENTS-2 One block is open at a time; it is closed before the next begins. Their indexes
 *    count from 0.
 * ANTHROPIC-MESSAGES-EVENTS-3 The stop reason comes with `done` alone: a stream that breaks has none.
 * ANTHROPIC-MESSAGES-EVENTS-4 A signature is that of the very text before it: a sealed thought of another text, or one behind a
 *    call, is a block of its own. Where another call has answered, the thoughts before are taken back (VOID of opaque.ts).
 */
import type { OpaqueBlock } from '../../../domain/request/opaque'
import { answerFields } from '../holdfast-fields'
import { thoughtText, VOID } from '../opaque'
import type { AnswerEvent } from '../types'
import {
  encodeUsage,
  messageHead,
  signatureOf,
  signsText,
  stopReason,
  textBlock,
  thoughtBlock,
  toolUseBlock,
  usageWhole,
} from './message'

/** Each is sent by `sseTyped`. */
export interface MessagesEvent {
  type: string
  [field: string]: unknown
}

const KINDS = {
  text: { block: textBlock(''), delta: (text: string) => ({ type: 'text_delta', text }) },
  reasoning: {
    // The signature comes behind the text, where the provider gives one.
    block: { type: 'thinking', thinking: '', signature: '' },
    delta: (thinking: string) => ({ type: 'thinking_delta', thinking }),
  },
} as const

/**
 * One encoder per stream: an event -> the events to send. `generationId` without a prefix. `model` in
 * `message_start` is the target that spoke first; `holdfast.target` in `message_delta` is the one that answered.
 * `ping` may be sent at any time. A restart is an event of our own, `holdfast_restart`: the blocks before its `index`
 * are void; official clients pass over it.
 */
export function createMessageEvents(generationId: string) {
  let begun = false
  let index = 0
  let open: keyof typeof KINDS | null = null
  /** Of the block that is open. */
  let said = ''

  const start = (model: string): MessagesEvent[] => {
    if (begun) return []
    begun = true
    const unknown = { content: [], stop_reason: null, stop_sequence: null, usage: usageWhole(null) }
    return [{ type: 'message_start', message: { ...messageHead(generationId, model), ...unknown } }]
  }
  const begin = (content_block: object): MessagesEvent => ({
    type: 'content_block_start',
    index,
    content_block,
  })
  const delta = (more: object): MessagesEvent => ({ type: 'content_block_delta', index, delta: more })
  const stop = (): MessagesEvent => {
    const stopped = { type: 'content_block_stop', index }
    index += 1
    return stopped
  }
  const close = (): MessagesEvent[] => {
    if (open === null) return []
    open = null
    return [stop()]
  }
  const piece = (kind: keyof typeof KINDS, text: string): MessagesEvent[] => {
    const { block, delta: deltaOf } = KINDS[kind]
    if (open === kind) {
      said += text
      return [delta(deltaOf(text))]
    }
    const before = close()
    open = kind
    said = text
    return [...before, begin(block), delta(deltaOf(text))]
  }

  /** ANTHROPIC-MESSAGES-EVENTS-4 */
  const sealed = (block: OpaqueBlock): MessagesEvent[] => {
    const whole = thoughtBlock(block)
    if (open === 'reasoning' && (said === thoughtText(block) || !signsText(block)))
      return [delta({ type: 'signature_delta', signature: signatureOf(block) }), ...close()]
    if (whole.type === 'redacted_thinking') return [...close(), begin(whole), stop()]
    const { thinking, signature } = whole
    return [
      ...close(),
      begin(KINDS.reasoning.block),
      ...(thinking === '' ? [] : [delta(KINDS.reasoning.delta(thinking))]),
      delta({ type: 'signature_delta', signature }),
      stop(),
    ]
  }

  return (event: AnswerEvent): MessagesEvent[] => {
    switch (event.type) {
      case 'text':
      case 'reasoning':
        return [...start(event.target), ...piece(event.type, event.text)]
      case 'toolCall': {
        const { target, toolCall } = event
        const input = { type: 'input_json_delta', partial_json: JSON.stringify(toolCall.arguments) }
        const before = [...start(target), ...close()]
        return [...before, begin(toolUseBlock(toolCall, {})), delta(input), stop()]
      }
      case 'restart':
        return [...start(event.target), ...close(), { type: 'holdfast_restart', index }]
      case 'done': {
        const { result } = event
        const ended = { stop_reason: stopReason(result.finishReason), stop_sequence: null }
        return [
          ...start(result.target),
          ...close(),
          {
            type: 'message_delta',
            delta: { ...ended, stop_details: null, container: null },
            usage: encodeUsage(result.usage),
            holdfast: answerFields(result),
          },
          { type: 'message_stop' },
        ]
      }
      case 'opaque':
        return [...start(event.target), ...sealed(event.block)]
      case 'opaqueVoid': {
        const before = [...start(event.target), ...close()]
        return [...before, begin({ type: 'redacted_thinking', data: VOID }), stop()]
      }
      case 'attempt':
        return []
    }
  }
}

/** Keeps a silent stream alive. */
export const PING: MessagesEvent = { type: 'ping' }
