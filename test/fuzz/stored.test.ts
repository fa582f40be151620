/**
 * What was stored and comes back: lines of a batch, histories in files, encrypted payloads, values of the cache and of the delivery
 * log, positions of streams. Garbage is refused or as good as nothing, and never becomes an answer.
 */
import { crc32 } from 'node:zlib'
import fc from 'fast-check'
import { createTasks } from '../../src/batch/task'
import { parseConfig } from '../../src/config'
import { HoldfastError } from '../../src/contract/errors'
import type { CacheEntry } from '../../src/domain/caching/cache'
import { newEncryptionKey, readEncryptionKeys, valueCryptoOf } from '../../src/encryption'
import { HttpProblem } from '../../src/gateway/problems'
import { lastEventId } from '../../src/gateway/request-headers'
import { readRun } from '../../src/history'
import { prepare } from '../../src/request'
import { decodeEntry } from '../../src/stores/cache/entry-format'
import { sealedBlobs } from '../../src/stores/cache/sealed'
import { storeOver } from '../../src/stores/cache/store'
import type { BlobStore } from '../../src/stores/cache/types'
import { plainLines, sealedWords } from '../../src/stores/delivery/sealed'
import { LogLost } from '../../src/stores/delivery/store'
import { PayloadUnreadableError, payloadCodec } from '../../src/temporal/codec/payload-codec'
import { historyFromJson } from '../../src/temporal/history-json'
import { fuzz, named } from '../helpers/fuzz'
import { savedHistory } from '../helpers/histories'
import { byteMutations, jsonMutations, mutatedBytes, mutatedJson } from '../helpers/mutations'
import { twoProviders } from '../helpers/stack'

const env = { HOLDFAST_ENCRYPTION_KEYS: newEncryptionKey('first') }
const keys = readEncryptionKeys(env)
const crypto = valueCryptoOf(env)
if (keys === null || crypto === null) throw new Error('There are no keys')

const line = {
  custom_id: 'a',
  method: 'POST',
  url: '/v1/chat/completions',
  body: {
    model: 'default',
    messages: [{ role: 'user', content: [{ type: 'text', text: 'hi' }] }],
    tools: [{ type: 'function', function: { name: 'weather', parameters: { type: 'object' } } }],
    max_tokens: 5,
  },
}
const config = parseConfig(twoProviders('http://127.0.0.1:9'))

fuzz(
  'a line of a batch is a task, whatever it holds, and its request is taken or refused',
  fc.record({ mutations: jsonMutations(), bytes: fc.oneof(fc.constant([]), byteMutations(2)) }),
  150,
  ({ mutations, bytes }) => {
    const given = mutatedBytes(Buffer.from(mutatedJson(line, mutations)), bytes)
    const task = createTasks({ hash: 'h', deadline: '1m' })({
      number: 1,
      bytes: given,
      endsAt: given.length,
      closed: true,
    })
    expect(task.id).toBe('batch-h-1')
    expect(['generate', 'refuse', 'unreadable']).toContain(task.work.type)
    if (task.work.type !== 'generate') return
    try {
      prepare(config, task.work.request)
    } catch (error) {
      if (!(error instanceof HoldfastError)) throw error
      expect(error).toMatchObject({ kind: 'invalid_request', accepted: false })
    }
  },
)

const HISTORIES = ['failed-over', 'all-failed', 'race'].map((name) =>
  named(name, JSON.parse(JSON.stringify(savedHistory(name))) as object),
)

fuzz(
  'a saved history is read, or refused with what is wrong',
  fc.record({ history: fc.constantFrom(...HISTORIES), mutations: jsonMutations() }),
  40,
  ({ history, mutations }) => {
    const given = JSON.parse(mutatedJson(history, mutations))
    for (const read of [historyFromJson, readRun])
      try {
        read(given)
      } catch (error) {
        if (!(error instanceof Error) || error instanceof TypeError || error instanceof RangeError)
          throw error
        expect(error.message).not.toBe('')
      }
  },
)

const WORDS = 'words that nobody may see a part of, '.repeat(30)
/** Place 0, where a cut leaves nothing, is not left to chance. */
const bit = fc.record({
  at: fc.oneof({ weight: 9, arbitrary: fc.nat(100_000) }, fc.constant(0)),
  bit: fc.nat(7),
  cut: fc.boolean(),
})

/** Never the same bytes. */
function damaged(
  bytes: Uint8Array,
  { at, bit: nth, cut }: { at: number; bit: number; cut: boolean },
): Buffer {
  const copy = Buffer.from(bytes)
  const place = at % copy.length
  if (cut) return copy.subarray(0, place)
  copy[place] = (copy[place] ?? 0) ^ (1 << nth)
  return copy
}

fuzz(
  'an encrypted payload of which a bit was changed, or that was cut, is not decrypted',
  fc.record({ damage: bit, long: fc.boolean() }),
  150,
  async ({ damage, long }) => {
    const data = Buffer.from(JSON.stringify(long ? WORDS : 'short'))
    const codec = payloadCodec(keys)
    const [one] = await codec.encode([{ metadata: { encoding: Buffer.from('json/plain') }, data }])
    if (one?.data == null) throw new Error('Nothing was encoded')
    expect(Buffer.from(one.data).includes('words')).toBe(false)
    await expect(codec.decode([{ ...one, data: damaged(one.data, damage) }])).rejects.toThrow(
      PayloadUnreadableError,
    )
    const whole = await codec.decode([one])
    expect(Buffer.from(whole[0]?.data ?? []).equals(data)).toBe(true)
  },
)

