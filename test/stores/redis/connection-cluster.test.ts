/** Delivery log and cache on a Redis Cluster of three masters, while a slot moves, and by the URL of one node. */
import { setTimeout as sleep } from 'node:timers/promises'
import { redisBlobs } from '../../../src/stores/cache/redis'
import type { DeliveryLog } from '../../../src/stores/delivery/types'
import { redisPlace } from '../../../src/stores/redis/place'
import {
  commitOf,
  connected,
  epochOf,
  reading,
  redisDelivery,
  said,
  streamed,
  wholeLog,
  writerAt,
} from '../../helpers/delivery'
import { until } from '../../helpers/processes'
import { describeRedis, type RedisCluster, startRedisCluster } from '../../helpers/redis'

describeRedis('a Redis Cluster', () => {
  let cluster: RedisCluster
  const opened: DeliveryLog[] = []
  const process_ = async (url = cluster.url) => {
    const delivery = redisDelivery(url)
    opened.push(delivery)
    return connected(delivery)
  }
  beforeAll(async () => {
    cluster = await startRedisCluster()
  }, 30_000)
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((one) => one.close()))
  })
  afterAll(async () => cluster?.close())

  it('has the logs of 30 answers, on all its nodes, and their readers are woken', async () => {
    const [worker, gateway] = [await process_(), await process_()]
    const names = Array.from({ length: 30 }, (_, n) => `spread-${n}`)
    await Promise.all(names.map((log) => streamed(worker, gateway, log, 20, 1)))
    const counts = await Promise.all(
      [0, 1, 2].map(async (node) => Number(await cluster.command(node, 'DBSIZE'))),
    )
    expect(counts.filter((count) => count >= 3 * 3)).toHaveLength(3)
    const writer = await writerAt(worker, 'woken', epochOf(1))
    const read = reading(gateway, 'woken')
    await writer.append([said('1 ')])
    await until('it is there', () => read.delivered.length === 1)
    await writer.append([said('2 ')])
    expect(await until('it was woken', () => read.delivered.length === 2)).toBeLessThan(2_000)
    await read.stop()
  })

  it.each(['all nodes', 'one node'])(
    'a slot moves to another node in mid-stream: each word once, by the URL of %s',
    async (by) => {
      const url = by === 'one node' ? cluster.nodes[0]?.url : cluster.url
      const [worker, gateway] = [await process_(url), await process_(url)]
      const log = `moving-${by}`
      const { slot, node } = await cluster.ownerOf(`holdfast:delivery:{${log}}`)
      const writer = await writerAt(worker, log, epochOf(1))
      const read = reading(gateway, log)
      const appended: string[] = []
      let over = false
      const publishing = (async () => {
        for (let n = 0; !over; n += 1) {
          expect(await writer.append([said(`${n} `)])).toBe('appended')
          appended.push(`${n} `)
          await sleep(2)
        }
      })()
      await until('some is said', () => appended.length > 5)
      // Long enough that a command meets a log whose keys are at two nodes.
      await cluster.moveSlot(slot, node, (node + 1) % 3, () => sleep(60))
      const moved = appended.length
      await until('it goes on', () => appended.length > moved + 5)
      over = true
      await publishing
      await writer.commit(commitOf(appended.join('')))
      await read.ended
      expect(read.text()).toBe(appended.join(''))
      expect(await wholeLog(gateway, log)).toEqual(read.delivered)
      expect(Number(await cluster.command((node + 1) % 3, 'CLUSTER', 'COUNTKEYSINSLOT', `${slot}`))).toBe(3)
      await cluster.moveSlot(slot, (node + 1) % 3, node)
    },
    20_000,
  )

  it('has the cache: its entries stand on all nodes, and are counted and purged on all', async () => {
    const cache = redisBlobs(cluster.nodes[1]?.url ?? '', { now: Date.now })
    try {
      const keys = Array.from({ length: 40 }, (_, n) => `key-${n}`)
      const body = Buffer.from([0, 1, 255])
      await until('it is connected', () =>
        cache.read('none').then(
          (bytes) => bytes === null,
          () => false,
        ),
      )
      await Promise.all(keys.map((key) => cache.write(key, body, Date.now() + 60_000)))
      for (const key of keys) expect(Buffer.from((await cache.read(key)) ?? [])).toEqual(body)
      expect([await cache.claim('one', 1_000), await cache.claim('one', 1_000)]).toEqual([true, false])
      expect([await cache.delete('key-0'), await cache.delete('key-0')]).toEqual([true, false])
      expect(await cache.stats()).toMatchObject({ entries: 39, bytes: 39 * 3 })
      expect([await cache.purge(), (await cache.stats()).entries]).toEqual([39, 0])
    } finally {
      await cache.close()
    }
  })

  it('is counted as a whole also by a process that has read no key', async () => {
    const [full, fresh] = [cluster.url, cluster.nodes[2]?.url ?? ''].map((url) =>
      redisBlobs(url, { now: Date.now }),
    )
    try {
      for (let n = 0; n < 20; n += 1)
        await until(
          'it is written',
          async () =>
            (await full?.write(`k-${n}`, Buffer.from('x'), Date.now() + 60_000).then(
              () => true,
              () => false,
            )) ?? false,
        )
      expect((await fresh?.stats())?.entries).toBe(20)
    } finally {
      await full?.purge()
      await full?.close()
      await fresh?.close()
    }
  })
})

it.each([
  ['redis://h', { seeds: ['redis://h'], cluster: false }],
  ['rediss://u:p@h:1/2', { seeds: ['rediss://u:p@h:1/2'], cluster: false }],
  ['redis+cluster://h', { seeds: ['redis://h'], cluster: true }],
  ['rediss+cluster://u:p@a:1,b:2/', { seeds: ['rediss://u:p@a:1', 'rediss://u:p@b:2'], cluster: true }],
  ['redis://a:1,redis://b:2', { seeds: ['redis://a:1', 'redis://b:2'], cluster: true }],
  ['redis+cluster://', null],
  ['redis+sentinel://a:1', null],
  ['redis://a:1,b:2', null],
  ['http://h', null],
  ['', null],
])('%j names a Redis', (text, place) => {
  expect(redisPlace(text)).toEqual(place)
})
