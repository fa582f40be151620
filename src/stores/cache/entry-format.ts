/**
 * How an entry is written: one line `holdfast-cache <version> <crc32>`, then JSON.
 *
 * ENTRY-FORMAT-1 What was not written for this key, or has changed since, is damaged: the checksum covers
 *    both.
 * ENTRY-FORMAT-2 An entry of another version is none of ours: a newer build may share the store. It is not
 *    damaged.
 * ENTRY-FORMAT-3 What is read has the shape of an entry. A checksum says only that it is what somebody wrote.
 */
import { crc32 } from 'node:zlib'
import type { CacheEntry } from '../../domain/caching/cache'
import type { Maker, OpaqueBlock, OpaquePlace } from '../../domain/request/opaque'
import type { ToolCall } from '../../domain/request/request'
import type { Answer, FinishReason, UnifiedFinishReason, Usage } from '../../domain/streaming/answer'

/** Raised when older builds could not read what this one writes. */
const FORMAT_VERSION = 1

export type Decoded = { state: 'whole'; entry: CacheEntry } | { state: 'foreign' } | { state: 'damaged' }

const checksum = (key: string, json: Buffer | string): string =>
  crc32(json, crc32(key)).toString(16).padStart(8, '0')

export function encodeEntry(key: string, entry: CacheEntry): Buffer {
  const json = JSON.stringify(entry)
  return Buffer.from(`holdfast-cache ${FORMAT_VERSION} ${checksum(key, json)}\n${json}`)
}

const ANY_VERSION = /^holdfast-cache (\d{1,6}) /
const HEADER = /^holdfast-cache \d+ ([0-9a-f]{8})\n/
const LONGEST_HEADER = 64

export function decodeEntry(key: string, bytes: Buffer): Decoded {
  const start = bytes.subarray(0, LONGEST_HEADER).toString('latin1')
  const version = ANY_VERSION.exec(start)?.[1]
  if (version !== undefined && Number(version) !== FORMAT_VERSION) return { state: 'foreign' }
  const [header, sum] = HEADER.exec(start) ?? []
  if (header === undefined) return { state: 'damaged' }
  const json = bytes.subarray(header.length)
  const entry = checksum(key, json) === sum ? parse(json.toString()) : null
  return isEntry(entry) ? { state: 'whole', entry } : { state: 'damaged' }
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    return null
  }
}

type Check = (value: unknown) => boolean

/** Every field of T has a check, and so has a new one. */
const shape =
  <T>(checks: { [K in keyof T]-?: Check }) =>
  (value: unknown): value is T =>
    isObject(value) && Object.entries<Check>(checks).every(([key, check]) => check(value[key]))

const isObject = (value: unknown): value is { [key: string]: unknown } =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const isText: Check = (value) => typeof value === 'string'
const isCount: Check = (value) => typeof value === 'number' && Number.isFinite(value)
const orNull =
  (check: Check): Check =>
  (value) =>
    value === null || check(value)
const orAbsent =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value)
const listOf =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(check)

const FINISH_REASONS = {
  stop: true,
  length: true,
  tool_calls: true,
  content_filter: true,
  other: true,
} as const satisfies Record<UnifiedFinishReason, true>

const isEntry = shape<CacheEntry>({
  answer: shape<Answer>({
    text: isText,
    toolCalls: listOf(shape<ToolCall>({ id: isText, name: isText, arguments: isObject })),
    finishReason: shape<FinishReason>({
      unified: (value) => typeof value === 'string' && Object.hasOwn(FINISH_REASONS, value),
      raw: orNull(isText),
    }),
    usage: orNull(
      shape<Usage>({
        inputTokens: isCount,
        outputTokens: isCount,
        cachedInputTokens: orAbsent(isCount),
        cacheWriteInputTokens: orAbsent(isCount),
        longCacheWriteInputTokens: orAbsent(isCount),
        reasoningTokens: orAbsent(isCount),
      }),
    ),
    model: orNull(isText),
    responseId: orNull(isText),
    leftOut: orAbsent(listOf(isText)),
    opaque: orAbsent(
      listOf(
        shape<OpaqueBlock>({
          api: isText,
          maker: orAbsent(shape<Maker>({ provider: isText, account: isText, model: isText })),
          block: isObject,
          at: orAbsent(shape<OpaquePlace>({ text: isCount, calls: isCount })),
        }),
      ),
    ),
    // Any JSON: whoever serves it checks it against the caller's schema.
    output: () => true,
    embeddings: orAbsent(listOf(isText)),
  }),
  target: isText,
  storedAt: isCount,
  freshUntil: isCount,
  staleUntil: isCount,
})
