/** Anthropic's sealed thoughts: `thinking` with a signature, and `redacted_thinking`. What else is named so is not sent. */
import type { JsonObject } from '../../../domain/request/json'
import { type OpaqueBlock, opaqueOf } from '../../../domain/request/opaque'
import type { AssistantMessage } from '../../../domain/request/request'
import type { StreamEvent } from '../../../domain/streaming/answer'

const API = 'anthropic-messages'

/** A block of an answer, as an event; nothing where it is sealed by nobody. */
export const blockEvent = (block: JsonObject): StreamEvent[] =>
  isSealed({ api: API, block }) ? [{ type: 'opaque', block: { api: API, block } }] : []

const isFilled = (value: unknown): boolean => typeof value === 'string' && value !== ''

/** Words of its own would be said to the model by whoever sends a block: it holds a thought alone. */
const isSealed = ({ api, block }: OpaqueBlock): boolean =>
  api === API &&
  ((block.type === 'thinking' && typeof block.thinking === 'string' && isFilled(block.signature)) ||
    (block.type === 'redacted_thinking' && isFilled(block.data)))

export const blocksOf = (message: AssistantMessage): OpaqueBlock[] => opaqueOf(message).filter(isSealed)
