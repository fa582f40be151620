/**
 * `input` of the Responses API -> our messages. What a model said, and the calls that it made, are items of their own there:
 * those that stand together become one message.
 *
 * OPENAI-RESPONSES-INPUT-1 Of reasoning items those are taken whose encrypted content an answer here had; others are let pass
 *    and left out: who made them is not known here, and thoughts are no part of what was said.
 * OPENAI-RESPONSES-INPUT-2 What no other format has a word for (an earlier item by its id, calls of tools that OpenAI
 *    runs) is refused by its type.
 */
import { z } from 'zod'
import type { JsonObject } from '../../../domain/request/json'
import type { AssistantMessage, Message, ToolCall, UserPart } from '../../../domain/request/request'
import { isObject } from '../../outbound/json'
import { toolArguments } from '../arguments'
import { optionalText, toolText, userContent } from '../body'
import { imageOf } from '../images'
import { gathering, type Unwrapped, unwrap } from '../opaque'
import { asParts, asResult } from '../parts'
import { CUSTOM_INPUT, flatName, type Offered, offeredTool, SEARCH } from './tools'

const CONTENT = 'text, or a list of parts, is needed'

const text = z.object({ type: z.literal('text'), text: z.string() })
const refusal = z.object({ type: z.literal('refusal'), refusal: z.string() })

const image = z
  .object({ type: z.literal('image_url'), image_url: optionalText, file_id: optionalText })
  .transform(({ image_url, file_id }, context): UserPart => {
    const part = image_url ? imageOf(image_url) : null
    if (part !== null) return part
    const message = file_id
      ? 'a file is OpenAI’s alone: send the image as image_url'
      : 'image_url: an http(s) URL, or data:image/…;base64,… of an image is needed'
    context.addIssue({ code: 'custom', message })
    return z.NEVER
  })

/** In the words of chat completions, which have the same file without a URL. */
const file = z
  .object({
    type: z.literal('input_file'),
    file_data: optionalText,
    file_id: optionalText,
    filename: optionalText,
  })
  .transform(({ file_data, file_id, filename }, context): UserPart => {
    const given = Object.entries({ file_data, file_id, filename }).filter(([, value]) => value)
    if (file_data || file_id)
      return {
        type: 'foreign',
        api: 'openai-chat',
        block: { type: 'file', file: Object.fromEntries(given) } as JsonObject,
      }
    context.addIssue({ code: 'custom', message: 'file_data (a data URL) or file_id is needed' })
    return z.NEVER
  })

type Part = z.output<typeof text> | z.output<typeof image> | z.output<typeof file>

const partsOf = <S extends z.ZodType>(part: S) => z.preprocess(asParts, z.array(part, CONTENT))

const shown = partsOf(
  z.union([text, image, file], { error: 'only input_text, input_image and input_file are known' }),
)
const said = partsOf(z.union([text, refusal], { error: 'only output_text and refusal can stand here' }))
const plain = partsOf(z.union([text], { error: 'only input_text can stand here' }))
const returned = z.preprocess(
  asResult,
  z.array(
    z.union([text, image, file], { error: 'only input_text, input_image and input_file are known' }),
    CONTENT,
  ),
)

const textOf = (parts: readonly (z.output<typeof text> | z.output<typeof refusal>)[]): string =>
  parts.map((part) => (part.type === 'text' ? part.text : part.refusal)).join('')

const message = z.discriminatedUnion(
  'role',
  [
    z.object({ role: z.literal(['system', 'developer']), content: plain }),
    z.object({ role: z.literal('user'), content: shown }),
    z.object({ role: z.literal('assistant'), content: said }),
  ],
  { error: 'the role is user, assistant, system or developer' },
)

const id = z.string().min(1)
const named = { call_id: id, name: z.string().min(1), namespace: optionalText }
const call = z.object({ ...named, arguments: toolArguments })
const customCall = z
  .object({ ...named, input: z.string() })
  .transform(({ input, ...one }) => ({ ...one, arguments: { [CUSTOM_INPUT]: input } }))
const output = z.object({ call_id: id, output: returned })
/** Without an id it was OpenAI's own search. */
const search = z.object({ call_id: optionalText, arguments: toolArguments })
const tools = z.array(offeredTool)

/** OPENAI-RESPONSES-INPUT-1 */
const reasoning = z
  .object({ encrypted_content: z.unknown() })
  .transform(({ encrypted_content: content }) => ({
    thought: unwrap(content),
  }))

