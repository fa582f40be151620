/**
 * Reads chat answers: a chunk of a stream, or a whole body as if it were one chunk. Holds what must be known
 * from earlier chunks: whether it has begun, which tool calls are open, whether the model refuses.
 */
import type { StreamEvent } from '../../domain/answer'
import { embeddedFailure } from '../error-body'
import type { Dialect, Step } from '../sse'
import { finishReasonOf } from './finish-reason'
import { type ChatMessage, chatSchema } from './schema'
import { usageOf } from './usage'

type ToolCallChunk = NonNullable<ChatMessage['tool_calls']>[number]

/** Numbers tool calls from 0 in order of appearance, whatever index the server gave them. */
const createToolCalls = () => {
  const open: { theirs: number | null; id: string | null }[] = []

  const find = (chunk: ToolCallChunk): number => {
    const { id, index } = chunk
    const known = open.findLastIndex((call) => (index == null ? true : call.theirs === index))
    // A new id under an index in use is a new call: some servers number every call 0.
    const isNew = known === -1 || (id != null && id !== '' && open[known]?.id !== id)
    return isNew ? -1 : known
  }

  return {
    any: () => open.length > 0,
    read(chunk: ToolCallChunk): StreamEvent[] {
      const events: StreamEvent[] = []
      let index = find(chunk)
      if (index === -1) {
        index = open.length
        open.push({ theirs: chunk.index ?? null, id: chunk.id ?? null })
        events.push({
          type: 'toolCallStart',
          index,
          id: chunk.id || `call_${index}`,
          name: chunk.function?.name ?? '',
        })
      }
      if (chunk.function?.arguments) {
        events.push({ type: 'toolCallDelta', index, json: chunk.function.arguments })
      }
      return events
    },
  }
}

export const createReader = (): Dialect => {
  const toolCalls = createToolCalls()
  let started = false
  let finished = false
  let refused = false

  const finish = (raw: string | null): StreamEvent => {
    finished = true
    const finishReason = finishReasonOf(raw)
    // A refusal ends with `stop` at OpenAI, tool calls do at Ollama and vLLM.
    if (refused) finishReason.unified = 'content_filter'
    else if (toolCalls.any() && finishReason.unified === 'stop') finishReason.unified = 'tool_calls'
    return { type: 'finish', finishReason }
  }

  const readMessage = (message: ChatMessage): StreamEvent[] => {
    const events: StreamEvent[] = []
    const reasoning = message.reasoning_content || message.reasoning
    if (reasoning) events.push({ type: 'reasoning', text: reasoning })
    if (message.content) events.push({ type: 'text', text: message.content })
    if (message.refusal) refused = true
    for (const chunk of message.tool_calls ?? []) events.push(...toolCalls.read(chunk))
    return events
  }

  const read = (value: unknown): Step => {
    const parsed = chatSchema.safeParse(value)
    if (!parsed.success) return null
    const { id, model, choices, usage } = parsed.data
    const events: StreamEvent[] = []
    const choice = choices.find((one) => (one.index ?? 0) === 0)
    if (choice?.error || choice?.finish_reason === 'error') {
      return (
        embeddedFailure({ error: choice.error ?? {} }) ?? {
          class: 'server_error',
          message: 'the provider reported an error',
        }
      )
    }
    if (choice && !started) {
      started = true
      events.push({ type: 'start', model: model || null, responseId: id || null })
    }
    const message = choice?.delta ?? choice?.message
    if (message) events.push(...readMessage(message))
    if (choice?.finish_reason && !finished) events.push(finish(choice.finish_reason))
    if (usage) events.push({ type: 'usage', usage: usageOf(usage) })
    return events
  }

  return { read, isEnd: (event) => event.data.trim() === '[DONE]', lastWord: () => finish(null) }
}
