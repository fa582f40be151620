/**
 * What callers' histories hold and servers refuse, mended where nothing is lost by it.
 *
 * REPAIR-1 The same history is mended in the same way each time: providers' prompt caches go by the bytes.
 * REPAIR-2 A tool call and its results keep one id, and two calls never get the same one.
 */
import type { JsonObject } from '../../domain/request/json'
import type { Message, UserPart } from '../../domain/request/request'
import { isObject } from './json'

export interface IdRule {
  /** What an id may be. */
  fits: RegExp
  /** Another one in its place; `n` grows until it is free. */
  make(id: string, n: number): string
}

/** FNV-1a over the text, as so many letters and digits: short, and the same everywhere. */
function digest(text: string, length: number): string {
  let out = ''
  for (let round = 0; out.length < length; round += 1) {
    let hash = 0x811c9dc5 ^ round
    for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193)
    out += (hash >>> 0).toString(36).padStart(7, '0')
  }
  return out.slice(0, length)
}

/** OpenAI takes ids of at most 40 characters. */
export const OPENAI_IDS: IdRule = {
  fits: /^.{1,40}$/s,
  make: (id, n) => `call_${digest(`${id}:${n}`, 24)}`,
}

/** Mistral takes nine letters and digits. */
export const MISTRAL_IDS: IdRule = {
  fits: /^[a-zA-Z0-9]{9}$/,
  make: (id, n) => digest(`${id}:${n}`, 9),
}

/** Anthropic's pattern. What can be read of it stays, for whoever reads a log. */
export const ANTHROPIC_IDS: IdRule = {
  fits: /^[a-zA-Z0-9_-]{1,128}$/,
  make: (id, n) => `${id.replace(/[^a-zA-Z0-9_-]/g, '_').slice(0, 100) || 'call'}${n === 0 ? '' : `_${n}`}`,
}

export const MISTRAL_MODELS =
  /(?:^|[/:.])(?:open-)?(?:mi[sx]tral|ministral|codestral|pixtral|devstral|magistral|voxtral)/i

/**
 * REPAIR-2. A call whose id an earlier one has (some servers count anew in each answer) gets one of its own, and the results
 * behind it go along; several calls of one id share their results in order.
 */
export function withIds(messages: readonly Message[], { fits, make }: IdRule): Message[] {
  const given = messages.flatMap((message) => (message.role === 'assistant' ? (message.toolCalls ?? []) : []))
  const taken = new Set(given.map(({ id }) => id).filter((id) => fits.test(id)))
  const used = new Set<string>()
  /** What the calls of an id were given, those first that have no result yet. */
  const open = new Map<string, string[]>()
  const free = (id: string): string => {
    for (let n = 0; ; n += 1) {
      const own = make(id, n)
      if (!taken.has(own)) return own
    }
  }
  const callId = (id: string): string => {
    const own = fits.test(id) && !used.has(id) ? id : free(id)
    used.add(own)
    taken.add(own)
    return own
  }
  /** A result without a call. */
  const orphan = (id: string): string => (fits.test(id) ? id : make(id, 0))
  return messages.map((message): Message => {
    if (message.role === 'tool') {
      const [own, ...rest] = open.get(message.toolCallId) ?? []
      if (own === undefined) return { ...message, toolCallId: orphan(message.toolCallId) }
      if (rest.length > 0) open.set(message.toolCallId, rest)
      return { ...message, toolCallId: own }
    }
    if (message.role !== 'assistant' || !message.toolCalls?.length) return message
    for (const { id } of message.toolCalls) open.delete(id)
    const toolCalls = message.toolCalls.map((call) => {
      const id = callId(call.id)
      open.set(call.id, [...(open.get(call.id) ?? []), id])
      return { ...call, id }
    })
    return { ...message, toolCalls }
  })
}

/**
 * Each call's results right behind it, in the order of the calls: servers take no other. What stood between follows.
 * A result for which no call is found stays where it is.
 */
export function withResultsInPlace(messages: readonly Message[]): Message[] {
  const moved = new Set<Message>()
  const ordered: Message[] = []
  for (const [at, message] of messages.entries()) {
    if (moved.has(message)) continue
    ordered.push(message)
    if (message.role !== 'assistant') continue
    for (const { id } of message.toolCalls ?? [])
      for (const later of messages.slice(at + 1))
        if (later.role === 'tool' && later.toolCallId === id && !moved.has(later)) {
          moved.add(later)
          ordered.push(later)
        }
  }
  return ordered
}

/** What most servers refuse of tool calls and their results, or null: a call without a result, or the other way. */
export function unpaired(messages: readonly Message[]): string | null {
  const open = new Map<string, string>()
  for (const message of messages) {
    if (message.role === 'tool') {
      if (!open.delete(message.toolCallId))
        return `the tool result ${message.toolCallId} has no tool call right before it`
      continue
    }
    const [missing] = open.values()
    if (missing !== undefined) return `a call of the tool ${missing} has no result behind it`
    if (message.role === 'assistant') for (const { id, name } of message.toolCalls ?? []) open.set(id, name)
  }
  const [missing] = open.values()
  return missing === undefined ? null : `a call of the tool ${missing} has no result behind it`
}

const isEmptyPart = (part: UserPart): boolean => part.type === 'text' && part.text.trim() === ''

const withoutEmpty = (parts: UserPart[]): UserPart[] =>
  parts.every(isEmptyPart) ? parts : parts.filter((part) => !isEmptyPart(part))

/** Without messages of the assistant that say nothing, and parts without text beside others. */
export const withoutNothing = (messages: readonly Message[]): Message[] =>
  messages.flatMap((message): Message[] => {
    switch (message.role) {
      case 'assistant':
        return message.content.trim() === '' && !message.toolCalls?.length ? [] : [message]
      case 'user':
      case 'tool':
        return Array.isArray(message.content)
          ? [{ ...message, content: withoutEmpty(message.content) }]
          : [message]
      default:
        return message.content.trim() === '' ? [] : [message]
    }
  })

/** How files of images begin, in base64: many callers name another type than the bytes are of. */
const MAGIC: readonly [RegExp, string][] = [
  [/^iVBORw0KGgo/, 'image/png'],
  [/^\/9j\//, 'image/jpeg'],
  [/^R0lGOD/, 'image/gif'],
  [/^UklGR.{7}RUJQ/, 'image/webp'],
]

/** The media type by the bytes, where they show it. */
export const imageTypeOf = (data: string): string | null =>
  MAGIC.find(([beginning]) => beginning.test(data))?.[1] ?? null

/** The media type by the bytes where they show it, else the registered name for one that is often written. */
export function mediaTypeOf(mediaType: string, data = ''): string {
  const given = mediaType.toLowerCase()
  return imageTypeOf(data) ?? (given === 'image/jpg' || given === 'image/pjpeg' ? 'image/jpeg' : given)
}

/** Of a tool's arguments: an object that names its properties, without words that only name the schema's dialect. */
export function parametersOf({ $schema, $id, ...schema }: JsonObject): JsonObject {
  const described = ['$ref', 'anyOf', 'oneOf', 'allOf'].some((word) => word in schema)
  if (described) return schema
  return {
    ...schema,
    type: schema.type ?? 'object',
    properties: isObject(schema.properties) ? schema.properties : {},
  }
}

/** Any object will do: a type of its own, which more servers take than schemas. */
export const isAnyObject = ({ title, description, ...schema }: JsonObject): boolean =>
  schema.type === 'object' && Object.keys(schema).length === 1
