/**
 * A caller's request, in no provider's dialect. `src/formats/outbound` turns it into each wire format.
 * Plain JSON: it stands in the workflow's input.
 */
import type { JsonObject } from './json'
import type { OpaqueBlock } from './opaque'

export type Message = SystemMessage | UserMessage | AssistantMessage | ToolMessage

/** What stands up to here may be kept in a provider's prompt cache: Anthropic's `cache_control`, other formats leave it out. */
export interface Cacheable {
  /** Anthropic's words, e.g. `{ type: 'ephemeral', ttl: '1h' }`. Default: not marked. */
  cacheControl?: JsonObject | undefined
}

export interface SystemMessage extends Cacheable {
  /** Instructions to the model, wherever they stand among the messages. */
  role: 'system'
  /** The instructions as text. */
  content: string
  /** Of this request alone: one that goes on from its answer leaves them out. Default: false. */
  onlyHere?: boolean | undefined
}

export interface UserMessage {
  /** What a person says or shows. */
  role: 'user'
  /** Text, or a list of parts; one part at least. */
  content: string | UserPart[]
}

export type UserPart = TextPart | ImageUrlPart | ImageDataPart | ForeignPart

export interface TextPart extends Cacheable {
  /** Text. */
  type: 'text'
  /** The text itself. */
  text: string
}

/** An image by its address: the provider fetches it. */
export interface ImageUrlPart extends Cacheable {
  /** An image. */
  type: 'image'
  /** An http or https URL that the provider can reach. */
  url: string
}

/** An image that the request carries. */
export interface ImageDataPart extends Cacheable {
  /** An image. */
  type: 'image'
  /** The image in base64. A whole request has at most 1.9 MiB, with a payload store 25. */
  data: string
  /** For example `image/png`. */
  mediaType: string
}

/** What only some formats have a word for (a document, a file, sound): in the words of one of them. */
export interface ForeignPart extends Cacheable {
  /** A block of a provider's own. */
  type: 'foreign'
  /** Whose words it is in. A candidate of another format gets it in that one's words, or is not called where it has none. */
  api: 'openai-chat' | 'anthropic-messages'
  /** The block as that API takes it. */
  block: JsonObject
}

export interface AssistantMessage extends Cacheable {
  /** What a model has answered before. */
  role: 'assistant'
  /** The answer's text; empty where it has tool calls alone. */
  content: string
  /** The calls that the answer made. Default: none. */
  toolCalls?: ToolCall[] | undefined
  /**
   * `opaque` of the answer that this was, as it came: thoughts that only their maker can read, each returned to it alone.
   * Default: none.
   */
  opaque?: OpaqueBlock[] | undefined
  /**
   * The older field for signed thoughts, as Anthropic's blocks. Where words stand between them, all of `content` is among
   * them, in its order. Default: none.
   */
  thinking?: JsonObject[] | undefined
  /**
   * Thoughts without a signature, for the models that require them behind their tool calls; never sent to others.
   * Default: none.
   */
  reasoning?: string | undefined
}

/** What a tool returned for one call of the assistant's: text, or text and images. */
export interface ToolMessage extends Cacheable {
  /** What a tool has returned. */
  role: 'tool'
  /** The `id` of the call that this answers. */
  toolCallId: string
  /** Text, or a list of parts; one part at least. */
  content: string | UserPart[]
  /** true: the tool failed, and `content` says why. Default: false. */
  isError?: boolean | undefined
}

export interface ToolCall {
  /** The provider's name for this call: `toolCallId` of what is returned. */
  id: string
  /** The tool's name. */
  name: string
  /** The arguments, parsed. */
  arguments: JsonObject
}

export interface Tool extends Cacheable {
  /** By which the model calls it: letters, digits, `_` and `-` suit all providers. */
  name: string
  /** What it does, for the model. Default: none. */
  description?: string | undefined
  /** JSON Schema of the arguments. */
  parameters: JsonObject
  /** Anthropic's own (a shell, an editor), which the caller runs: its words for it, for its format alone. Default: none. */
  own?: JsonObject | undefined
  /** Further fields of Anthropic's (`input_examples`, `defer_loading`), for its format; left out elsewhere. Default: none. */
  extras?: JsonObject | undefined
  /** How a client of the Responses API calls it, where that is no plain function of this name. Default: that. */
  calledAs?: CalledAs | undefined
}

/** A tool of the Responses API: what its calls are there. */
export interface CalledAs {
  /** The items that its calls are. */
  type: 'function' | 'custom' | 'tool_search'
  /** Its name there. */
  name: string
  /** The namespace that it is from. Default: none. */
  namespace?: string | undefined
}

