/**
 * What callers' histories hold and servers refuse, mended where nothing is lost by it.
 *
 * P1 The same history is mended in the same way each time: providers' prompt caches go by the bytes.
 * P2 A tool call and its results keep one id, and two calls never get the same one.
 */
import type { JsonObject } from '../domain/json'
import type { Message, UserPart } from '../domain/request'
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

/** P2 */
export function withIds(messages: readonly Message[], { fits, make }: IdRule): Message[] {
  const given = messages.flatMap((message) =>
    message.role === 'assistant'
      ? (message.toolCalls ?? []).map(({ id }) => id)
      : message.role === 'tool'
        ? [message.toolCallId]
        : [],
  )
  if (given.every((id) => fits.test(id))) return [...messages]
  const taken = new Set(given.filter((id) => fits.test(id)))
  const known = new Map<string, string>()
  const idOf = (id: string): string => {
    if (fits.test(id)) return id
    const before = known.get(id)
    if (before !== undefined) return before
    let own = make(id, 0)
    for (let n = 1; taken.has(own); n += 1) own = make(id, n)
    taken.add(own)
    known.set(id, own)
    return own
  }
  return messages.map((message): Message => {
    if (message.role === 'tool') return { ...message, toolCallId: idOf(message.toolCallId) }
    if (message.role !== 'assistant' || !message.toolCalls?.length) return message
    return { ...message, toolCalls: message.toolCalls.map((call) => ({ ...call, id: idOf(call.id) })) }
  })
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

/** The name that is registered, for one that is often written. */
export const mediaTypeOf = (mediaType: string): string =>
  mediaType.toLowerCase() === 'image/jpg' ? 'image/jpeg' : mediaType.toLowerCase()

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
