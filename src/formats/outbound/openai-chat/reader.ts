/**
 * Reads chat answers: a chunk of a stream, or a whole body as if it were one chunk. Holds what must be known
 * from earlier chunks: whether it has begun, what was said, which tool calls are open, whether the model refuses.
 *
 * READER-1 A message that repeats what came in pieces is not published twice; where it goes on behind them, the
 *    rest is published. Where it says something else, one of the two is not the answer: nothing proves which.
 * READER-2 An object that is no chunk is passed over only where it has no field that could hold a part of the
 *    answer.
 */
import { MAX_TOOL_CALLS, TOO_MANY_CALLS } from '../../../domain/streaming/accumulate'
import type { StreamEvent, Usage } from '../../../domain/streaming/answer'
import { embeddedFailure } from '../error-body'
import { failureBehind, finishReasonOf, isFinishReason, isNoReason } from '../finish-reason'
import { isObject } from '../json'
import { type EventReader, isDone, type Step } from '../sse'
import { createChoice } from './choice'
import { type ChatMessage, chatSchema } from './schema'
import { createToolCalls } from './tool-calls'
import { largerUsage, usageOf } from './usage'

/** READER-2: where other formats have their words. */
const CONTENT_FIELDS = [
  'content',
  'text',
  'delta',
  'message',
  'response',
  'output',
  'output_text',
  'token',
  'generated_text',
  'candidates',
  'completion',
  'tool_calls',
]

const isNothing = (value: unknown): boolean =>
  value === undefined ||
  value === null ||
  value === '' ||
  (typeof value === 'object' && Object.keys(value).length === 0)

const couldHoldContent = (value: unknown): boolean =>
  !isObject(value) || CONTENT_FIELDS.some((field) => !isNothing(value[field]))

const isEmpty = ({
  content,
  refusal,
  reasoning,
  reasoning_content,
  tool_calls,
  function_call,
}: ChatMessage) =>
  !content && !refusal && !reasoning && !reasoning_content && !tool_calls?.length && !function_call

export const createReader = (): EventReader => {
  const toolCalls = createToolCalls()
  const ourChoice = createChoice()
  let started = false
  let finished = false
  let refused = false
  let text = ''
  let reasoned = false
  let usage: Usage | null = null

  const finish = (raw: string | null): Step => {
    const finishReason = finishReasonOf(raw)
    if (!isFinishReason(finishReason)) return finishReason
    // A refusal ends with `stop` at OpenAI, tool calls do at Ollama and vLLM.
    if (refused) finishReason.unified = 'content_filter'
    else if (toolCalls.any() && ['stop', 'other'].includes(finishReason.unified))
      finishReason.unified = 'tool_calls'
    // Where every chunk has one, a `stop` of a later chunk says nothing new.
    if (finished && finishReason.unified === 'stop') return []
    finished = true
    return [{ type: 'finish', finishReason }]
  }

  /** null: it contradicts what came before (READER-1). */
  const readMessage = (message: ChatMessage, repeats: boolean): Step => {
    const events: StreamEvent[] = []
    const reasoning = message.reasoning_content || message.reasoning
    if (reasoning && !(repeats && reasoned)) {
      reasoned = true
      events.push({ type: 'reasoning', text: reasoning })
    }
    const content = message.content ?? ''
    // Some trim what they repeat.
    if (repeats && content.trim() !== text.trim() && content !== '' && !content.startsWith(text)) return null
    const piece = repeats ? content.slice(text.length) : content
    if (piece !== '') events.push({ type: 'text', text: piece })
    text += piece
    if (message.refusal) refused = true
    // READER-2
    const unknown = isEmpty(message) && typeof message.text === 'string' && message.text !== ''
    if (unknown) return null
    const calls = message.tool_calls?.length
      ? message.tool_calls
      : message.function_call
        ? [{ index: 0, id: null, function: message.function_call }]
        : []
    if (repeats && toolCalls.any()) return events
    for (const call of calls) {
      events.push(...toolCalls.read(call, repeats))
      if (toolCalls.count() > MAX_TOOL_CALLS) return { class: 'bad_response', message: TOO_MANY_CALLS }
    }
    return events
  }

  const read = (value: unknown): Step => {
    const parsed = chatSchema.safeParse(value)
    if (!parsed.success) return null
    const { id, model, choices, usage: reported } = parsed.data
    if (choices == null && couldHoldContent(value)) return null
    const events: StreamEvent[] = []
    const choice = ourChoice(choices)
    // READER-2: a choice of another API, e.g. with a `text` of its own.
    if (choice && choice.delta == null && choice.message == null && couldHoldContent(choice)) return null
    const wrong = choice?.error ?? parsed.data.x_groq?.error
    const failure =
      (wrong ? embeddedFailure({ error: wrong }) : null) ?? failureBehind(choice?.native_finish_reason)
    if (failure !== null) return failure
    if (choice && !started) {
      started = true
      events.push({ type: 'start', model: model || null, responseId: id || null })
    }
    const { delta, message } = choice ?? {}
    const repeats = message != null && (delta == null || isEmpty(delta))
    const said = repeats ? message : delta
    if (said) {
      const step = readMessage(said, repeats)
      if (!Array.isArray(step)) return step
      events.push(...step)
    }
    const reason = choice?.finish_reason || choice?.finishReason
    if (reason && !isNoReason(reason)) {
      const step = finish(reason)
      if (!Array.isArray(step)) return step
      events.push(...step)
    }
    const counts = reported ?? choice?.usage ?? parsed.data.x_groq?.usage
    if (counts) {
      usage = largerUsage(usage, usageOf(counts))
      events.push({ type: 'usage', usage })
    }
    return events
  }

  return {
    read,
    isEnd: isDone,
    lastWord: () => ({
      type: 'finish',
      finishReason: { unified: toolCalls.any() ? 'tool_calls' : 'other', raw: null },
    }),
  }
}