/** `auto`: as the model likes; `none`; `required`: any one; or the one of this name. */
export type ToolChoice =
  | 'auto'
  | 'none'
  | 'required'
  | {
      /** The name of the tool that has to be called. */
      tool: string
    }

/** The answer must be JSON that satisfies `schema`. */
export interface OutputSchema {
  /** Its name as sent to providers: letters, digits, `_` and `-`, at most 64. */
  name: string
  /** JSON Schema of the answer. */
  schema: JsonObject
}

/** Parameters that change the output. All optional: absent means the candidate's in the config, else the provider's own default. */
export interface Params {
  /** Tokens of the answer at most. Default: the provider's; where its API insists on a number, 8,192 and room for thoughts. */
  maxTokens?: number | undefined
  /** 0 (the likeliest words) to 2. Default: the provider's. */
  temperature?: number | undefined
  /** 0 to 1: from the likeliest tokens that have this probability together. Default: the provider's. */
  topP?: number | undefined
  /** Texts at which the answer ends, 16 at most. Default: none. */
  stop?: string[] | undefined
  /** The same one makes the same answer likelier, with providers that take it. Default: none. */
  seed?: number | undefined
  /** Larger is more against words that were said already; -2 to 2. Default: the provider's, 0 is none. */
  frequencyPenalty?: number | undefined
  /** Larger is more for words that were not said yet; -2 to 2. Default: the provider's, 0 is none. */
  presencePenalty?: number | undefined
  /** So many of the likeliest tokens are chosen from. Default: the provider's. */
  topK?: number | undefined
  /** By the ids of tokens, which each family of models counts in its own way; -100 to 100. Default: none. */
  logitBias?: { [token: string]: number } | undefined
  /** false: at most one tool call an answer. Default: the provider's. */
  parallelToolCalls?: boolean | undefined
  /** How much the model thinks before it answers. Default: the provider's. */
  reasoningEffort?: ReasoningEffort | undefined
  /** Anthropic's own `thinking`, for its format; the others go by `reasoningEffort`. Default: none. */
  thinking?: JsonObject | undefined
  /** Laid under the body of the provider of that name: what the format writes itself wins. Default: nothing. */
  providerOptions?: { [provider: string]: JsonObject } | undefined
  /** Fields that change nothing of the answer. Default: none. */
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
  /** As that API's body has them. */
  fields: JsonObject
  /** Lower-case names. Default: none. */
  headers?: { [name: string]: string } | undefined
}

/** What is wanted in the place of words. */
export type Task =
  /** One vector of each input. */
  | EmbedTask
  /** How many tokens the request has. */
  | CountTask

export interface CountTask {
  /** Its tokens are counted. */
  type: 'count'
}

export interface EmbedTask {
  /** Vectors are made. */
  type: 'embed'
  /** Texts, or texts as the ids of their tokens, which each family of models counts in its own way. */
  input: EmbedInput[]
  /** How many numbers a vector is to have. Default: as many as the model's have. */
  dimensions?: number | undefined
}

export type EmbedInput = string | number[]

export interface GenerationRequest {
  /** The conversation so far, the oldest first; one that is no system message at least. None where vectors are wanted. */
  messages: Message[]
  /** Parameters that change the output. Default: the route's, then the provider's. */
  params?: Params | undefined
  /** What the model may call. Default: nothing. */
  tools?: Tool[] | undefined
  /** Whether it has to call one. Default: `auto`. */
  toolChoice?: ToolChoice | undefined
  /** The answer is JSON of this shape. Default: text. */
  output?: OutputSchema | undefined
  /** What is wanted in the place of words. Default: words. */
  task?: Task | undefined
  /**
   * This is an outline: the messages, and the inputs of vectors, stand in the payload store. No caller sends one. Default:
   * all of it stands here.
   */
  stored?: StoredContent | undefined
}

/** Where the rest of an outline stands, and what it is like (STORED-1 of stored.ts). */
export interface StoredContent {
  /** The store's name. */
  store: string
  /** The object's. */
  key: string
  /** As it is stored. */
  bytes: number
  /** Of all texts of the messages. */
  characters: number
  /** Do the messages hold any, or parts that only some formats have a word for? */
  images: boolean
  /** An estimate, of the whole request. */
  inputTokens: number
}

/** The inputs whose vectors are wanted; null: none are. */
export const embedTaskOf = ({ task }: Pick<GenerationRequest, 'task'>): EmbedTask | null =>
  task?.type === 'embed' ? task : null
