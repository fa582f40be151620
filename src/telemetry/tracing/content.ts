/**
 * Prompts and answers for a span, in the registry's shape: the one place where traces hold content, used only where the
 * config says `telemetry.captureContent: true`.
 *
 * CONTENT-1 Images and sealed thoughts are named and not copied. What is larger than MAX_CHARS is left out whole: a piece of
 *    JSON is none.
 */
import type { GenerationRequest, Message, ToolCall, UserPart } from '../../domain/request/request'
import type { Answer } from '../../domain/streaming/answer'
import { ATTRIBUTES } from './names'
import type { Attributes } from './types'

/** A span waits in a queue of thousands, and collectors refuse large ones. */
const MAX_CHARS = 64 * 1024

export const contentAttributes = (request: GenerationRequest, answer: Answer | null): Attributes => ({
  ...fitting(ATTRIBUTES.inputMessages, request.messages.map(messageOf)),
  ...(answer === null ? {} : fitting(ATTRIBUTES.outputMessages, [answerOf(answer)])),
})

function fitting(name: string, messages: readonly object[]): Attributes {
  const text = JSON.stringify(messages)
  return text.length <= MAX_CHARS ? { [name]: text } : { [ATTRIBUTES.contentLeftOut]: true }
}

const textPart = (content: string) => ({ type: 'text', content })

const toolCallPart = ({ id, name, arguments: given }: ToolCall) => ({
  type: 'tool_call',
  id,
  name,
  arguments: given,
})

function messageOf(message: Message): object {
  const { role, content } = message
  if (role === 'tool')
    return { role, parts: [{ type: 'tool_call_response', id: message.toolCallId, result: textOf(content) }] }
  const calls = role === 'assistant' ? (message.toolCalls ?? []).map(toolCallPart) : []
  return { role, parts: [...partsOf(content), ...calls] }
}

/** CONTENT-1 */
const partsOf = (content: string | UserPart[]): object[] => {
  if (typeof content === 'string') return content === '' ? [] : [textPart(content)]
  return content.map((part) => (part.type === 'text' ? textPart(part.text) : { type: part.type }))
}

const textOf = (content: string | UserPart[]): string =>
  typeof content === 'string'
    ? content
    : content.map((part) => (part.type === 'text' ? part.text : '')).join('')

const answerOf = ({ text, toolCalls, finishReason }: Answer): object => ({
  role: 'assistant',
  parts: [...partsOf(text), ...toolCalls.map(toolCallPart)],
  finish_reason: finishReason.unified,
})
