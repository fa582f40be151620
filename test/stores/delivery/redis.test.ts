/** The delivery log in Redis, when Redis goes, hangs, forgets, or is restarted. */
import { createClient } from '@redis/client'
import type { DeliveryLog } from '../../../src/stores/delivery/types'
import {
  commitOf,
  connected,
  epochOf,
  reading,
  recordOf,
  redisDelivery,
  said,
  writerAt,
} from '../../helpers/delivery'
import { until } from '../../helpers/processes'
import { describeRedis, type RedisServer, startRedis } from '../../helpers/redis'

/** What was written is there after a SIGKILL. */
const DURABLE = ['--appendonly', 'yes', '--appendfsync', 'always']

describeRedis('the delivery log in Redis', () => {
  let server: RedisServer
  const opened: DeliveryLog[] = []
  const troubles: unknown[] = []
  const process_ = async () => {
    const delivery = redisDelivery(server.url, troubles)
    opened.push(delivery)
    return delivery
  }
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((one) => one.close()))
    await server.close()
    troubles.splice(0)
  })
  const command = async (...words: string[]) => {
    const client = createClient({ url: server.url })
    client.on('error', () => undefined)
    await client.connect()
    const reply: unknown = await client.sendCommand(words)
    client.destroy()
    return reply
  }

  it('is killed and restarted: the writer gets an error, the next call goes on, and no reader misses text', async () => {
    server = await startRedis(DURABLE)
    const [worker, gateway] = [await process_(), await process_()]
    const writer = await writerAt(worker, 'log', epochOf(1))
    await writer.append([said('one ')])
    const read = reading(gateway, 'log')
    await until('the first is there', () => read.delivered.length === 1)
    await server.kill()
    await expect(writer.append([said('two ')])).rejects.toThrow()
    // W2: else "three" would follow "one".
    const late = writer.append([said('three ')])
    await expect(late).rejects.toThrow()
    const waiting = reading(gateway, 'log', 1)
    await server.start()
    await connected(worker)
    await expect(writer.append([said('three ')])).rejects.toThrow()
    await writer.fail(recordOf())
    const next = await writerAt(worker, 'log', epochOf(1, 2))
    expect(next.text).toBe('one ')
    await next.append([said('two')])
    await next.commit(commitOf('one two'))
    await Promise.all([read.ended, waiting.ended])
    expect(read.delivered.map(({ position }) => position)).toEqual([1, 2, 3, 4])
    expect(read.text()).toBe('one two')
    expect(waiting.delivered).toEqual(read.delivered.slice(1))
  })

  it('says once in the log that readers wait for it, and once that it is back', async () => {
    server = await startRedis(DURABLE)
    const [worker, gateway] = [await process_(), await process_()]
    const writer = await writerAt(worker, 'log', epochOf(1))
    await writer.append([said('one ')])
    const read = reading(gateway, 'log')
    await until('the first is there', () => read.delivered.length === 1)
    await server.kill()
    const others = [0, 1, 2].map(() => reading(gateway, 'log'))
    await until('the trouble is reported', () => troubles.length > 0)
    await server.start()
    await until('all have read', () => others.every(({ delivered }) => delivered.length === 1))
    expect(troubles.map((trouble) => trouble === null)).toEqual([false, true])
    await Promise.all([read, ...others].map((one) => one.stop()))
  })

  it('loses all data: writers get an error, readers end, and no reader gets another text', async () => {
    server = await startRedis()
    const [worker, gateway] = [await process_(), await process_()]
    const writer = await writerAt(worker, 'log', epochOf(1))
    for (const word of ['one ', 'two ', 'three ']) await writer.append([said(word)])
    const read = reading(gateway, 'log')
    await until('it is there', () => read.delivered.length === 3)
    await command('FLUSHALL')
    await expect(writer.append([said('four')])).rejects.toThrow('is lost')
    await expect(writer.commit(commitOf('one two three four'))).rejects.toThrow('is lost')
    await writer.fail(recordOf())
    const next = await writerAt(worker, 'log', epochOf(1, 2))
    for (const word of ['un ', 'deux ', 'trois ', 'quatre ']) await next.append([said(word)])
    await read.ended
    await reading(gateway, 'log', 3).ended
    expect(read.text()).toBe('one two three ')
    await next.commit(commitOf('un deux trois quatre '))
    const anew = reading(gateway, 'log')
    await anew.ended
    expect(anew.text()).toBe('un deux trois quatre ')
  })

  it('drops a part of a log to make room: nobody is given the rest for the whole', async () => {
    server = await startRedis()
    const [worker, gateway] = [await process_(), await process_()]
    const writer = await writerAt(worker, 'log', epochOf(1))
    await writer.append([said('one ')])
    await command('UNLINK', 'holdfast:delivery:{log}:text')
    await expect(writerAt(worker, 'log', epochOf(1, 2))).rejects.toThrow('is lost')
    // Else what it says next would pass for the beginning.
    await expect(writer.append([said('two')])).rejects.toThrow('is lost')
    await expect(writerAt(worker, 'log', epochOf(1, 2))).rejects.toThrow('is lost')
    await expect(writer.commit(commitOf('one two'))).rejects.toThrow('is lost')
    await command('UNLINK', 'holdfast:delivery:{log}:pieces')
    await reading(gateway, 'log').ended
    await command('UNLINK', 'holdfast:delivery:{log}')
    await (await writerAt(worker, 'log', epochOf(1, 2))).append([said('un')])
    expect((await writerAt(worker, 'log', epochOf(1, 3))).text).toBe('un')
  })

  it('hangs and comes back: readers go on', async () => {
    server = await startRedis()
    const [worker, gateway] = [await process_(), await process_()]
    const writer = await writerAt(worker, 'log', epochOf(1))
    await writer.append([said('one ')])
    const read = reading(gateway, 'log')
    await until('the first is there', () => read.delivered.length === 1)
    process.kill(server.pid(), 'SIGSTOP')
    const stuck = writer.append([said('two ')]).then(
      () => 'appended',
      () => 'refused',
    )
    expect(await stuck).toBe('refused')
    process.kill(server.pid(), 'SIGCONT')
    await connected(worker)
    const next = await writerAt(worker, 'log', epochOf(1, 2))
    // What was stuck may have come through before the next call was opened, and not after.
    expect(['one ', 'one two ']).toContain(next.text)
    await next.append([said('end')])
    await next.commit(commitOf(`${next.text}end`))
    await read.ended
    expect(read.text()).toBe(`${next.text}end`)
  })

  it.each(['pubsub', 'normal'])(
    'ends every %s connection: readers are woken as soon as before',
    async (type) => {
      server = await startRedis()
      const [worker, gateway] = [await process_(), await process_()]
      const writer = await writerAt(worker, 'log', epochOf(1))
      const read = reading(gateway, 'log')
      await writer.append([said('1 ')])
      await until('the first is there', () => read.delivered.length === 1)
      await command('CLIENT', 'KILL', 'TYPE', type)
      await until('it listens again', async () =>
        String(await command('PUBSUB', 'NUMSUB', 'holdfast:delivery:{log}')).endsWith(',1'),
      )
      await connected(worker)
      const next = await writerAt(worker, 'log', epochOf(1, 2))
      await next.append([said('2')])
      expect(await until('it was woken', () => read.delivered.length === 2)).toBeLessThan(2_000)
      await read.stop()
    },
  )

  it('needs two connections a process, whatever it reads, and keeps no channel that nobody reads', async () => {
    server = await startRedis()
    const gateway = await process_()
    const before = String(await command('CLIENT', 'LIST'))
      .trim()
      .split('\n').length
    const reads = Array.from({ length: 200 }, (_, n) => reading(gateway, `log-${n}`))
    const channels = async () =>
      String(await command('PUBSUB', 'CHANNELS'))
        .split(',')
        .filter(Boolean).length
    await until('all listen', async () => (await channels()) === 200)
    expect(
      String(await command('CLIENT', 'LIST'))
        .trim()
        .split('\n').length,
    ).toBe(before + 1)
    await Promise.all(reads.map((read) => read.stop()))
    await until('nobody listens', async () => (await channels()) === 0)
  })

  const keysOf = async () =>
    String(await command('KEYS', '*'))
      .split(',')
      .sort()

  it('lets every key of a log run out: an hour after the last change, ten minutes after the answer; and uses no others', async () => {
    server = await startRedis()
    const worker = await process_()
    const writer = await writerAt(worker, 'log', epochOf(1))
    await writer.append([said('one ')])
    const keys = await keysOf()
    expect(keys).toEqual(['', ':pieces', ':text'].map((end) => `holdfast:delivery:{log}${end}`))
    for (const key of keys) {
      await command('PEXPIRE', key, '5000')
      await writer.append([said('two ')])
      expect(Number(await command('PTTL', key))).toBeGreaterThan(3_590_000)
    }
    await writer.commit(commitOf('one two two two '))
    expect(await keysOf()).toEqual(keys)
    for (const key of keys) {
      const leftMs = Number(await command('PTTL', key))
      expect([key, leftMs > 590_000, leftMs <= 600_000]).toEqual([key, true, true])
    }
  })

  it('holds an answer of 1,000 tokens in five times its text, whatever of it comes piece by piece', async () => {
    server = await startRedis()
    const worker = await process_()
    const writer = await writerAt(worker, 'log', epochOf(1))
    for (let n = 0; n < 1_000; n += 1) await writer.append([said('abc ', 'openai/gpt-5-mini')])
    const bytes = async () => {
      const each = (await keysOf()).map((key) => command('MEMORY', 'USAGE', key, 'SAMPLES', '0'))
      return (await Promise.all(each)).reduce((sum: number, used) => sum + Number(used), 0)
    }
    const live = await bytes()
    await writer.commit(commitOf('abc '.repeat(1_000), 'openai/gpt-5-mini'))
    expect([live / 4_000, (await bytes()) / 4_000].map((times) => times < 5)).toEqual([true, true])
  })

  it('is not there at all: what writes is refused, what reads waits', async () => {
    server = await startRedis()
    await server.kill()
    const worker = await process_()
    await expect(worker.open('log', epochOf(1), true)).rejects.toThrow(
      "Redis can't be reached (ECONNREFUSED)",
    )
    const read = reading(worker, 'log')
    await server.start()
    await connected(worker)
    await (await writerAt(worker, 'log', epochOf(1))).commit(commitOf('x'))
    await read.ended
    expect(read.delivered).toHaveLength(1)
  })
})
