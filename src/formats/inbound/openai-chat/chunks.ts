/**
 * A generation's events as `chat.completion.chunk` objects.
 *
 * CHUNKS-1 The first chunk says the role, once.
 * CHUNKS-2 The finish reason comes with `done` alone, and after it only the usage: a stream that breaks has
 *    none.
 * CHUNKS-3 Sealed thoughts come with the whole answer: they are those of the call that gave it.
 */
import { answerFields } from '../holdfast-fields'
import type { AnswerEvent } from '../types'
import {
  completionId,
  encodeDetails,
  encodeFunctionCall,
  encodeToolCall,
  encodeUsage,
  finishWord,
} from './completion'

interface Delta {
  role?: 'assistant'
  content?: string
  reasoning_content?: string
  reasoning_details?: ReturnType<typeof encodeDetails>
  tool_calls?: ({ index: number } & ReturnType<typeof encodeToolCall>)[]
  function_call?: ReturnType<typeof encodeFunctionCall>
}

export interface ChatChunk {
  id: string
  object: 'chat.completion.chunk'
  /** Epoch seconds. */
  created: number
  /** The target that answers. */
  model: string
  choices: {
    index: number
    delta: Delta
    logprobs: null
    finish_reason: ReturnType<typeof finishWord> | null
  }[]
  /** Absent: not requested. null: not known yet. */
  usage?: ReturnType<typeof encodeUsage> | null
  holdfast?: ReturnType<typeof answerFields> | { restart: true }
}

type Content = Pick<ChatChunk, 'choices' | 'usage' | 'holdfast'>
type Finish = ChatChunk['choices'][number]['finish_reason']

/**
 * One encoder per stream: an event -> the chunks to send, often one, sometimes none. `generationId` without a
 * prefix, `createdAt` in epoch milliseconds. Tool calls come whole; `functions`: the first of them, in the older words.
 */
export function createChatChunks(
  generationId: string,
  createdAt: number,
  includeUsage: boolean,
  functions = false,
) {
  const id = completionId(generationId)
  const created = Math.floor(createdAt / 1000)
  let begun = false

  const chunk = (model: string, content: Content): ChatChunk => ({
    id,
    object: 'chat.completion.chunk',
    created,
    model,
    ...content,
  })
  // While usage is requested, OpenAI says null until it is known.
  const usage = includeUsage ? { usage: null } : {}

  const chunkOf = (model: string, content: Delta, finish_reason: Finish): ChatChunk => {
    const delta: Delta = begun ? content : { role: 'assistant', ...content }
    begun = true
    return chunk(model, { choices: [{ index: 0, delta, logprobs: null, finish_reason }], ...usage })
  }

  const finished = ({ result }: Extract<AnswerEvent, { type: 'done' }>): ChatChunk[] => {
    const { target, finishReason, opaque = [] } = result
    // CHUNKS-3
    const thoughts =
      opaque.length === 0 ? [] : [chunkOf(target, { reasoning_details: encodeDetails(opaque) }, null)]
    const finish = {
      ...chunkOf(target, {}, finishWord(finishReason.unified, functions)),
      holdfast: answerFields(result),
    }
    const known = includeUsage && result.usage !== null ? encodeUsage(result.usage) : null
    const last = known === null ? [] : [chunk(target, { choices: [], usage: known })]
    return [...thoughts, finish, ...last]
  }

  return (event: AnswerEvent): ChatChunk[] => {
    switch (event.type) {
      case 'text':
        return [chunkOf(event.target, { content: event.text }, null)]
      case 'reasoning':
        return [chunkOf(event.target, { reasoning_content: event.text }, null)]
      case 'toolCall': {
        if (functions) {
          const first = event.index === 0
          return first
            ? [chunkOf(event.target, { function_call: encodeFunctionCall(event.toolCall) }, null)]
            : []
        }
        const call = { index: event.index, ...encodeToolCall(event.toolCall) }
        return [chunkOf(event.target, { tool_calls: [call] }, null)]
      }
      case 'restart':
        return [chunk(event.target, { choices: [], ...usage, holdfast: { restart: true } })]
      case 'done':
        return finished(event)
      case 'opaque':
      case 'opaqueVoid':
      case 'attempt':
        return []
    }
  }
}
