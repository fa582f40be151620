/** Sealed thoughts as Bedrock's blocks: `reasoningContent` with a signed text, or with what is hidden. No other block is sent back. */
import type { JsonObject } from '../../../domain/request/json'
import { type OpaqueBlock, opaqueOf } from '../../../domain/request/opaque'
import type { AssistantMessage } from '../../../domain/request/request'
import { isObject } from '../json'

const API = 'bedrock'

const isFilled = (value: unknown): value is string => typeof value === 'string' && value !== ''

interface Thought {
  text?: string | null | undefined
  signature?: string | null | undefined
  redactedContent?: string | null | undefined
}

/** null: nothing of it is sealed, so that nothing distinguishes it from words of the caller's. */
export function blockOf({ text, signature, redactedContent }: Thought): Omit<OpaqueBlock, 'at'> | null {
  if (isFilled(redactedContent)) return { api: API, block: { reasoningContent: { redactedContent } } }
  if (!isFilled(signature)) return null
  return { api: API, block: { reasoningContent: { reasoningText: { text: text ?? '', signature } } } }
}

const thoughtIn = ({ reasoningContent, ...more }: JsonObject): Thought | null => {
  if (!isObject(reasoningContent) || Object.keys(more).length > 0) return null
  const { reasoningText, redactedContent, ...others } = reasoningContent
  if (Object.keys(others).length > 0) return null
  if (!isObject(reasoningText)) return { redactedContent } as Thought
  const { text, signature, ...words } = reasoningText
  const isThought =
    typeof text === 'string' && Object.keys(words).length === 0 && redactedContent === undefined
  return isThought ? ({ text, signature } as Thought) : null
}

export const blocksOf = (message: AssistantMessage): OpaqueBlock[] =>
  opaqueOf(message).filter(({ api, block }) => {
    const thought = api === API ? thoughtIn(block) : null
    return thought !== null && blockOf(thought) !== null
  })

/** The same thoughts in Anthropic's words: for the rules of its models, and never sent. */
export const inAnthropicsWords = (message: AssistantMessage): AssistantMessage => ({
  ...message,
  thinking: undefined,
  opaque: blocksOf(message).map(({ block }) => {
    const { text = '', signature = '', redactedContent } = thoughtIn(block) ?? {}
    return {
      api: 'anthropic-messages',
      block: isFilled(redactedContent)
        ? { type: 'redacted_thinking', data: redactedContent }
        : { type: 'thinking', thinking: text ?? '', signature: signature ?? '' },
    }
  }),
})
