/**
 * The AI SDK's prompt as our messages.
 *
 * MESSAGES-1 Nothing is left out in silence but the text of reasoning: another model may answer. What its maker sealed goes
 *    along, in `providerOptions.holdfast`, and to that one alone.
 */
import { UnsupportedFunctionalityError } from '@ai-sdk/provider'
import type { JsonObject, Message } from '../client'
import type { OpaqueBlock } from '../domain/request/opaque'
import type { UserPart as OurPart } from '../domain/request/request'
import type {
  AssistantPart,
  FileData,
  FilePart,
  PromptMessage,
  ReasoningPart,
  ToolResultPart,
  UserPart,
} from './call'

const unsupported = (functionality: string): Error => new UnsupportedFunctionalityError({ functionality })

/** Throws UnsupportedFunctionalityError. */
export const messagesOf = (prompt: PromptMessage[]): Message[] => prompt.flatMap(messageOf)

function messageOf(message: PromptMessage): Message[] {
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

const userPart = (part: UserPart): OurPart =>
  part.type === 'text' ? { type: 'text', text: part.text } : imagePart(part)

function imagePart({ mediaType, data }: FilePart): OurPart {
  const [kind, subtype = '*'] = mediaType.split('/')
  if (kind !== 'image') throw unsupported(`a file of type ${mediaType}`)
  const bytes = bytesOf(data)
  if (bytes instanceof URL) return { type: 'image', url: bytes.href }
  return {
    type: 'image',
    data: typeof bytes === 'string' ? bytes : Buffer.from(bytes).toString('base64'),
    // Callers that know no more write this; the bytes show the rest.
    mediaType: subtype === '*' ? 'image/jpeg' : mediaType,
  }
}

function bytesOf(data: FileData): string | Uint8Array | URL {
  if (typeof data === 'string' || data instanceof URL || data instanceof Uint8Array) return data
  switch (data.type) {
    case 'data':
      return data.data
    case 'url':
      return data.url
    default:
      throw unsupported(`an image that is given as a ${data.type}`)
  }
}

const REFUSED: ReadonlySet<AssistantPart['type']> = new Set(['file', 'tool-result', 'custom'])

function assistantMessage(parts: AssistantPart[]): Message {
  const foreign = parts.find(({ type }) => REFUSED.has(type))
  if (foreign !== undefined) throw unsupported(`a ${foreign.type} of the assistant's`)
  const toolCalls = parts.flatMap((part) =>
    part.type === 'tool-call'
      ? [{ id: part.toolCallId, name: part.toolName, arguments: argumentsOf(part.input) }]
      : [],
  )
  const content = parts.map((part) => (part.type === 'text' ? part.text : '')).join('')
  const opaque = parts.flatMap((part) => (part.type === 'reasoning' ? sealedIn(part) : []))
  return {
    role: 'assistant',
    content,
    ...(toolCalls.length > 0 ? { toolCalls } : {}),
    ...(opaque.length > 0 ? { opaque } : {}),
  }
}

/** Its values are checked with the request. */
function sealedIn({ providerOptions }: ReasoningPart): OpaqueBlock[] {
  const opaque = providerOptions?.holdfast?.opaque
  return Array.isArray(opaque) ? (opaque as unknown as OpaqueBlock[]) : []
}

const argumentsOf = (input: unknown): JsonObject =>
  typeof input === 'object' && input !== null && !Array.isArray(input) ? (input as JsonObject) : {}

function toolMessage({ toolCallId, output }: ToolResultPart): Message {
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
            if (!('text' in part)) throw unsupported(`a ${part.type} in a tool's result`)
            return part.text
          })
          .join('\n'),
      )
  }
}