fuzz(
  'words of the delivery log that were changed, or are of another place, are lost',
  fc.record({ damage: bit, said: fc.constantFrom(WORDS, ''), kind: fc.constantFrom('t', 'r', 'o', 'a') }),
  150,
  ({ damage, said, kind }) => {
    const words = sealedWords(crypto, () => undefined)
    const sealed = words.bytes('log', said)
    expect(words.textOfBytes('log', sealed)).toBe(said)
    const line = `${kind}1 3 `
    const rest = words.rest('log', kind, said)
    const { lines, text } = plainLines(words, 'log', [line + rest])
    expect(kind === 't' ? text : lines[0]).toBe(kind === 't' ? said : line + said)
    // Base64 has bits that say nothing at its end: what is damaged is what it stands for.
    const damagedRest = damaged(Buffer.from(rest, 'base64'), damage).toString('base64')
    for (const read of [
      () => words.textOfBytes('log', damaged(sealed, damage)),
      () => words.textOfBytes('other', sealed),
      () => words.textOf('log', 'commit', words.rest('log', 'r', WORDS)),
      () => plainLines(words, 'log', [line + damagedRest]),
    ])
      expect(read).toThrow(LogLost)
  },
)

const KEY = 'ab'.repeat(32)
const NOW = 1_000
const entry: CacheEntry = {
  answer: {
    text: WORDS,
    toolCalls: [{ id: 'c1', name: 'weather', arguments: { city: 'a' } }],
    finishReason: { unified: 'stop', raw: 'end' },
    usage: { inputTokens: 1, outputTokens: 2 },
    model: 'm',
    responseId: null,
  },
  target: 'alpha/model-a',
  storedAt: 0,
  freshUntil: 2_000,
  staleUntil: 3_000,
} as CacheEntry

/** A store of one value. */
function holding(bytes: Buffer): { blobs: BlobStore; deleted: () => boolean } {
  let held: Buffer | null = bytes
  const blobs = {
    read: async () => held,
    write: async (_key: string, given: Buffer) => {
      held = given
    },
    delete: async () => {
      held = null
      return true
    },
  }
  return { blobs: blobs as unknown as BlobStore, deleted: () => held === null }
}
const deps = { now: () => NOW, onTrouble: () => undefined }

fuzz(
  'a value of the cache that was changed, cut, or written for another key is a miss',
  fc.record({ mutations: byteMutations(), damage: bit, sealed: fc.boolean() }),
  200,
  async ({ mutations, damage, sealed }) => {
    const over = (blobs: BlobStore) => storeOver(sealed ? sealedBlobs(blobs, crypto, deps) : blobs, deps)
    const first = holding(Buffer.alloc(0))
    await over(first.blobs).put(KEY, entry)
    const written = (await first.blobs.read(KEY)) ?? Buffer.alloc(0)
    expect(await over(holding(written).blobs).get(KEY)).toEqual(entry)
    expect(await over(holding(written).blobs).get('cd'.repeat(32))).toBeNull()
    expect(await over(holding(damaged(written, damage)).blobs).get(KEY)).toBeNull()
    const mutated = mutatedBytes(written, mutations)
    const found = await over(holding(mutated).blobs).get(KEY)
    if (!mutated.equals(written)) expect(found).toBeNull()
  },
)

fuzz('an entry of any other shape is none, whatever its checksum says', jsonMutations(), 200, (mutations) => {
  const json = mutatedJson(entry, mutations)
  const sum = crc32(json, crc32(KEY)).toString(16).padStart(8, '0')
  const decoded = decodeEntry(KEY, Buffer.from(`holdfast-cache 1 ${sum}\n${json}`))
  if (decoded.state !== 'whole') return expect(decoded).toEqual({ state: 'damaged' })
  const { answer, staleUntil } = decoded.entry
  expect([typeof answer.text, typeof answer.finishReason.unified, typeof staleUntil]).toEqual([
    'string',
    'string',
    'number',
  ])
  for (const { name, arguments: given } of answer.toolCalls)
    expect([typeof name, typeof given]).toEqual(['string', 'object'])
})

fuzz(
  'a Last-Event-ID is a position, or refused',
  fc.oneof(fc.string({ unit: 'binary' }), fc.stringMatching(/^[0-9.e+-]{0,30}(-[0-9a-f]{6,9})?$/)),
  300,
  (given) => {
    try {
      const { after, run } = lastEventId({ 'last-event-id': given })
      expect(Number.isFinite(after) && after >= 0 && after < 1e17).toBe(true)
      expect(run === null || /^[0-9a-f]{8}$/.test(run)).toBe(true)
    } catch (error) {
      if (!(error instanceof HttpProblem)) throw error
      expect(error.status).toBe(400)
    }
  },
)
