/** Reasoning items with `encrypted_content`: what else is named so is not sent. */
import type { JsonObject } from '../../../domain/request/json'
import type { OpaqueBlock } from '../../../domain/request/opaque'
import type { StreamEvent } from '../../../domain/streaming/answer'

const API = 'openai-responses'

const FIELDS: ReadonlySet<string> = new Set([
  'type',
  'id',
  'status',
  'summary',
  'content',
  'encrypted_content',
])

/** An item that has no more than its id means what is kept at the provider: it may be anybody's. */
export const isSealed = ({ api, block }: OpaqueBlock): boolean =>
  api === API &&
  block.type === 'reasoning' &&
  typeof block.encrypted_content === 'string' &&
  block.encrypted_content !== '' &&
  Object.keys(block).every((name) => FIELDS.has(name))

/** An item of an answer, as an event; nothing where it is sealed by nobody. */
export function blockEvent(item: JsonObject): StreamEvent[] {
  const block = Object.fromEntries(Object.entries(item).filter(([name]) => FIELDS.has(name)))
  return isSealed({ api: API, block }) ? [{ type: 'opaque', block: { api: API, block } }] : []
}
