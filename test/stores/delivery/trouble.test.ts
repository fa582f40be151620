/** What the log says of its Redis: of trouble with what is written as well as with what is read. */
import { createClient } from '@redis/client'
import { type DeliveryLog, openDelivery } from '../../../src/stores/delivery'
import { recordedLog } from '../../helpers/cache'
import { connected, epochOf, reading, recordOf, said, writerAt } from '../../helpers/delivery'
import { until } from '../../helpers/processes'
import { describeRedis, type RedisServer, startRedis } from '../../helpers/redis'

describeRedis('a delivery log whose Redis', () => {
  let server: RedisServer
  let delivery: DeliveryLog
  let logged: () => string[]
  beforeEach(async () => {
    server = await startRedis()
    const { logger, lines } = recordedLog()
    delivery = await openDelivery({ store: 'redis', url: server.url }, { env: {}, logger })
    await connected(delivery)
    logged = () => lines.map(({ event, reason }) => [event, reason].filter(Boolean).join(' '))
  })
  afterEach(async () => {
    await delivery.close()
    await server.close()
  })

  const limitMemory = async (bytes: string) => {
    const client = createClient({ url: server.url })
    await client.connect()
    await client.configSet('maxmemory', bytes)
    client.destroy()
  }

  it('goes and comes back says each once, where nobody reads and all is written', async () => {
    const writers = await Promise.all([1, 2, 3].map((n) => writerAt(delivery, `log-${n}`, epochOf(1))))
    await server.kill()
    for (const writer of writers) await expect(writer.append([said('one ')])).rejects.toThrow()
    for (const writer of writers) await expect(writer.fail(recordOf())).rejects.toThrow()
    expect(logged()).toEqual([expect.stringMatching(/^delivery_down \w+$/)])
    await server.start()
    await connected(delivery)
    await (await writerAt(delivery, 'anew', epochOf(1))).append([said('two')])
    expect(logged()).toEqual([expect.anything(), 'delivery_back'])
  })

  it('is full says so once, and not that it is back: it still can be read, and opens logs', async () => {
    const writer = await writerAt(delivery, 'log', epochOf(1))
    await writer.append([said('one ')])
    await limitMemory('1')
    for (let times = 1; times <= 3; times += 1) {
      const read = reading(delivery, 'log')
      await until('it is read', () => read.delivered.length === 1)
      await read.stop()
      const late = await writerAt(delivery, `late-${times}`, epochOf(1))
      await expect(late.append([said('one ')])).rejects.toThrow('OOM')
    }
    expect(logged()).toEqual(['delivery_down OOM'])
    await limitMemory('0')
    await writer.append([said('two')])
    expect(logged()).toEqual(['delivery_down OOM', 'delivery_back'])
  })
})
