/**
 * The AI SDK's prompt as our messages.
 *
 * MESSAGES-1 Nothing is left out in silence but reasoning: it belongs to the model that thought it, and
 *    another one may answer.
 */
import {
  type LanguageModelV3FilePart,
  type LanguageModelV3Message,
  type LanguageModelV3Prompt,
  type LanguageModelV3ToolResultPart,
  UnsupportedFunctionalityError,
} from '@ai-sdk/provider'
import type { JsonObject, Message } from '../client'
import type { UserPart } from '../domain/request/request'

type Part<Role extends LanguageModelV3Message['role']> = Extract<
  LanguageModelV3Message,
  { role: Role }
>['content'][number]

const unsupported = (functionality: string): Error => new UnsupportedFunctionalityError({ functionality })

/** Throws UnsupportedFunctionalityError. */
export const messagesOf = (prompt: LanguageModelV3Prompt): Message[] => prompt.flatMap(messageOf)

function messageOf(message: LanguageModelV3Message): Message[] {
  switch (message.role) {
    case 'system':
      return [{ role: 'system', content: message.content }]
    case 'user':
      return [{ role: 'user', content: message.content.map(userPart) }]
    case 'assistant':
      return [assistantMessage(message.content)]
    case 'tool':
      return message.content.flatMap((part) => (part.type === 'tool-result' ? [toolMessage(part)] : []))
  }
}

const userPart = (part: Part<'user'>): UserPart =>
  part.type === 'text' ? { type: 'text', text: part.text } : imagePart(part)

function imagePart({ mediaType, data }: LanguageModelV3FilePart): UserPart {
  if (!mediaType.startsWith('image/')) throw unsupported(`a file of type ${mediaType}`)
  if (data instanceof URL) return { type: 'image', url: data.href }
  return {
    type: 'image',
    data: typeof data === 'string' ? data : Buffer.from(data).toString('base64'),
    // Callers that know no more write this; the bytes show the rest.
    mediaType: mediaType === 'image/*' ? 'image/jpeg' : mediaType,
  }
}

function assistantMessage(parts: Part<'assistant'>[]): Message {
  const foreign = parts.find(({ type }) => type === 'file' || type === 'tool-result')
  if (foreign !== undefined) throw unsupported(`a ${foreign.type} of the assistant's`)
  const toolCalls = parts.flatMap((part) =>
    part.type === 'tool-call'
      ? [{ id: part.toolCallId, name: part.toolName, arguments: argumentsOf(part.input) }]
      : [],
  )
  const content = parts.map((part) => (part.type === 'text' ? part.text : '')).join('')
  return { role: 'assistant', content, ...(toolCalls.length > 0 ? { toolCalls } : {}) }
}

const argumentsOf = (input: unknown): JsonObject =>
  typeof input === 'object' && input !== null && !Array.isArray(input) ? (input as JsonObject) : {}

function toolMessage({ toolCallId, output }: LanguageModelV3ToolResultPart): Message {
  const messageOf = (content: string, isError = false): Message => ({
    role: 'tool',
    toolCallId,
    content,
    ...(isError ? { isError } : {}),
  })
  switch (output.type) {
    case 'text':
      return messageOf(output.value)
    case 'json':
      return messageOf(JSON.stringify(output.value))
    case 'error-text':
      return messageOf(output.value, true)
    case 'error-json':
      return messageOf(JSON.stringify(output.value), true)
    case 'execution-denied':
      return messageOf(output.reason ?? 'The user did not allow this call', true)
    case 'content':
      return messageOf(
        output.value
          .map((part) => {
            if (part.type !== 'text') throw unsupported(`a ${part.type} in a tool's result`)
            return part.text
          })
          .join('\n'),
      )
  }
}
