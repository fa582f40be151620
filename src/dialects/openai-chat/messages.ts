/**
 * Messages in OpenAI's shape -> ours. What a caller sends back of an earlier answer (`annotations`, `refusal`,
 * `reasoning_content`, …) is let pass; `name` and an image's `detail` have no place in ours and are left out.
 */
import { z } from 'zod'
import type { JsonObject } from '../../domain/json'
import type { Message } from '../../domain/request'
import { isObject, parseJson } from '../../providers/json'
import { asParts, imageOf, optionalText, userContent } from '../body'

const CONTENT = 'text, or a list of parts, is needed'

const textPart = z.object({ type: z.literal('text'), text: z.string() })

const imagePart = z.object({
  type: z.literal('image_url'),
  image_url: z.object({
    url: z.string().transform((url, context) => {
      const image = imageOf(url)
      if (image !== null) return image
      context.addIssue({ code: 'custom', message: 'an http(s) URL, or data:image/…;base64,… is needed' })
      return z.NEVER
    }),
  }),
})

const texts = (between: string) =>
  z.preprocess(
    asParts,
    z
      .array(
        z.discriminatedUnion('type', [textPart], { error: 'only parts of type text can stand here' }),
        CONTENT,
      )
      .transform((parts) => parts.map(({ text }) => text).join(between)),
  )

const userParts = z.preprocess(
  asParts,
  z
    .array(
      z.discriminatedUnion('type', [textPart, imagePart], {
        error: 'only parts of type text and image_url are known',
      }),
      CONTENT,
    )
    .min(1, CONTENT),
)

const refusalPart = z.object({ type: z.literal('refusal'), refusal: z.string() })

/** One text, cut up. */
const assistantText = z.preprocess(
  asParts,
  z
    .array(
      z.discriminatedUnion('type', [textPart, refusalPart], {
        error: 'only text and refusal can stand here',
      }),
      CONTENT,
    )
    .transform((parts) => parts.map((part) => ('text' in part ? part.text : part.refusal)).join(''))
    .nullish(),
)

/** JSON text -> the object; no text at all means no arguments. */
const argumentsJson = z.string().transform((text, context): JsonObject => {
  const value = text.trim() === '' ? {} : parseJson(text)
  if (isObject(value)) return value
  context.addIssue({ code: 'custom', message: 'an object as JSON text is needed' })
  return z.NEVER
})

const toolCall = z.object({
  id: z.string().min(1),
  type: z.literal('function', { error: 'only tool calls of type function are known' }).default('function'),
  function: z.object({ name: z.string().min(1), arguments: argumentsJson }),
})

const legacy = (instead: string) => z.null({ error: `no longer in use: write ${instead}` }).optional()

const assistant = z
  .object({
    role: z.literal('assistant'),
    content: assistantText,
    refusal: optionalText,
    tool_calls: z.array(toolCall).nullish(),
    function_call: legacy('tool_calls'),
  })
  .refine(({ content, refusal, tool_calls }) => (content ?? refusal ?? null) !== null || tool_calls?.length, {
    path: ['content'],
    error: 'is needed where there are no tool calls',
  })

export const messageSchema = z.discriminatedUnion(
  'role',
  [
    z.object({ role: z.literal(['system', 'developer']), content: texts('\n') }),
    z.object({ role: z.literal('user'), content: userParts }),
    assistant,
    z.object({ role: z.literal('tool'), tool_call_id: z.string().min(1), content: texts('\n') }),
  ],
  { error: 'the role is system, developer, user, assistant or tool' },
)

export function decodeMessage(message: z.output<typeof messageSchema>): Message {
  switch (message.role) {
    case 'system':
    case 'developer':
      return { role: 'system', content: message.content }
    case 'user': {
      const parts = message.content.map((part) => (part.type === 'text' ? part : part.image_url.url))
      return { role: 'user', content: userContent(parts) }
    }
    case 'assistant': {
      const { content, refusal, tool_calls } = message
      const toolCalls = (tool_calls ?? []).map(({ id, function: { name, arguments: given } }) => ({
        id,
        name,
        arguments: given,
      }))
      const text = content ?? refusal ?? ''
      return { role: 'assistant', content: text, ...(toolCalls.length === 0 ? {} : { toolCalls }) }
    }
    case 'tool':
      return { role: 'tool', toolCallId: message.tool_call_id, content: message.content }
  }
}
