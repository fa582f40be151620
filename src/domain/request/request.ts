/**
 * What a caller asks for, in no provider's dialect. `src/formats/outbound` turns it into each wire format.
 * Plain JSON: it stands in the workflow's input.
 */
import type { JsonObject } from './json'

export type Message = SystemMessage | UserMessage | AssistantMessage | ToolMessage

export interface SystemMessage extends Cacheable {
  role: 'system'
  content: string
}

/** What stands up to here may be kept in a provider's prompt cache: Anthropic's `cache_control`, other formats leave it out. */
export interface Cacheable {
  cacheControl?: JsonObject | undefined
}

export interface UserMessage {
  role: 'user'
  content: string | UserPart[]
}

export type UserPart = Cacheable &
  (
    | { type: 'text'; text: string }
    /** An image by http(s) URL. */
    | { type: 'image'; url: string }
    /** An image as base64, `mediaType` e.g. `image/png`. */
    | { type: 'image'; data: string; mediaType: string }
    | ForeignPart
  )

/** What only some formats have a word for (a document, a file, sound): in the words of one of them. */
export interface ForeignPart {
  type: 'foreign'
  api: 'openai-chat' | 'anthropic-messages'
  block: JsonObject
}

export interface AssistantMessage {
  role: 'assistant'
  content: string
  toolCalls?: ToolCall[] | undefined
  /**
   * Signed thoughts as Anthropic's blocks: for its format alone, never made into text. Where words stand between them,
   * all of `content` is among them, in its order.
   */
  thinking?: JsonObject[] | undefined
  /** Thoughts without a signature, for the models that ask for them behind their tool calls; never told to others. */
  reasoning?: string | undefined
}

/** What a tool returned for one call of the assistant's: text, or text and images. */
export interface ToolMessage extends Cacheable {
  role: 'tool'
  toolCallId: string
  content: string | UserPart[]
  isError?: boolean | undefined
}

export interface ToolCall {
  id: string
  name: string
  /** The arguments, parsed. */
  arguments: JsonObject
}

export interface Tool extends Cacheable {
  name: string
  description?: string | undefined
  /** JSON Schema of the arguments. */
  parameters: JsonObject
  /** Anthropic's own (a shell, an editor), which the caller runs: its words for it, for its format alone. */
  own?: JsonObject | undefined
}

export type ToolChoice = 'auto' | 'none' | 'required' | { tool: string }

/** The answer must be JSON that satisfies `schema`. */
export interface OutputSchema {
  name: string
  schema: JsonObject
}

/** Parameters that change the output. All optional: absent means the provider's own default. */
export interface Params {
  maxTokens?: number | undefined
  temperature?: number | undefined
  topP?: number | undefined
  stop?: string[] | undefined
  seed?: number | undefined
  /** Larger is more against words that were said already; -2 to 2, 0 is none. */
  frequencyPenalty?: number | undefined
  presencePenalty?: number | undefined
  /** So many of the likeliest tokens are chosen from. */
  topK?: number | undefined
  /** By the ids of tokens, which each family of models counts in its own way; -100 to 100. */
  logitBias?: { [token: string]: number } | undefined
  /** false: at most one tool call an answer. */
  parallelToolCalls?: boolean | undefined
  reasoningEffort?: ReasoningEffort | undefined
  /** Anthropic's own `thinking`, for its format; the others go by `reasoningEffort`. */
  thinking?: JsonObject | undefined
  /** Laid under the body of the provider of that name: what the format writes itself wins. */
  providerOptions?: { [provider: string]: JsonObject } | undefined
  hints?: Hints | undefined
}

export const REASONING_EFFORTS = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'] as const

export type ReasoningEffort = (typeof REASONING_EFFORTS)[number]

/**
 * Fields of a client's body that change nothing of the answer (labels, cache keys, tiers): passed on to the API whose
 * fields they are, and left out elsewhere. No part of a request's identity in the cache.
 */
export interface Hints {
  /** Whose fields they are. */
  api: 'openai-chat' | 'anthropic-messages'
  fields: JsonObject
  /** Lower-case names. */
  headers?: { [name: string]: string } | undefined
}

export interface GenerationRequest {
  messages: Message[]
  params?: Params | undefined
  tools?: Tool[] | undefined
  toolChoice?: ToolChoice | undefined
  output?: OutputSchema | undefined
}
