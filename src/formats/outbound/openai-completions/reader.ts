import { z } from 'zod'
import type { StreamEvent, Usage } from '../../../domain/streaming/answer'
import { finishReasonOf, isFinishReason, isNoReason } from '../finish-reason'
import { createChoice } from '../openai-chat/choice'
import { largerUsage, usageOf, usageSchema } from '../openai-chat/usage'
import { type EventReader, isDone, type Step } from '../sse'

const schema = z.object({
  id: z.string().nullish().catch(null),
  model: z.string().nullish().catch(null),
  // null, or left out, where a chunk has usage alone.
  choices: z
    .array(
      z.object({
        index: z.number().nullish().catch(null),
        // Left out beside a finish reason; or it is not a completion at all (a chat's chunk, say).
        text: z.string().nullish(),
        delta: z.unknown().optional(),
        message: z.unknown().optional(),
        finish_reason: z.string().nullish(),
        usage: usageSchema.nullish().catch(null),
      }),
    )
    .nullish(),
  usage: usageSchema.nullish().catch(null),
})

/** Reads a chunk, or a whole body as if it were one. */
export const createReader = (): EventReader => {
  let started = false
  let finished = false
  let usage: Usage | null = null
  const ourChoice = createChoice()

  const read = (value: unknown): Step => {
    const parsed = schema.safeParse(value)
    if (!parsed.success) return null
    const { id, model, choices, usage: reported } = parsed.data
    if (choices == null && !reported) return null
    const events: StreamEvent[] = []
    const choice = ourChoice(choices)
    const foreign = choice && (choice.delta != null || choice.message != null || !choice.finish_reason)
    if (choice?.text === undefined && foreign) return null
    if (choice && !started) {
      started = true
      events.push({ type: 'start', model: model || null, responseId: id || null })
    }
    if (choice?.text) events.push({ type: 'text', text: choice.text })
    if (choice?.finish_reason && !isNoReason(choice.finish_reason)) {
      const finishReason = finishReasonOf(choice.finish_reason)
      if (!isFinishReason(finishReason)) return finishReason
      if (!(finished && finishReason.unified === 'stop')) events.push({ type: 'finish', finishReason })
      finished = true
    }
    const counts = reported ?? choice?.usage
    if (counts) {
      usage = largerUsage(usage, usageOf(counts))
      events.push({ type: 'usage', usage })
    }
    return events
  }

  return {
    read,
    isEnd: isDone,
    lastWord: () => ({ type: 'finish', finishReason: { unified: 'other', raw: null } }),
  }
}
