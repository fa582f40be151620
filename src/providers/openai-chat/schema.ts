/** The shapes of OpenAI's chat answers, whole and streamed, as loose as the compatible servers need them. */
import { z } from 'zod'
import { usageSchema } from './usage'

const text = z.string().nullish()

/** Some servers send parts where OpenAI sends text; parts that aren't text are thoughts, and no answer. */
const content = z.union([
  z.string(),
  z.array(z.object({ type: z.string(), text })).transform((parts) =>
    parts
      .filter((part) => part.type === 'text')
      .map((part) => part.text ?? '')
      .join(''),
  ),
])

export const toolCallSchema = z.object({
  index: z.number().int().nullish(),
  id: text,
  function: z
    .object({
      name: text,
      // Text by the standard; some servers send the object itself.
      arguments: z
        .union([z.string(), z.record(z.string(), z.unknown()).transform((value) => JSON.stringify(value))])
        .nullish(),
    })
    .nullish(),
})

/** The older way to call one function. */
const functionCall = toolCallSchema.shape.function

const messageSchema = z.object({
  content: content.nullish(),
  refusal: text,
  // vLLM and DeepSeek: `reasoning_content`; OpenRouter, Together, Ollama and newer vLLM: `reasoning`.
  reasoning_content: text.catch(null),
  reasoning: text.catch(null),
  tool_calls: z.array(toolCallSchema).nullish(),
  function_call: functionCall,
})

export type ChatMessage = z.infer<typeof messageSchema>

export const chatSchema = z.object({
  id: text.catch(null),
  model: text.catch(null),
  // null, or left out, where a chunk has usage alone.
  choices: z
    .array(
      z.object({
        index: z.number().nullish(),
        message: messageSchema.nullish(),
        delta: messageSchema.nullish(),
        finish_reason: text,
        // OpenRouter: the provider behind it failed half-way.
        error: z.union([z.string(), z.object({}).loose()]).nullish(),
        // Moonshot.
        usage: usageSchema.nullish().catch(null),
      }),
    )
    .nullish(),
  usage: usageSchema.nullish().catch(null),
})
