/** `thinking` as Anthropic writes it; makers of open models took it over. */
import { z } from 'zod'

const thinkingOf = <B extends z.ZodType>(budget_tokens: B) =>
  z.discriminatedUnion(
    'type',
    [
      z.looseObject({ type: z.literal('enabled'), budget_tokens }),
      z.looseObject({ type: z.literal(['adaptive', 'disabled']) }),
    ],
    { error: 'the type is enabled, adaptive or disabled' },
  )

export const thinking = thinkingOf(z.int().positive())

/** Others have no budget. */
export const switchedThinking = thinkingOf(z.int().positive().optional())
