/** A master of a Redis Cluster is killed in mid-stream, and its replica takes over. */
import type { DeliveryLog } from '../../src/stores/delivery/types'
import { commitOf, connected, epochOf, reading, redisDelivery, said, writerAt } from '../helpers/delivery'
import { until } from '../helpers/processes'
import { describeRedis, type RedisCluster, startRedisCluster } from '../helpers/redis'

const FAILOVER_MS = 20_000

describeRedis('a Redis Cluster that asks for a password, whose master is killed', () => {
  let cluster: RedisCluster
  const opened: DeliveryLog[] = []
  const process_ = () => {
    const delivery = redisDelivery(cluster.url)
    opened.push(delivery)
    return connected(delivery)
  }
  beforeAll(async () => {
    cluster = await startRedisCluster({ replica: true, password: 'pass' })
  }, 30_000)
  afterAll(async () => {
    await Promise.all(opened.map((one) => one.close()))
    await cluster?.close()
  })

  const ofFirstMaster = async (): Promise<string> => {
    for (let n = 0; ; n += 1)
      if ((await cluster.ownerOf(`holdfast:delivery:{log-${n}}`)).node === 0) return `log-${n}`
  }
  const offsetOf = async (node: number): Promise<string | undefined> =>
    /master_repl_offset:(\d+)/.exec(String(await cluster.command(node, 'INFO', 'replication')))?.[1]

  it('the next call and the reader go on at the replica, and a process that starts meanwhile finds it too', async () => {
    const [worker, gateway] = [await process_(), await process_()]
    const log = await ofFirstMaster()
    const writer = await writerAt(worker, log, epochOf(1))
    await writer.append([said('one ')])
    await writer.append([said('two ')])
    const read = reading(gateway, log)
    await until('both are there', () => read.delivered.length === 2)
    await until(
      'the replica has them',
      async () => {
        const link = String(await cluster.command(3, 'INFO', 'replication'))
        return link.includes('master_link_status:up') && (await offsetOf(3)) === (await offsetOf(0))
      },
      FAILOVER_MS,
    )
    await cluster.nodes[0]?.kill()
    await expect(writer.append([said('three ')])).rejects.toThrow()
    const tookMs = await until(
      'the next call is let in',
      () =>
        writerAt(worker, log, epochOf(1, 2)).then(
          () => true,
          () => false,
        ),
      FAILOVER_MS,
    )
    expect(tookMs).toBeLessThan(FAILOVER_MS)
    const next = await writerAt(await process_(), log, epochOf(1, 3))
    expect(next.text).toBe('one two ')
    await next.append([said('three')])
    await next.commit(commitOf('one two three'))
    await read.ended
    expect(read.text()).toBe('one two three')
    expect(read.delivered.map(({ position }) => position)).toEqual([1, 2, 3, 4])
  }, 60_000)
})
