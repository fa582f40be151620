/** What test/long/apart-kills.test.ts shows in short: worker processes that are frozen, a hung Redis, and a crowd. */

import { type Apart, type GatewayProcess, startApart } from '../helpers/apart'
import { killInACrowd } from '../helpers/crowd'
import { expectWhole, streamChat } from '../helpers/listening'
import { describeRedis } from '../helpers/redis'
import { timed } from '../helpers/sockets'

const wordsOf = (word: string, count: number): string =>
  Array.from({ length: count }, (_, index) => `${word}${index}`).join(' ')
const TEXT = wordsOf('word', 60)

describeRedis('apart, with two workers and a gateway', () => {
  let apart: Apart
  let gateway: GatewayProcess
  beforeAll(async () => {
    // As by default longer than the server takes to notice a frozen worker: docs/temporal.md.
    apart = await startApart('9s')
    ;[gateway] = await Promise.all([apart.startGateway(), apart.startWorker(), apart.startWorker()])
  }, 60_000)
  afterAll(() => apart?.close(), 20_000)
  beforeEach(() => apart.simulator.reset())

  it.each([
    ['still streams', 5_000, 1],
    ['has received everything meanwhile', 60, 0],
  ])(
    'a frozen worker whose provider %s comes back as a zombie: none of its words appear',
    async (_, words, hungUp) => {
      const { simulator, holdfast } = apart
      simulator.script('alpha', [
        { answer: wordsOf('zombie', words), tokenLatency: '10ms', times: 1 },
        { answer: TEXT, tokenLatency: '50ms' },
      ])
      const chat = streamChat(gateway.url, { key: `zombie ${words}`, holdfast: { restarts: 'event' } })
      await chat.words(5)
      const holder = await apart.holderOf(chat.generationId())
      holder.command.kill('SIGSTOP')
      await simulator.waitForCalls(2, {}, 60_000)
      holder.command.kill('SIGCONT')
      await simulator.waitForCalls(hungUp, { outcome: 'client_aborted' }, 10_000)
      await expectWhole(chat, TEXT)
      expect(await holdfast.result(chat.generationId())).toMatchObject({ text: TEXT, rescue: 'restart' })
      expect(simulator.calls()).toHaveLength(2)
    },
    120_000,
  )

  it('a Redis that hangs delays an answer by less than 10 s', async () => {
    const { simulator, redis } = apart
    simulator.script('alpha', [{ answer: TEXT, tokenLatency: '20ms' }])
    const chat = streamChat(gateway.url, { key: 'hangs' })
    await chat.words(10)
    process.kill(redis.pid(), 'SIGSTOP')
    const { tookMs } = await timed(() => expectWhole(chat, TEXT))
    process.kill(redis.pid(), 'SIGCONT')
    expect(tookMs).toBeLessThan(10_000)
    expect(simulator.calls()).toHaveLength(1)
  }, 60_000)
})

describeRedis('apart, with two workers and two gateways', () => {
  it('of 100 streams each is whole when a worker and a gateway are killed among them, and none but the lost calls is paid again', async () => {
    // One worker takes over 50 calls at once: on a busy machine its own heartbeats may be late.
    const apart = await startApart('5s')
    try {
      const { startGateway, startWorker } = apart
      const [first, second] = await Promise.all([
        startGateway(),
        startGateway(),
        startWorker(),
        startWorker(),
      ])
      const { paid, lost, moved } = await killInACrowd(apart, [first, second], 100)
      process.stderr.write(`100 streams: ${moved} moved, ${lost} calls lost, ${paid} paid\n`)
      expect(moved).toBeGreaterThan(0)
      expect(paid).toBeLessThanOrEqual(100 + lost)
    } finally {
      await apart.close()
    }
  }, 180_000)
})
