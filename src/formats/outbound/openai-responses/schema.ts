/** The shapes of a response and of its events. Item, part and event types not known are passed over. */
import { z } from 'zod'
import { usageSchema } from './usage'

const text = z.string().nullish()
const place = z.number().int().nonnegative()

/** Of a message's content, or of a reasoning item's summary. */
export const partSchema = z.object({ type: z.string(), text, refusal: text })

export type Part = z.infer<typeof partSchema>

/** message, function_call and reasoning are read; any other item has none of these fields that matters. */
export const itemSchema = z.object({
  type: z.string(),
  id: text.catch(null),
  content: z
    .union([z.array(partSchema), z.string().transform((all): Part[] => [{ type: 'output_text', text: all }])])
    .nullish(),
  summary: z.array(partSchema).nullish().catch(null),
  call_id: text,
  name: text,
  arguments: text,
})

export type Item = z.infer<typeof itemSchema>

export const responseSchema = z.object({
  id: text.catch(null),
  model: text.catch(null),
  status: text,
  incomplete_details: z.object({ reason: text }).nullish().catch(null),
  output: z.array(itemSchema).nullish(),
  usage: usageSchema.nullish().catch(null),
})

export type Response = z.infer<typeof responseSchema>

const part = z.object({ output_index: place, content_index: place })

export const eventSchemas = {
  response: z.object({ response: responseSchema }),
  item: z.object({ output_index: place, item: itemSchema }),
  part: part.extend({ part: partSchema }),
  textDelta: part.extend({ delta: z.string() }),
  textDone: part.extend({ text: z.string() }),
  argumentsDelta: z.object({ output_index: place, delta: z.string() }),
  argumentsDone: z.object({ output_index: place, arguments: z.string() }),
  summaryPart: z.object({ summary_index: place }),
  reasoningDelta: z.object({ delta: z.string() }),
} as const
