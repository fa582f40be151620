/** How an entry is written. ENTRY-FORMAT-1 to ENTRY-FORMAT-3: src/stores/cache/entry-format.ts. */
import fc from 'fast-check'
import type { CacheEntry } from '../../../src/domain/caching/cache'
import type { Answer } from '../../../src/domain/streaming/answer'
import { decodeEntry, encodeEntry } from '../../../src/stores/cache/entry-format'
import { answerOf, entryOf, keyOf } from '../../helpers/cache'

const KEY = keyOf('a')
const entry = entryOf('hello', 1_000)
const bytes = encodeEntry(KEY, entry)

it('one line says what it is, the rest is JSON', () => {
  const [header, ...json] = bytes.toString().split('\n')
  expect(header).toMatch(/^holdfast-cache 1 [0-9a-f]{8}$/)
  expect(JSON.parse(json.join('\n'))).toEqual(entry)
})

it('whatever text an answer has comes back the same', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.jsonValue(), (text, output) => {
      const plain = JSON.parse(JSON.stringify(output))
      const full = entryOf('', 1, { answer: answerOf(text, { output: plain }) })
      expect(decodeEntry(KEY, encodeEntry(KEY, full))).toEqual({ state: 'whole', entry: full })
    }),
  )
})

it('ENTRY-FORMAT-1: one bit that has changed anywhere is found', () => {
  for (let at = 0; at < bytes.length; at += 1)
    for (let bit = 0; bit < 8; bit += 1) {
      const changed = Buffer.from(bytes)
      changed.writeUInt8(changed.readUInt8(at) ^ (1 << bit), at)
      expect(decodeEntry(KEY, changed).state).not.toBe('whole')
    }
})

it('ENTRY-FORMAT-1: an entry that was cut, or that has more behind it, is damaged', () => {
  for (let length = 0; length < bytes.length; length += 1)
    expect(decodeEntry(KEY, bytes.subarray(0, length)).state).toBe('damaged')
  expect(decodeEntry(KEY, Buffer.concat([bytes, Buffer.from(' ')])).state).toBe('damaged')
})

it('ENTRY-FORMAT-1: an entry under another key is damaged', () => {
  expect(decodeEntry(keyOf('b'), bytes).state).toBe('damaged')
})

it('ENTRY-FORMAT-2: an entry of another version is foreign', () => {
  expect(decodeEntry(KEY, Buffer.from('holdfast-cache 2 {"whatever":"it is"}')).state).toBe('foreign')
})

describe('ENTRY-FORMAT-3: with a right checksum, and the wrong', () => {
  const wrong = {
    answer: [null, 'text', {}],
    target: [null, 7],
    storedAt: [null, '1', 'NaN'],
    freshUntil: [undefined, {}],
    staleUntil: [undefined, []],
  } satisfies { [K in keyof CacheEntry]: unknown[] }
  const wrongAnswer = {
    text: [null, 1],
    toolCalls: [null, {}, [null], [{ id: 'x', name: 'y' }], [{ id: 'x', name: 'y', arguments: [] }]],
    finishReason: [
      null,
      {},
      { unified: 'stop' },
      { unified: 'enough', raw: null },
      { unified: 'toString', raw: null },
    ],
    usage: [
      undefined,
      {},
      { inputTokens: '1', outputTokens: 1 },
      { inputTokens: 1, outputTokens: 1, cachedInputTokens: 'x' },
    ],
    model: [undefined, 1],
    responseId: [undefined, 1],
    leftOut: ['user', [1]],
    opaque: [
      null,
      {},
      [{}],
      [{ api: 'a', block: [] }],
      [{ api: 'a', block: {}, maker: {} }],
      [{ api: 'a', block: {}, at: { text: 1 } }],
    ],
    output: [],
    embeddings: ['AAAA', [1]],
  } satisfies { [K in keyof Answer]-?: unknown[] }
  const cases = [
    ...Object.entries(wrong).flatMap(([field, values]) =>
      values.map((value: unknown) => [field, value, { ...entry, [field]: value }] as const),
    ),
    ...Object.entries(wrongAnswer).flatMap(([field, values]) =>
      values.map(
        (value: unknown) =>
          [field, value, { ...entry, answer: { ...entry.answer, [field]: value } }] as const,
      ),
    ),
  ]
  it.each(cases)('%s %j: damaged', (_field, _value, malformed) => {
    expect(decodeEntry(KEY, encodeEntry(KEY, malformed as CacheEntry))).toEqual({ state: 'damaged' })
  })

  it.each(['null', '[]', '"text"', '7'])('JSON %s: damaged', (json) => {
    expect(decodeEntry(KEY, encodeEntry(KEY, JSON.parse(json)))).toEqual({ state: 'damaged' })
  })
})
