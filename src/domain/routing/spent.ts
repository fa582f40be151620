/**
 * What an attempt has used at its provider, where the provider has not reported all of it.
 *
 * SPENT-1 An estimate stands beside what was reported, never in its place: who adds up knows which is which.
 * SPENT-2 What a provider has reported is never estimated lower.
 */
import { embedTaskOf, type GenerationRequest, type Message, type UserPart } from '../request/request'
import type { Usage } from '../streaming/answer'

/** What of an answer had come when its call ended, or when its worker last reported. */
export interface Received {
  /** Of its text, its thoughts and its tool calls. */
  characters: number
  /** As far as it was reported by then; null: not at all. */
  usage: Usage | null
}

export const NOTHING_RECEIVED: Received = { characters: 0, usage: null }

/** What is known of an attempt beside its `usage`. Neither: `usage` is all of it, or an earlier build made the record. */
export interface Spent {
  /** It has not reached a model: no connection, a refusal. No provider charges for that. */
  unbilled?: true | undefined
  /** What it may have used, where not all of it was reported. */
  estimate?: Usage | undefined
}

export const UNBILLED: Spent = { unbilled: true }

/** English prose has about four; code and most other languages fewer, so that they have more tokens than this says. */
const CHARACTERS_PER_TOKEN = 4
/** Of the same order as what providers count for one of a screen's size. */
const TOKENS_PER_IMAGE = 1_000

export const tokensOf = (characters: number): number => Math.ceil(characters / CHARACTERS_PER_TOKEN)

/** SPENT-2 */
export function estimateOf(request: GenerationRequest, { characters, usage }: Received): Usage {
  const outputTokens = Math.max(tokensOf(characters), usage?.outputTokens ?? 0)
  // Of what makes vectors nothing comes before the end, and has no price.
  return usage === null
    ? { inputTokens: inputTokensOf(request), outputTokens }
    : { ...usage, inputTokens: usage.inputTokens || inputTokensOf(request), outputTokens }
}

/** Of all that is sent; an outline says it of the whole request. */
export function inputTokensOf(request: GenerationRequest): number {
  if (request.stored !== undefined) return request.stored.inputTokens
  const { messages, tools = [], output } = request
  const parts = messages.flatMap(partsOf)
  const given = [...tools.map(({ name, description, parameters }) => [name, description, parameters])]
  const extra = output === undefined ? given : [...given, output.schema]
  const images = parts.filter(({ type }) => type === 'image').length
  const characters =
    parts.reduce((sum, part) => sum + charactersOf(part), 0) +
    extra.reduce<number>((sum, one) => sum + JSON.stringify(one).length, 0) +
    messages.reduce((sum, message) => sum + callCharacters(message), 0)
  const vectors = (embedTaskOf(request)?.input ?? []).reduce<number>(
    (sum, one) => sum + (typeof one === 'string' ? tokensOf(one.length) : one.length),
    0,
  )
  return tokensOf(characters) + images * TOKENS_PER_IMAGE + vectors
}

const partsOf = ({ content }: Message): UserPart[] =>
  typeof content === 'string' ? [{ type: 'text', text: content }] : content

function charactersOf(part: UserPart): number {
  if (part.type === 'text') return part.text.length
  return part.type === 'image' ? 0 : JSON.stringify(part.block).length
}

const callCharacters = (message: Message): number =>
  message.role === 'assistant' && message.toolCalls !== undefined
    ? JSON.stringify(message.toolCalls).length
    : 0
