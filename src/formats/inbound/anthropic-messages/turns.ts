/**
 * Anthropic's turns -> our messages. A user's turn may hold tool results beside its own words: each result becomes
 * a message of its own, in the order of the blocks. Of thinking what is signed is kept, for Anthropic's format alone; the
 * rest is dropped, and so are citations.
 */
import { z } from 'zod'
import type { JsonObject } from '../../../domain/request/json'
import type { Message, ToolCall, UserPart } from '../../../domain/request/request'
import { toolArguments } from '../arguments'
import { cacheMark, marked, optionalText, toolText, userContent } from '../body'
import { imageBytes, imageOf } from '../images'
import { asBlocks, asResultBlocks } from '../parts'

const CONTENT = 'text, or a list of blocks, is needed'

const text = z.object({ type: z.literal('text'), text: z.string(), cache_control: cacheMark })

export const textBlocks = z.preprocess(
  asBlocks,
  z.array(
    z.discriminatedUnion('type', [text], { error: 'only blocks of type text can stand here' }),
    CONTENT,
  ),
)

const image = z.object({
  type: z.literal('image'),
  cache_control: cacheMark,
  source: z
    .discriminatedUnion(
      'type',
      [
        z.object({ type: z.literal('base64'), media_type: optionalText, data: z.string() }),
        z.object({ type: z.literal('url'), url: z.string() }),
        z.object({ type: z.literal('file'), file_id: z.string().min(1) }),
      ],
      { error: 'the source is of type base64, url or file' },
    )
    .transform((source, context): UserPart => {
      if (source.type === 'file')
        return { type: 'foreign', api: 'anthropic-messages', block: { type: 'image', source } }
      const part: UserPart | null =
        source.type === 'url' ? imageOf(source.url) : imageBytes(source.data, source.media_type ?? '')
      if (part !== null) return part
      const [path, message] =
        source.type === 'url' ? ['url', 'an http(s) URL is needed'] : ['data', 'an image in base64 is needed']
      context.addIssue({ code: 'custom', message, path: [path] })
      return z.NEVER
    }),
})

/** Documents and what else only Anthropic has. */
const foreign = z
  .looseObject({
    type: z.literal(['document', 'search_result', 'container_upload', 'tool_reference']),
    cache_control: cacheMark,
  })
  .transform(({ cache_control, ...block }) => ({
    type: 'foreign' as const,
    api: 'anthropic-messages' as const,
    block: block as JsonObject,
    cache_control,
  }))

const resultBlocks = z.preprocess(
  asResultBlocks,
  z.array(
    z.discriminatedUnion('type', [text, image, foreign], {
      error: 'only blocks of type text, image and document can stand here',
    }),
    CONTENT,
  ),
)

const toolResult = z.object({
  type: z.literal('tool_result'),
  tool_use_id: z.string().min(1),
  content: resultBlocks.nullish(),
  is_error: z.boolean().nullish(),
  cache_control: cacheMark,
})

const userBlocks = z.preprocess(
  asBlocks,
  z
    .array(
      z.discriminatedUnion('type', [text, image, foreign, toolResult], {
        error: 'only blocks of type text, image, document and tool_result are known',
      }),
      CONTENT,
    )
    .min(1, CONTENT),
)

const toolUse = z.object({
  type: z.literal('tool_use'),
  id: z.string().min(1),
  name: z.string().min(1),
  input: toolArguments,
  cache_control: cacheMark,
})

const thoughts = z.looseObject({ type: z.literal(['thinking', 'redacted_thinking']) })

const assistantBlocks = z.preprocess(
  (content) => asBlocks(content ?? ''),
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
    z.object({ role: z.literal('system'), content: textBlocks, output_config: z.unknown().optional() }),
  ],
  { error: 'the role is user, assistant or system' },
)

export const systemMessages = (blocks: readonly z.output<typeof textBlocks>[number][]): Message[] =>
  blocks.map((block) => ({ role: 'system', content: block.text, ...marked(block.cache_control) }))

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
    } else parts.push(partOf(block))
  }
  say()
  return messages
}

function partOf({
  cache_control,
  ...block
}: z.output<typeof text | typeof image | typeof foreign>): UserPart {
  const own = block.type === 'image' ? block.source : block
  return { ...own, ...marked(cache_control) }
}

const toolMessage = ({
  tool_use_id,
  content,
  is_error,
  cache_control,
}: z.output<typeof toolResult>): Message => ({
  role: 'tool',
  toolCallId: tool_use_id,
  content: toolText((content ?? []).map(partOf)),
  ...(is_error ? { isError: true } : {}),
  ...marked(cache_control),
})

/** Ours have no signature: only the provider's own can be sent back to it. */
const isSigned = ({ signature, data }: JsonObject): boolean =>
  [signature, data].some((proof) => typeof proof === 'string' && proof !== '')

/**
 * What is signed, in its order. Words between two thoughts stand there with them: a turn that is sent in another order is
 * refused, for its thoughts were changed.
 */
function thoughtsOf(blocks: z.output<typeof assistantBlocks>): JsonObject[] {
  const isThought = (block: JsonObject): boolean =>
    block.type !== 'text' && block.type !== 'tool_use' && isSigned(block)
  const own = blocks as JsonObject[]
  const thoughts = own.filter(isThought)
  const first = own.findIndex(isThought)
  const words = own.findIndex(({ type, text: said }) => type === 'text' && String(said).trim() !== '')
  const inOrder = words === -1 || own.slice(words).every((block) => !isThought(block))
  if (first === -1 || inOrder) return thoughts
  return own.flatMap((block): JsonObject[] => {
    const { type, text: said = '' } = block
    if (type === 'text') return String(said).trim() === '' ? [] : [{ type, text: said }]
    return isThought(block) ? [block] : []
  })
}

/** A turn of nothing but thoughts has no content. */
function assistantMessages(blocks: z.output<typeof assistantBlocks>): Message[] {
  const texts = blocks.flatMap((block) => (block.type === 'text' ? [block.text] : []))
  const toolCalls = blocks.flatMap((block): ToolCall[] =>
    block.type === 'tool_use' ? [{ id: block.id, name: block.name, arguments: block.input }] : [],
  )
  if (texts.length === 0 && toolCalls.length === 0) return []
  const thinking = thoughtsOf(blocks)
  const unsigned = blocks.flatMap((block) =>
    block.type === 'thinking' && !isSigned(block as JsonObject) ? [String(block.thinking ?? '')] : [],
  )
  const reasoning = toolCalls.length === 0 ? '' : unsigned.join('')
  const mark = blocks.findLast((block) => block.cache_control)?.cache_control
  return [
    {
      role: 'assistant',
      content: texts.join(''),
      ...(toolCalls.length === 0 ? {} : { toolCalls }),
      ...(thinking.length === 0 ? {} : { thinking }),
      ...(reasoning === '' ? {} : { reasoning }),
      ...marked(mark as JsonObject | undefined),
    },
  ]
}
