/** The longest answer there may be, in the smallest pieces. The short form stands in `delivery-conformance`. */
import { deliveryOver } from '../../src/stores/delivery/log'
import { memoryStore } from '../../src/stores/delivery/memory'
import { connected, redisDelivery, streamed } from '../helpers/delivery'
import { describeRedis, startRedis } from '../helpers/redis'

/** 1.9 MiB in pieces of 4 bytes. */
const PIECES = Math.floor((1.9 * 1024 ** 2) / 4)

it('goes through the log in process, within its bytes', async () => {
  const delivery = deliveryOver(memoryStore())
  await streamed(delivery, delivery, 'log', PIECES, 1)
  await delivery.close()
}, 120_000)

describeRedis('and through Redis', () => {
  it('in pieces that wait for one another', async () => {
    const server = await startRedis()
    const [worker, gateway] = [redisDelivery(server.url), redisDelivery(server.url)]
    await connected(worker)
    await streamed(worker, gateway, 'log', PIECES, 50)
    await Promise.all([worker.close(), gateway.close()])
    await server.close()
  }, 120_000)
})
