/**
 * What is read of a call of the AI SDK's, in version 3 of its specification (AI SDK 6) and in version 4 (AI SDK 7). The
 * two differ in what a file's data looks like, in parts of a prompt, in the types of JSON, and in the field `reasoning`.
 */
import type { LanguageModelV3CallOptions } from '@ai-sdk/provider'

export interface CallOptions
  extends Pick<
    LanguageModelV3CallOptions,
    | 'maxOutputTokens'
    | 'temperature'
    | 'stopSequences'
    | 'topP'
    | 'topK'
    | 'presencePenalty'
    | 'frequencyPenalty'
    | 'seed'
    | 'toolChoice'
    | 'responseFormat'
    | 'abortSignal'
  > {
  prompt: PromptMessage[]
  tools?: CallTool[]
  providerOptions?: { [provider: string]: { readonly [option: string]: unknown } }
  /** Of version 4. */
  reasoning?: 'provider-default' | 'none' | 'minimal' | 'low' | 'medium' | 'high' | 'xhigh' | 'max'
}

export type PromptMessage =
  | { role: 'system'; content: string }
  | { role: 'user'; content: UserPart[] }
  | { role: 'assistant'; content: AssistantPart[] }
  | { role: 'tool'; content: (ToolResultPart | { type: 'tool-approval-response' })[] }

export type UserPart = TextPart | FilePart

export interface TextPart {
  type: 'text'
  text: string
}

export interface FilePart {
  type: 'file'
  /** Version 4 may write `image` for what version 3 calls `image/*`. */
  mediaType: string
  data: FileData
}

/** Version 4 says which of them it is. */
export type FileData =
  | Uint8Array
  | string
  | URL
  | { type: 'data'; data: Uint8Array | string }
  | { type: 'url'; url: URL }
  | { type: 'text' | 'reference' }

export type AssistantPart =
  | TextPart
  | { type: 'tool-call'; toolCallId: string; toolName: string; input: unknown }
  | ReasoningPart
  | { type: 'reasoning-file' | 'file' | 'tool-result' | 'custom' }

export interface ReasoningPart {
  type: 'reasoning'
  /** What came with it as its metadata. */
  providerOptions?: { [provider: string]: { readonly [option: string]: unknown } }
}

export interface ToolResultPart {
  type: 'tool-result'
  toolCallId: string
  output: ToolResultOutput
}

export type ToolResultOutput =
  | { type: 'text' | 'error-text'; value: string }
  | { type: 'json' | 'error-json'; value: unknown }
  | { type: 'execution-denied'; reason?: string }
  | { type: 'content'; value: (TextPart | { type: string })[] }

export type CallTool =
  | { type: 'function'; name: string; description?: string; inputSchema: object }
  | { type: 'provider'; id: string }
