/** The shapes of Anthropic's answers. Block and event types not known are passed over, as its docs require. */
import { z } from 'zod'
import { usageSchema } from './usage'

const text = z.string().nullish()

/** text, tool_use and thoughts are read; any other block has none of these fields that matters. Sealed ones are kept as they came. */
export const blockSchema = z.looseObject({
  type: z.string(),
  text,
  thinking: text,
  signature: text.catch(null),
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

const deltaSchema = z.object({
  type: z.string(),
  text,
  thinking: text,
  signature: text.catch(null),
  partial_json: text,
})

export type Delta = z.infer<typeof deltaSchema>

export const eventSchemas = {
  message_start: z.object({
    message: z.object({ id: text, model: text, usage: usageSchema.nullish().catch(null) }),
  }),
  content_block_start: z.object({ index, content_block: blockSchema }),
  content_block_delta: z.object({
    index,
    delta: deltaSchema,
  }),
  content_block_stop: z.object({ index }),
  message_delta: z.object({
    delta: z.object({ stop_reason: text }),
    usage: usageSchema.nullish().catch(null),
  }),
} as const
