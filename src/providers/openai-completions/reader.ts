import { z } from 'zod'
import type { StreamEvent } from '../../domain/answer'
import { finishReasonOf } from '../openai-chat/finish-reason'
import { usageOf, usageSchema } from '../openai-chat/usage'
import type { Dialect, Step } from '../sse'

const schema = z.object({
  id: z.string().nullish().catch(null),
  model: z.string().nullish().catch(null),
  choices: z.array(
    z.object({
      index: z.number().nullish(),
      // null: the answer has no text; left out: not a completion at all (a chat's chunk, say).
      text: z.string().nullable(),
      finish_reason: z.string().nullish(),
    }),
  ),
  usage: usageSchema.nullish().catch(null),
})

/** Reads a chunk, or a whole body as if it were one. */
export const createReader = (): Dialect => {
  let started = false
  let finished = false

  const finish = (raw: string | null): StreamEvent => {
    finished = true
    return { type: 'finish', finishReason: finishReasonOf(raw) }
  }

  const read = (value: unknown): Step => {
    const parsed = schema.safeParse(value)
    if (!parsed.success) return null
    const { id, model, choices, usage } = parsed.data
    const events: StreamEvent[] = []
    const choice = choices.find((one) => (one.index ?? 0) === 0)
    if (choice && !started) {
      started = true
      events.push({ type: 'start', model: model || null, responseId: id || null })
    }
    if (choice?.text) events.push({ type: 'text', text: choice.text })
    if (choice?.finish_reason && !finished) events.push(finish(choice.finish_reason))
    if (usage) events.push({ type: 'usage', usage: usageOf(usage) })
    return events
  }

  return { read, isEnd: (event) => event.data.trim() === '[DONE]', lastWord: () => finish(null) }
}
