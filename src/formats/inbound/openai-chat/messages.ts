/**
 * Messages in OpenAI's shape -> ours. What a caller sends back of an earlier answer (`annotations`, `audio`, …) is let pass; `name` and an image's `detail` have no place in ours and are left out.
 */
import { z } from 'zod'
import type { JsonObject } from '../../../domain/request/json'
import type { OpaqueBlock, OpaquePlace } from '../../../domain/request/opaque'
import type { Message, UserPart } from '../../../domain/request/request'
import { toolArguments } from '../arguments'
import { cacheMark, marked, optionalText, toolText, userContent } from '../body'
import { imageOf } from '../images'
import { gathering, unwrap } from '../opaque'
import { asParts, asResult } from '../parts'

const CONTENT = 'text, or a list of parts, is needed'

const textPart = z.object({ type: z.literal('text'), text: z.string(), cache_control: cacheMark })

const imagePart = z.object({
  type: z.literal('image_url'),
  cache_control: cacheMark,
  // Mistral's clients write the URL alone.
  image_url: z.preprocess(
    (value) => (typeof value === 'string' ? { url: value } : value),
    z.object({
      url: z.string().transform((url, context) => {
        const image = imageOf(url)
        if (image !== null) return image
        context.addIssue({
          code: 'custom',
          message: 'an http(s) URL, or data:image/…;base64,… of an image is needed',
        })
        return z.NEVER
      }),
    }),
  ),
})

/** Files, sound and moving pictures, in the words of this API and of servers that have it. */
const foreignPart = z
  .looseObject({
    type: z.literal(['file', 'input_audio', 'audio_url', 'video_url']),
    cache_control: cacheMark,
  })
  .transform(({ cache_control, ...part }) => ({
    type: 'foreign' as const,
    api: 'openai-chat' as const,
    block: part as JsonObject,
    cache_control,
  }))

/** One text; the last mark among its parts is that of the whole. */
const systemText = z.preprocess(
  asParts,
  z
    .array(
      z.discriminatedUnion('type', [textPart], { error: 'only parts of type text can stand here' }),
      CONTENT,
    )
    .transform((parts) => ({
      text: parts.map(({ text }) => text).join('\n'),
      mark: parts.findLast(({ cache_control }) => cache_control)?.cache_control,
    })),
)

const userParts = z.preprocess(
  asParts,
  z
    .array(
      z.discriminatedUnion('type', [textPart, imagePart, foreignPart], {
        error: 'only parts of type text, image_url, file and input_audio are known',
      }),
      CONTENT,
    )
    .min(1, CONTENT),
)

/** A result: what is only text is one text. */
const toolContent = z.preprocess(
  asResult,
  z.array(
    z.discriminatedUnion('type', [textPart, imagePart], { error: 'only text and image_url can stand here' }),
    CONTENT,
  ),
)

const refusalPart = z.object({ type: z.literal('refusal'), refusal: z.string() })

/** Thoughts that a client sends back: no part of what was said. */
const thoughtPart = z.object({ type: z.literal(['thinking', 'redacted_thinking', 'reasoning']) })

const saidIn = (part: z.output<typeof textPart | typeof refusalPart | typeof thoughtPart>): string => {
  if (part.type === 'text') return part.text
  return part.type === 'refusal' ? part.refusal : ''
}

/** One text, cut up. */
const assistantText = z.preprocess(
  asParts,
  z
    .array(
      z.discriminatedUnion('type', [textPart, refusalPart, thoughtPart], {
        error: 'only text, refusal and thinking can stand here',
      }),
      CONTENT,
    )
    .transform((parts) => parts.map(saidIn).join(''))
    .nullish(),
)

/** Some servers send none: a call and its result are one by their order then. Some count them. */
const callId = z
  .union([z.string(), z.number().transform(String)])
  .nullish()
  .transform((id) => id || 'call')

