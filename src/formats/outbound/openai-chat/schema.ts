/** The shapes of OpenAI's chat answers, whole and streamed, as loose as the compatible servers need them. */
import { z } from 'zod'
import { usageSchema } from './usage'

const text = z.string().nullish()

/** Some servers send parts where OpenAI sends text; thoughts among them are no answer. */
const part = z.union([
  z.string().transform((one) => ({ type: 'text', text: one })),
  z.object({ type: z.string(), text }),
])
const content = z.union([
  z.string(),
  z.array(part).transform((parts) =>
    parts
      .filter(({ type }) => !/think|reason/i.test(type))
      .map((one) => one.text ?? '')
      .join(''),
  ),
])

/** Text by the standard; some servers send the object itself. */
const args = z
  .union([z.string(), z.record(z.string(), z.unknown()).transform((value) => JSON.stringify(value))])
  .nullish()

export const toolCallSchema = z.object({
  index: z.number().int().nullish().catch(null),
  id: z.union([z.string(), z.number().transform(String)]).nullish(),
  function: z
    // Llama's own word for them is `parameters`.
    .object({ name: text, arguments: args, parameters: args })
    .transform(({ name, arguments: given, parameters }) => ({ name, arguments: given ?? parameters }))
    .nullish(),
})

/** The older way to call one function. */
const functionCall = toolCallSchema.shape.function

const messageSchema = z.object({
  content: content.nullish(),
  // Of another API: never in a chat's message.
  text: z.unknown().optional(),
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
        index: z.number().nullish().catch(null),
        text: z.unknown().optional(),
        message: messageSchema.nullish(),
        delta: messageSchema.nullish(),
        finish_reason: text,
        // Gemini's own spelling, beside an empty one of OpenAI's.
        finishReason: text.catch(null),
        // OpenRouter: the word of the provider behind it.
        native_finish_reason: text.catch(null),
        // OpenRouter: the provider behind it failed half-way.
        error: z.union([z.string(), z.object({}).loose()]).nullish(),
        // Moonshot.
        usage: usageSchema.nullish().catch(null),
      }),
    )
    .nullish(),
  usage: usageSchema.nullish().catch(null),
  // Groq, in the last chunk of a stream.
  x_groq: z
    .object({ usage: usageSchema.nullish().catch(null), error: text.catch(null) })
    .nullish()
    .catch(null),
})
