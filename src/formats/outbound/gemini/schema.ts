/** The shape of a response, which is also that of each event of a stream. Kinds of parts not known are passed over. */
import { z } from 'zod'
import { usageSchema } from './usage'

const text = z.string().nullish()

const callSchema = z.object({
  id: text.catch(null),
  name: text,
  // An object by the standard; some servers send its JSON.
  args: z.union([z.string(), z.record(z.string(), z.unknown())]).nullish(),
  partialArgs: z.unknown().optional(),
  willContinue: z.unknown().optional(),
})

export type Call = z.infer<typeof callSchema>

const partSchema = z.object({
  text,
  thought: z.boolean().nullish().catch(null),
  thoughtSignature: text.catch(null),
  functionCall: callSchema.nullish(),
  inlineData: z.unknown().optional(),
  fileData: z.unknown().optional(),
})

export type Part = z.infer<typeof partSchema>

const candidateSchema = z.object({
  index: z.number().nullish().catch(null),
  // Left out, or without parts, where the model has said nothing.
  content: z.object({ parts: z.array(partSchema).nullish() }).nullish(),
  finishReason: text,
})

export const responseSchema = z.object({
  responseId: text.catch(null),
  modelVersion: text.catch(null),
  candidates: z.array(candidateSchema).nullish(),
  promptFeedback: z.object({ blockReason: text }).nullish(),
  usageMetadata: usageSchema.nullish().catch(null),
})
