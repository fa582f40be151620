/** One suite over all cache stores: what a store is, whatever it is made of. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createClient } from '@redis/client'
import { diskBlobs } from '../../../src/stores/cache/disk'
import { encodeEntry } from '../../../src/stores/cache/entry-format'
import { memoryBlobs } from '../../../src/stores/cache/memory'
import { redisBlobs } from '../../../src/stores/cache/redis'
import { storeOver } from '../../../src/stores/cache/store'
import type { BlobStore, CacheStore, StoreDeps, Trouble } from '../../../src/stores/cache/types'
import { answerOf, entryOf, HOUR, keyOf } from '../../helpers/cache'
import { until } from '../../helpers/processes'
import { startRedis, withoutRedis } from '../../helpers/redis'

const MAX_BYTES = 4 * 1024 * 1024
const BIG_CHARS = 1.9 * 1024 * 1024

/** One place where entries are kept, which stores can be opened on one after the other, or at once. */
interface Setting {
  open(deps: StoreDeps): BlobStore
  /** Puts bytes there behind the store's back. */
  plant(key: string, bytes: Buffer): Promise<void>
  close(): Promise<void>
}

interface Kind {
  name: string
  setting(): Promise<Setting>
  /** Does what is kept outlive the store's being closed? */
  survives: boolean
  bounded: boolean
}

const memory: Kind = {
  name: 'memory',
  survives: false,
  bounded: true,
  async setting() {
    let opened: BlobStore | null = null
    return {
      open(deps) {
        opened = memoryBlobs(MAX_BYTES, deps)
        return opened
      },
      plant: async (key, bytes) => opened?.write(key, bytes, Number.MAX_SAFE_INTEGER),
      close: async () => undefined,
    }
  },
}

const disk: Kind = {
  name: 'disk',
  survives: true,
  bounded: true,
  async setting() {
    const folder = mkdtempSync(path.join(tmpdir(), 'holdfast-cache-'))
    return {
      open: (deps) => diskBlobs(folder, MAX_BYTES, deps),
      async plant(key, bytes) {
        mkdirSync(path.join(folder, key.slice(0, 2)), { recursive: true })
        writeFileSync(path.join(folder, key.slice(0, 2), key), bytes)
      },
      close: async () => rmSync(folder, { recursive: true, force: true }),
    }
  },
}

const redis: Kind = {
  name: 'redis',
  survives: true,
  bounded: false,
  async setting() {
    const server = await startRedis()
    const client = createClient({ url: server.url })
    client.on('error', () => undefined)
    await client.connect()
    return {
      open: (deps) => redisBlobs(server.url, deps),
      plant: async (key, bytes) => void (await client.set(`holdfast:cache:${key}`, bytes)),
      async close() {
        client.destroy()
        await server.close()
      },
    }
  },
}

if (withoutRedis !== null) process.stderr.write(`SKIPPED: the cache store redis: ${withoutRedis}\n`)

