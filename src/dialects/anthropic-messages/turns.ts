/**
 * Anthropic's turns -> our messages. A user's turn may hold tool results beside its own words: each result becomes
 * a message of its own, in the order of the blocks. Thinking in the history is dropped: its signatures are another
 * provider's secrets. So are citations and cache marks.
 */
import { z } from 'zod'
import type { Message, ToolCall, UserPart } from '../../domain/request'
import { asParts, imageOf, jsonObject, toolText, userContent } from '../body'

const CONTENT = 'text, or a list of blocks, is needed'

const text = z.object({ type: z.literal('text'), text: z.string() })

export const textBlocks = z.preprocess(
  asParts,
  z.array(
    z.discriminatedUnion('type', [text], { error: 'only blocks of type text can stand here' }),
    CONTENT,
  ),
)

const image = z.object({
  type: z.literal('image'),
  source: z
    .discriminatedUnion(
      'type',
      [
        z.object({
          type: z.literal('base64'),
          media_type: z.string().startsWith('image/'),
          data: z.base64().min(1),
        }),
        z.object({ type: z.literal('url'), url: z.string() }),
      ],
      { error: 'the source is of type base64 or url' },
    )
    .transform((source, context): UserPart => {
      const found: UserPart | null =
        source.type === 'url'
          ? imageOf(source.url)
          : { type: 'image', data: source.data, mediaType: source.media_type }
      if (found !== null) return found
      context.addIssue({ code: 'custom', message: 'an http(s) URL is needed', path: ['url'] })
      return z.NEVER
    }),
})

const resultBlocks = z.preprocess(
  asParts,
  z.array(
    z.discriminatedUnion('type', [text, image], {
      error: 'only blocks of type text and image can stand here',
    }),
    CONTENT,
  ),
)

const toolResult = z.object({
  type: z.literal('tool_result'),
  tool_use_id: z.string().min(1),
  content: resultBlocks.nullish(),
  is_error: z.boolean().nullish(),
})

const userBlocks = z.preprocess(
  asParts,
  z
    .array(
      z.discriminatedUnion('type', [text, image, toolResult], {
        error: 'only blocks of type text, image and tool_result are known',
      }),
      CONTENT,
    )
    .min(1, CONTENT),
)

const toolUse = z.object({
  type: z.literal('tool_use'),
  id: z.string().min(1),
  name: z.string().min(1),
  input: jsonObject,
})

const thoughts = z.object({ type: z.literal(['thinking', 'redacted_thinking']) })

const assistantBlocks = z.preprocess(
  asParts,
  z.array(
    z.discriminatedUnion('type', [text, toolUse, thoughts], {
      error: 'only blocks of type text, tool_use and thinking are known',
    }),
    CONTENT,
  ),
)

export const turnSchema = z.discriminatedUnion(
  'role',
  [
    z.object({ role: z.literal('user'), content: userBlocks }),
    z.object({ role: z.literal('assistant'), content: assistantBlocks }),
    z.object({ role: z.literal('system'), content: textBlocks }),
  ],
  { error: 'the role is user, assistant or system' },
)

export const systemMessages = (blocks: z.output<typeof textBlocks>): Message[] =>
  blocks.map((block) => ({ role: 'system', content: block.text }))

export function decodeTurn(turn: z.output<typeof turnSchema>): Message[] {
  switch (turn.role) {
    case 'system':
      return systemMessages(turn.content)
    case 'user':
      return userMessages(turn.content)
    case 'assistant':
      return assistantMessages(turn.content)
  }
}

function userMessages(blocks: z.output<typeof userBlocks>): Message[] {
  const messages: Message[] = []
  let parts: UserPart[] = []
  const say = (): void => {
    if (parts.length > 0) messages.push({ role: 'user', content: userContent(parts) })
    parts = []
  }
  for (const block of blocks) {
    if (block.type === 'tool_result') {
      say()
      messages.push(toolMessage(block))
    } else parts.push(block.type === 'text' ? block : block.source)
  }
  say()
  return messages
}

const toolMessage = ({ tool_use_id, content, is_error }: z.output<typeof toolResult>): Message => ({
  role: 'tool',
  toolCallId: tool_use_id,
  content: toolText((content ?? []).map((block) => (block.type === 'text' ? block : block.source))),
  ...(is_error ? { isError: true } : {}),
})

/** A turn of thoughts alone says nothing. */
function assistantMessages(blocks: z.output<typeof assistantBlocks>): Message[] {
  const texts = blocks.flatMap((block) => (block.type === 'text' ? [block.text] : []))
  const toolCalls = blocks.flatMap((block): ToolCall[] =>
    block.type === 'tool_use' ? [{ id: block.id, name: block.name, arguments: block.input }] : [],
  )
  if (texts.length === 0 && toolCalls.length === 0) return []
  return [{ role: 'assistant', content: texts.join(''), ...(toolCalls.length === 0 ? {} : { toolCalls }) }]
}
