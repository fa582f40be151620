/**
 * Anthropic's turns -> our messages. A user's turn may hold tool results beside its own words: each result becomes
 * a message of its own, in the order of the blocks. Of thinking what is sealed is kept, for its maker alone; the rest is
 * dropped, and so are citations.
 */
import { z } from 'zod'
import type { JsonObject } from '../../../domain/request/json'
import type { OpaqueBlock } from '../../../domain/request/opaque'
import type { Message, ToolCall, UserPart } from '../../../domain/request/request'
import { toolArguments } from '../arguments'
import { cacheMark, marked, optionalText, toolText, userContent } from '../body'
import { imageBytes, imageOf } from '../images'
import { gathering, unwrap } from '../opaque'
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

/** What proves whose a thought is: its signature, or all of it. Ours have none where no provider gave one. */
const proofOf = ({ signature, data }: JsonObject): string | null =>
  [signature, data].find((proof): proof is string => typeof proof === 'string' && proof !== '') ?? null

/** Sealed thoughts, each with what of the turn comes before it; those of an unknown maker are Anthropic's. */
function sealedIn(blocks: z.output<typeof assistantBlocks>): OpaqueBlock[] {
  const gathered = gathering()
  const here = { text: 0, calls: 0 }
  for (const block of blocks) {
    if (block.type === 'text') here.text += block.text.length
    else if (block.type === 'tool_use') here.calls += 1
    else {
      const thought = block as JsonObject
      const proof = proofOf(thought)
      const own = unwrap(proof)
      // A signature of ours leaves out the text that it signs: it stands beside it.
      const isText = own?.type === 'block' && own.block.block.type === 'thinking'
      if (own !== null) gathered.add(own, { ...here }, isText ? { thinking: thought.thinking ?? '' } : {})
      else if (proof !== null)
        gathered.addForeign({ api: 'anthropic-messages', block: thought, at: { ...here } })
    }
  }
  return gathered.blocks()
}

/** A turn of nothing but thoughts has no content. */
function assistantMessages(blocks: z.output<typeof assistantBlocks>): Message[] {
  const texts = blocks.flatMap((block) => (block.type === 'text' ? [block.text] : []))
  const toolCalls = blocks.flatMap((block): ToolCall[] =>
    block.type === 'tool_use' ? [{ id: block.id, name: block.name, arguments: block.input }] : [],
  )
  if (texts.length === 0 && toolCalls.length === 0) return []
  const opaque = sealedIn(blocks)
  const unsigned = blocks.flatMap((block) =>
    block.type === 'thinking' && proofOf(block as JsonObject) === null ? [String(block.thinking ?? '')] : [],
  )
  const reasoning = toolCalls.length === 0 ? '' : unsigned.join('')
  const mark = blocks.findLast((block) => block.cache_control)?.cache_control
  return [
    {
      role: 'assistant',
      content: texts.join(''),
      ...(toolCalls.length === 0 ? {} : { toolCalls }),
      ...(opaque.length === 0 ? {} : { opaque }),
      ...(reasoning === '' ? {} : { reasoning }),
      ...marked(mark as JsonObject | undefined),
    },
  ]
}
