/**
 * Sealed thoughts in a client's own fields: a signature, encrypted content, redacted data. Clients send these back as they
 * came, and know of no maker: so it stands in the text that they carry.
 *
 * INBOUND-OPAQUE-1 A text of ours is PREFIX and base64url of JSON: the block, its maker and its place. Dots make it no base64:
 *    no provider's own text begins so.
 * INBOUND-OPAQUE-2 What begins so and can't be read is dropped: it is nobody's.
 * INBOUND-OPAQUE-3 VOID among an answer's blocks takes back those before it: they are of a call that was cut, and another
 *    one has answered.
 */
import { z } from 'zod'
import { type JsonObject, jsonTextExcess } from '../../domain/request/json'
import type { OpaqueBlock, OpaquePlace } from '../../domain/request/opaque'
import { isObject } from '../outbound/json'

const PREFIX = 'holdfast.1.'

const whole = z.int().min(0)

const sealed = z.object({
  api: z.string().min(1),
  maker: z.object({ provider: z.string(), account: z.string(), model: z.string() }),
  block: z.record(z.string(), z.json()),
  at: z.object({ text: whole, calls: whole }).optional(),
})

const encode = (value: unknown): string =>
  PREFIX + Buffer.from(JSON.stringify(value), 'utf8').toString('base64url')

/** INBOUND-OPAQUE-3 */
export const VOID = encode(null)

/** `without`: fields of the block that the client carries itself. */
export const wrap = (block: OpaqueBlock, without: readonly string[] = []): string =>
  encode({
    ...block,
    block: Object.fromEntries(Object.entries(block.block).filter(([name]) => !without.includes(name))),
  })

export type Unwrapped =
  | { type: 'block'; block: OpaqueBlock }
  | { type: 'void' }
  /** INBOUND-OPAQUE-2 */
  | { type: 'unreadable' }

/** null: none of ours. */
export function unwrap(text: unknown): Unwrapped | null {
  if (typeof text !== 'string' || !text.startsWith(PREFIX)) return null
  if (text === VOID) return { type: 'void' }
  const json = Buffer.from(text.slice(PREFIX.length), 'base64url').toString('utf8')
  if (jsonTextExcess(json) !== null) return { type: 'unreadable' }
  try {
    const { success, data } = sealed.safeParse(JSON.parse(json))
    return success ? { type: 'block', block: data as OpaqueBlock } : { type: 'unreadable' }
  } catch {
    return { type: 'unreadable' }
  }
}

/** The blocks of one message, as they are read: `here` is how much of it has come before. */
export function gathering() {
  let blocks: OpaqueBlock[] = []
  return {
    /** `rest`: the fields that the client has carried itself. */
    add(unwrapped: Unwrapped, here: OpaquePlace, rest: JsonObject = {}): void {
      if (unwrapped.type === 'void') blocks = []
      if (unwrapped.type !== 'block') return
      const { block } = unwrapped
      blocks.push({ ...block, block: { ...block.block, ...rest }, at: placeOf(block.at, here) })
    },
    /** Of a maker that is not known. */
    addForeign: (block: OpaqueBlock): void => {
      blocks.push(block)
    },
    blocks: (): OpaqueBlock[] => blocks.toSorted(byPlace),
  }
}

/** One that came late in a stream stands where it was thought. */
const placeOf = (own: OpaquePlace | undefined, here: OpaquePlace): OpaquePlace =>
  own !== undefined && own.text <= here.text && own.calls <= here.calls ? own : here

const byPlace = ({ at: one }: OpaqueBlock, { at: other }: OpaqueBlock): number =>
  (one?.calls ?? 0) - (other?.calls ?? 0) || (one?.text ?? 0) - (other?.text ?? 0)

/** What of a thought may be read, by the wire format's words for it. */
const TEXTS: { readonly [api: string]: (block: JsonObject) => string } = {
  'anthropic-messages': ({ thinking }) => (typeof thinking === 'string' ? thinking : ''),
  'openai-responses': ({ summary }) =>
    (Array.isArray(summary) ? summary : [])
      .flatMap((part) => (isObject(part) && typeof part.text === 'string' ? [part.text] : []))
      .join('\n\n'),
}

export const thoughtText = ({ api, block }: OpaqueBlock): string =>
  (Object.hasOwn(TEXTS, api) ? TEXTS[api]?.(block) : undefined) ?? ''
