/** A delivery log that the keys have sealed: Redis holds no word of it, and who lacks the key gets none. */
import { createClient } from '@redis/client'
import { newEncryptionKey, valueCryptoOf } from '../../../src/encryption'
import { PLAIN_WORDS, SEALED_PREFIX, sealedWords } from '../../../src/stores/delivery/sealed'
import type { DeliveryLog } from '../../../src/stores/delivery/types'
import {
  commitOf,
  connected,
  epochOf,
  reading,
  recordOf,
  redisDelivery,
  restarted,
  said,
  thought,
  writerAt,
} from '../../helpers/delivery'
import { describeRedis, type RedisServer, startRedis } from '../../helpers/redis'

type Redis = ReturnType<typeof createClient>

const PLANTED = 'planted-7731'
const [first, second] = [newEncryptionKey('first'), newEncryptionKey('second')]

describeRedis('a sealed delivery log', () => {
  let server: RedisServer
  const opened: DeliveryLog[] = []
  const unknown: string[] = []
  const over = async (...keys: string[]): Promise<DeliveryLog> => {
    const crypto = valueCryptoOf({ HOLDFAST_ENCRYPTION_KEYS: keys.join(',') })
    const words = crypto === null ? PLAIN_WORDS : sealedWords(crypto, (id) => unknown.push(id))
    const log = await connected(redisDelivery(server.url, [], words))
    opened.push(log)
    return log
  }
  beforeAll(async () => {
    server = await startRedis()
  })
  afterAll(async () => {
    await Promise.all(opened.map((one) => one.close()))
    await server.close()
  })

  /** All keys and values, as Redis writes them to its file. */
  const allBytes = async (): Promise<string> => {
    const client = await createClient({ url: server.url }).connect()
    const dumps: string[] = []
    for (const key of await client.keys('*')) {
      const type = await client.type(key)
      const values =
        type === 'hash'
          ? JSON.stringify(await client.hGetAll(key))
          : type === 'list'
            ? (await client.lRange(key, 0, -1)).join('\n')
            : `${await client.get(key)}`
      dumps.push(key, values)
    }
    client.destroy()
    return dumps.join('\n').replaceAll('\0', '')
  }
  const write = async (log: DeliveryLog, name: string): Promise<void> => {
    const failing = await writerAt(log, name, epochOf(1))
    await failing.append([thought(PLANTED), said(`${PLANTED} one`)])
    const message = `said ${PLANTED}`
    await failing.fail({ ...recordOf(), failure: { class: 'server_error', message } })
    const answering = await writerAt(log, name, epochOf(2))
    expect(answering.text).toBe(`${PLANTED} one`)
    await answering.append([restarted(), said(`${PLANTED} `)])
    await answering.append([said('two')])
    await answering.commit(commitOf(`${PLANTED} two`))
  }

  it('holds no word in Redis, and is read whole by whoever has the key', async () => {
    await write(await over(first), 'sealed')
    expect(await allBytes()).not.toContain(PLANTED)
    const read = reading(await over(second, first), 'sealed')
    await read.ended
    expect(read.text()).toBe(`${PLANTED} two`)
    expect(read.events().map(({ type }) => type)).toContain('attempt')
  })

  it('the same words are found in Redis where there are no keys', async () => {
    const plain = redisDelivery(server.url)
    opened.push(plain)
    await write(await connected(plain), 'plain')
    expect(await allBytes()).toContain(PLANTED)
  })

  it('ends at once for a reader without the key, and is lost for a call without it; which key it was is said once', async () => {
    await write(await over(first), 'other')
    const stranger = await over(second)
    const read = reading(stranger, 'other')
    await read.ended
    expect(read.delivered).toEqual([])
    await expect(stranger.open('other', epochOf(3), true)).rejects.toThrow('is lost')
    expect(unknown).toEqual(['first'])
  })

  it.each([
    [
      'its answer',
      async (at: string, redis: Redis) => {
        await redis.set(`${at}:text`, '')
        await redis.hSet(at, 'size', '0')
      },
    ],
    [
      'a line of it',
      async (at: string, redis: Redis) => {
        const lines = await redis.lRange(`${at}:pieces`, 0, -1)
        const said = lines.findIndex((one) => one.startsWith('t'))
        await redis.lSet(`${at}:pieces`, said, (lines[said] ?? '').replace(/^(t\d+ \d+) .*$/, '$1'))
      },
    ],
  ])('is lost, and no part of it given, where %s was cut to nothing', async (what, cut) => {
    const log = await over(first)
    const name = `cut-${what}`
    await write(log, name)
    const redis = await createClient({ url: server.url }).connect()
    await cut(`${SEALED_PREFIX}:{${name}}`, redis as Redis)
    redis.destroy()
    const read = reading(log, name)
    await read.ended
    expect(read.delivered).toEqual([])
  })

  it('is lost for a call that goes on where a line was cut to nothing', async () => {
    const log = await over(first)
    const writer = await writerAt(log, 'goes-on', epochOf(1))
    await writer.append([said('one')])
    const redis = await createClient({ url: server.url }).connect()
    await redis.lSet(`${SEALED_PREFIX}:{goes-on}:pieces`, 0, 't1 3')
    redis.destroy()
    await expect(log.open('goes-on', epochOf(2), true)).rejects.toThrow('is lost')
  })

  it('a forgotten log leaves no key, whether it was written with keys or without, and whoever forgets it', async () => {
    const [sealed, plain] = [await over(first), await over()]
    for (const [log, name] of [
      [sealed, 'written-sealed'],
      [plain, 'written-plain'],
    ] as const) {
      await write(log, name)
      expect(await allBytes()).toContain(name)
      await (log === sealed ? plain : sealed).forget(name)
      expect(await allBytes()).not.toContain(name)
    }
  })
})