const suite = (kind: Kind) => () => {
  let setting: Setting
  let store: CacheStore
  let clock: number
  let troubles: Trouble[]
  const opened: CacheStore[] = []

  const open = (): CacheStore => {
    const deps: StoreDeps = { now: () => clock, onTrouble: (trouble) => troubles.push(trouble) }
    const one = storeOver(setting.open(deps), deps)
    opened.push(one)
    return one
  }
  beforeEach(async () => {
    clock = Date.now()
    troubles = []
    setting = await kind.setting()
    store = open()
  })
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((one) => one.close()))
    await setting.close()
  })
  const put = (name: string | number, text: string) => store.put(keyOf(name), entryOf(text, clock))
  const textAt = async (name: string | number) => (await store.get(keyOf(name)))?.answer.text ?? null

  it('gives back what was put', async () => {
    const entry = entryOf('', clock, {
      answer: answerOf('', {
        toolCalls: [{ id: 'c', name: 'f', arguments: { x: [1, null, { y: '2' }] } }],
        finishReason: { unified: 'tool_calls', raw: null },
        usage: null,
        model: null,
        responseId: null,
        output: { rows: [1.5, false, null] },
      }),
    })
    await store.put(keyOf('a'), entry)
    expect(await store.get(keyOf('a'))).toEqual(entry)
  })

  it('has nothing under a key that was never put', async () => {
    await put('a', 'one')
    expect(await store.get(keyOf('b'))).toBeNull()
  })

  it('keeps the last of several entries', async () => {
    await put('a', 'one')
    await put('a', 'another, and a longer one')
    await put('a', 'two')
    expect(await textAt('a')).toBe('two')
    expect((await store.stats()).entries).toBe(1)
  })

  it('has nothing after staleUntil, and never takes up what is past it', async () => {
    await put('a', 'one')
    clock += 24 * HOUR - 1
    expect(await textAt('a')).toBe('one')
    clock += 1
    expect(await textAt('a')).toBeNull()
    await store.put(keyOf('b'), entryOf('old', clock - 25 * HOUR))
    expect((await store.stats()).entries).toBeLessThanOrEqual(1)
  })

  it.each<[string, Buffer]>([
    ['nothing', Buffer.alloc(0)],
    ['noise', Buffer.from([0, 255, 1, 254, 10, 13])],
    ['JSON of its own', Buffer.from('{"answer":{"text":"gotcha"}}')],
    ['an entry of another key', encodeEntry(keyOf('other'), entryOf('gotcha', Date.now()))],
    ['half an entry', encodeEntry(keyOf('a'), entryOf('gotcha', Date.now())).subarray(0, 100)],
    [
      'an entry without a target',
      encodeEntry(keyOf('a'), { ...entryOf('gotcha', Date.now()), target: 7 as never }),
    ],
  ])('treats %s as a miss, reports it once, and takes a new entry there', async (_, bytes) => {
    await setting.plant(keyOf('a'), bytes)
    expect(await store.get(keyOf('a'))).toBeNull()
    expect(await store.get(keyOf('a'))).toBeNull()
    expect(troubles).toEqual([{ kind: 'damaged_entry', key: keyOf('a') }])
    await put('a', 'whole')
    expect(await textAt('a')).toBe('whole')
  })

  it('leaves an entry of another version alone: it is a miss, and no damage', async () => {
    const foreign = Buffer.from(
      encodeEntry(keyOf('a'), entryOf('from the future', clock)).toString().replace('cache 1 ', 'cache 2 '),
    )
    await setting.plant(keyOf('a'), foreign)
    expect(await store.get(keyOf('a'))).toBeNull()
    expect(troubles).toEqual([])
    expect((await store.stats()).entries).toBe(1)
  })

  it('holds the largest answer there is', async () => {
    const text = 'x'.repeat(BIG_CHARS)
    await put('big', text)
    expect(await textAt('big')).toBe(text)
  })

  it('holds any text, halves of characters too', async () => {
    const text = 'Grüße, 你好, 🦦, \u0000, \u2028, \ud800 alone, \udfff too, \ufffd'
    await put('a', text)
    expect(await textAt('a')).toBe(text)
  })

  it('takes concurrent writes of one key: one of them stands, whole', async () => {
    const texts = Array.from({ length: 40 }, (_, index) => String(index).repeat(5_000))
    const reads: (string | null)[] = []
    await Promise.all(texts.flatMap((text) => [put('a', text), textAt('a').then((read) => reads.push(read))]))
    expect(texts).toContain(await textAt('a'))
    expect(reads.filter((read) => read !== null && !texts.includes(read))).toEqual([])
    expect(troubles).toEqual([])
  })

  it('takes concurrent writes of many keys', async () => {
    await Promise.all(Array.from({ length: 200 }, (_, index) => put(index, `text ${index}`)))
    const texts = await Promise.all(Array.from({ length: 200 }, (_, index) => textAt(index)))
    expect(texts).toEqual(Array.from({ length: 200 }, (_, index) => `text ${index}`))
  })

  it('gives a claim to one, until its time has passed', async () => {
    const claims = () => Promise.all(Array.from({ length: 20 }, () => store.claim(keyOf('a'), 200)))
    const winners = (all: boolean[]) => all.filter(Boolean).length
    expect(winners(await claims())).toBe(1)
    expect(winners(await claims())).toBe(0)
    expect(await store.claim(keyOf('b'), 200)).toBe(true)
    // Redis keeps its own time.
    const claimedAt = Date.now()
    await until('200 ms have passed', () => Date.now() >= claimedAt + 250)
    clock = Date.now()
    expect(winners(await claims())).toBe(1)
    expect(winners(await claims())).toBe(0)
  })

  it('counts a claim as no entry', async () => {
    await store.claim(keyOf('a'), HOUR)
    expect(await store.get(keyOf('a'))).toBeNull()
    expect((await store.stats()).entries).toBe(0)
    expect(await store.purge()).toBe(0)
  })

  it('deletes one, and says whether it was there', async () => {
    await put('a', 'one')
    await put('b', 'two')
    expect(await store.delete(keyOf('a'))).toBe(true)
    expect(await store.delete(keyOf('a'))).toBe(false)
    expect(await textAt('a')).toBeNull()
    expect(await textAt('b')).toBe('two')
  })

  it('purges all, and says how many there were', async () => {
    await Promise.all(Array.from({ length: 1_200 }, (_, index) => put(index, 'text')))
    expect(await store.purge()).toBe(1_200)
    expect((await store.stats()).entries).toBe(0)
    expect(await store.purge()).toBe(0)
    await put('a', 'again')
    expect(await textAt('a')).toBe('again')
  })

  it('says how much it holds', async () => {
    const limit = kind.bounded ? MAX_BYTES : null
    expect(await store.stats()).toEqual({ store: kind.name, entries: 0, bytes: 0, maxBytes: limit })
    await put('a', 'x'.repeat(1_000))
    await put('b', 'x'.repeat(2_000))
    const { entries, bytes } = await store.stats()
    expect(entries).toBe(2)
    expect(bytes).toBe(
      encodeEntry(keyOf('a'), entryOf('x'.repeat(1_000), clock)).length +
        encodeEntry(keyOf('b'), entryOf('x'.repeat(2_000), clock)).length,
    )
  })

  it.each(['', 'a', '../../../etc/passwd', 'A'.repeat(64), `${'a'.repeat(64)}\n`])(
    'refuses a key that is none: %j',
    async (key) => {
      await expect(store.get(key)).rejects.toThrow(TypeError)
      await expect(store.put(key, entryOf('x', clock))).rejects.toThrow(TypeError)
      await expect(store.claim(key, 1)).rejects.toThrow(TypeError)
      await expect(store.delete(key)).rejects.toThrow(TypeError)
    },
  )

  if (kind.survives)
    it('has everything when it is opened again, and two at once see the same', async () => {
      await put('a', 'one')
      await store.close()
      const again = open()
      const beside = open()
      expect((await again.get(keyOf('a')))?.answer.text).toBe('one')
      await beside.put(keyOf('b'), entryOf('two', clock))
      expect((await again.get(keyOf('b')))?.answer.text).toBe('two')
      expect(await again.claim(keyOf('a'), HOUR)).toBe(true)
      expect(await beside.claim(keyOf('a'), HOUR)).toBe(false)
    })

  if (kind.bounded) {
    it('stays within its bytes, whatever is put, and keeps what was put last', async () => {
      const text = 'x'.repeat(50_000)
      for (let index = 0; index < 300; index += 1) {
        clock += 1_000
        await put(index, text)
      }
      await until('it is within its bytes', async () => (await store.stats()).bytes <= MAX_BYTES)
      const { entries, bytes } = await store.stats()
      expect(bytes).toBeLessThanOrEqual(MAX_BYTES)
      expect(entries).toBeGreaterThan(MAX_BYTES / 50_000 / 2)
      expect(await textAt(299)).toBe(text)
      expect(await textAt(0)).toBeNull()
    })

    it('leaves out what is larger than it may be as a whole', async () => {
      await put('a', 'small')
      await put('b', 'x'.repeat(MAX_BYTES))
      expect(await textAt('b')).toBeNull()
      expect(await textAt('a')).toBe('small')
    })
  }
}

describe('the cache store', () => {
  describe(memory.name, suite(memory))
  describe(disk.name, suite(disk))
  if (withoutRedis === null) describe(redis.name, suite(redis))
  else describe.skip(`redis (skipped: ${withoutRedis})`, suite(redis))
})