const toolCall = z.object({
  id: callId,
  type: z.literal(['function', ''], { error: 'only tool calls of type function are known' }).nullish(),
  function: z.object({ name: z.string().min(1), arguments: toolArguments }),
})

/** Before there were tools a call had no id, and its result the function's name. */
const functionCall = z.object({ name: z.string().min(1), arguments: toolArguments }).nullish()
const FUNCTION_ID = 'call'

/** One that says nothing is let pass: agents keep such in their histories, and it is left out on the way. */
const assistant = z.object({
  role: z.literal('assistant'),
  content: assistantText,
  refusal: optionalText,
  reasoning_content: optionalText.catch(null),
  reasoning: optionalText.catch(null),
  // Those of others are let pass and left out.
  reasoning_details: z
    .array(z.object({ data: z.unknown() }).nullish().catch(null))
    .nullish()
    .catch(null),
  tool_calls: z.array(toolCall).nullish(),
  function_call: functionCall,
})

export const messageSchema = z.discriminatedUnion(
  'role',
  [
    z.object({ role: z.literal(['system', 'developer']), content: systemText, cache_control: cacheMark }),
    z.object({ role: z.literal('user'), content: userParts, cache_control: cacheMark }),
    assistant,
    z.object({
      role: z.literal('tool'),
      tool_call_id: callId,
      content: toolContent,
      cache_control: cacheMark,
    }),
    z.object({ role: z.literal('function'), content: toolContent }),
  ],
  { error: 'the role is system, developer, user, assistant or tool' },
)

function partOf(part: z.output<typeof textPart | typeof imagePart | typeof foreignPart>): UserPart {
  const { cache_control: mark } = part
  if (part.type === 'text') return { type: 'text', text: part.text, ...marked(mark) }
  if (part.type === 'image_url') return { ...part.image_url.url, ...marked(mark) }
  const { type, api, block } = part
  return { type, api, block, ...marked(mark) }
}

/** Each stands where it was thought. */
function sealedIn(
  details: readonly ({ data: unknown } | null | undefined)[],
  end: OpaquePlace,
): OpaqueBlock[] {
  const gathered = gathering()
  for (const detail of details) {
    const own = unwrap(detail?.data)
    if (own !== null) gathered.add(own, end)
  }
  return gathered.blocks()
}

export function decodeMessage(message: z.output<typeof messageSchema>): Message {
  switch (message.role) {
    case 'system':
    case 'developer':
      return {
        role: 'system',
        content: message.content.text,
        ...marked(message.content.mark ?? message.cache_control),
      }
    case 'user': {
      const parts = message.content.map(partOf)
      const last = parts.at(-1)
      // A mark on the whole message is one on its end.
      if (last !== undefined && message.cache_control) last.cacheControl ??= message.cache_control
      return { role: 'user', content: userContent(parts) }
    }
    case 'assistant': {
      const { content, refusal, tool_calls, function_call } = message
      const older = function_call ? [{ id: FUNCTION_ID, function: function_call }] : []
      const toolCalls = (tool_calls?.length ? tool_calls : older).map(
        ({ id, function: { name, arguments: given } }) => ({
          id,
          name,
          arguments: given,
        }),
      )
      const text = content || refusal || ''
      const thoughts = message.reasoning_content || message.reasoning
      const sealed = sealedIn(message.reasoning_details ?? [], { text: text.length, calls: toolCalls.length })
      return {
        role: 'assistant',
        content: text,
        ...(toolCalls.length === 0 ? {} : { toolCalls, ...(thoughts ? { reasoning: thoughts } : {}) }),
        ...(sealed.length === 0 ? {} : { opaque: sealed }),
      }
    }
    case 'tool':
    case 'function':
      return {
        role: 'tool',
        toolCallId: message.role === 'tool' ? message.tool_call_id : FUNCTION_ID,
        content: toolText(message.content.map(partOf)),
        ...(message.role === 'tool' ? marked(message.cache_control) : {}),
      }
  }
}