const ITEMS = {
  message,
  function_call: call,
  function_call_output: output,
  custom_tool_call: customCall,
  custom_tool_call_output: output,
  tool_search_call: search,
  tool_search_output: z.object({ call_id: optionalText, tools }),
  additional_tools: z.object({ tools }),
  reasoning,
} as const

type Item = { [T in keyof typeof ITEMS]: { type: T } & z.output<(typeof ITEMS)[T]> }[keyof typeof ITEMS]

const item = z.unknown().transform((given, context): Item | null => {
  const fail = (why: string, path: PropertyKey[] = []) => {
    context.addIssue({ code: 'custom', message: why, path })
    return z.NEVER
  }
  if (!isObject(given)) return fail('an item is an object')
  const { type = 'message' } = given
  const schema = Object.hasOwn(ITEMS, String(type)) ? ITEMS[type as keyof typeof ITEMS] : undefined
  if (schema === undefined) return fail(refused(String(type)), ['type'])
  const read = schema.safeParse(given)
  if (read.success) return { type, ...read.data } as Item
  for (const { message: why, path } of read.error.issues) fail(why, path)
  return z.NEVER
})

/** OPENAI-RESPONSES-INPUT-2 */
const refused = (type: string): string =>
  type === 'item_reference'
    ? 'an item by its id is not known here: send the item itself'
    : `items of type ${type.slice(0, 60)} have no place in other formats: known are ${Object.keys(ITEMS).join(', ')}`

export interface Input {
  messages: Message[]
  /** Tools that came on the way. */
  offered: Offered[]
}

/** Text alone is one message of the user's. */
export const inputSchema = z.preprocess(
  (given) => (typeof given === 'string' ? [{ role: 'user', content: given }] : given),
  z.array(item, { error: 'text, or a list of items, is needed' }).transform((items): Input => {
    const known = items.filter((one) => one !== null)
    return {
      messages: messagesOf(known),
      offered: known.flatMap((one) => ('tools' in one ? one.tools : [])),
    }
  }),
)

function messagesOf(items: readonly Item[]): Message[] {
  const messages: Message[] = []
  /** What the model says goes on in its last message, until another role follows. */
  const assistant = (): AssistantMessage => {
    const last = messages.at(-1)
    if (last?.role === 'assistant') return last
    thoughts = gathering()
    const next: AssistantMessage = { role: 'assistant', content: '' }
    messages.push(next)
    return next
  }
  let thoughts = gathering()
  const think = (thought: Unwrapped): void => {
    const message = assistant()
    thoughts.add(thought, { text: message.content.length, calls: message.toolCalls?.length ?? 0 })
    message.opaque = thoughts.blocks()
  }
  const calls = (call: ToolCall): void => {
    assistant().toolCalls = [...(assistant().toolCalls ?? []), call]
  }
  for (const one of items)
    switch (one.type) {
      case 'reasoning':
        if (one.thought !== null) think(one.thought)
        break
      case 'function_call':
      case 'custom_tool_call':
        calls({ id: one.call_id, name: flatName(one.name, one.namespace), arguments: one.arguments })
        break
      case 'tool_search_call':
        if (one.call_id) calls({ id: one.call_id, name: SEARCH, arguments: one.arguments })
        break
      case 'tool_search_output':
        if (one.call_id) messages.push({ role: 'tool', toolCallId: one.call_id, content: foundIn(one.tools) })
        break
      case 'additional_tools':
        break
      case 'function_call_output':
      case 'custom_tool_call_output':
        messages.push({ role: 'tool', toolCallId: one.call_id, content: toolText(one.output.map(partOf)) })
        break
      case 'message':
        if (one.role === 'assistant') assistant().content += textOf(one.content)
        else if (one.role === 'user')
          messages.push({ role: 'user', content: userContent(one.content.map(partOf)) })
        else messages.push({ role: 'system', content: one.content.map((part) => part.text).join('\n') })
    }
  // An item that is void, or the end of an answer that was cut, is no message.
  return messages.flatMap((one) => (one.role === 'assistant' ? withoutNothing(one) : [one]))
}

function withoutNothing({ opaque = [], ...message }: AssistantMessage): Message[] {
  if (opaque.length > 0) return isSilent(message) ? [] : [{ ...message, opaque }]
  return [message]
}

const isSilent = ({ content, toolCalls = [] }: AssistantMessage): boolean =>
  content === '' && toolCalls.length === 0

/** By the names that they are offered by. */
const foundIn = (offered: readonly Offered[]): string => {
  const names = offered.flatMap(({ tools }) => tools.map(({ name }) => name))
  return names.length === 0 ? 'No tool found' : names.map((name) => `Tool loaded: ${name}`).join('\n')
}

const partOf = (part: Part): UserPart => part
