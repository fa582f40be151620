/** The shapes of Anthropic's answers. Block and event types not known are passed over, as its docs require. */
import { z } from 'zod'
import { usageSchema } from './usage'

const text = z.string().nullish()

/** text, thinking and tool_use are read; any other block has none of these fields that matters. */
export const blockSchema = z.object({
  type: z.string(),
  text,
  thinking: text,
  id: text,
  name: text,
  input: z.unknown().optional(),
})

export type Block = z.infer<typeof blockSchema>

const refusalSchema = z.object({ category: text }).nullish().catch(null)

export const messageSchema = z.object({
  type: z.literal('message'),
  id: text,
  model: text,
  // Servers that copy the API may send a text.
  content: z.union([
    z.array(blockSchema),
    z.string().transform((all): z.infer<typeof blockSchema>[] => [{ type: 'text', text: all }]),
  ]),
  stop_reason: text,
  stop_details: refusalSchema,
  usage: usageSchema.nullish().catch(null),
})

const index = z.number().int()

export const eventSchemas = {
  message_start: z.object({
    message: z.object({ id: text, model: text, usage: usageSchema.nullish().catch(null) }),
  }),
  content_block_start: z.object({ index, content_block: blockSchema }),
  content_block_delta: z.object({
    index,
    delta: z.object({ type: z.string(), text, thinking: text, partial_json: text }),
  }),
  message_delta: z.object({
    delta: z.object({ stop_reason: text }),
    usage: usageSchema.nullish().catch(null),
  }),
} as const
