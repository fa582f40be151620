/** The shapes of Converse's answers: blocks and events are named by their only field, and those not known are passed over. */
import { z } from 'zod'
import { usageSchema } from './usage'

const text = z.string().nullish()

const toolUseSchema = z.object({
  toolUseId: text,
  name: text,
  input: z.unknown().optional(),
  /** `server_tool_use`: called by the provider itself. */
  type: text,
})

export type ToolUse = z.infer<typeof toolUseSchema>

export const blockSchema = z.object({
  text,
  toolUse: toolUseSchema.nullish(),
  reasoningContent: z
    .object({ reasoningText: z.object({ text, signature: text }).nullish(), redactedContent: text })
    .nullish()
    .catch(null),
  citationsContent: z.object({ content: z.array(z.object({ text })).nullish() }).nullish(),
})

export type Block = z.infer<typeof blockSchema>

export const responseSchema = z.object({
  output: z.object({ message: z.object({ content: z.array(blockSchema) }) }),
  stopReason: text,
  usage: usageSchema.nullish().catch(null),
})

const contentBlockIndex = z.number().int().nonnegative()

export const eventSchemas = {
  messageStart: z.object({ role: text }),
  contentBlockStart: z.object({
    contentBlockIndex,
    start: z.object({ toolUse: toolUseSchema.nullish() }),
  }),
  contentBlockDelta: z.object({
    contentBlockIndex,
    delta: z.object({
      text,
      toolUse: z.object({ input: text }).nullish(),
      reasoningContent: z.object({ text, signature: text, redactedContent: text }).nullish(),
    }),
  }),
  contentBlockStop: z.object({ contentBlockIndex }),
  messageStop: z.object({ stopReason: text }),
  metadata: z.object({ usage: usageSchema.nullish().catch(null) }),
} as const
