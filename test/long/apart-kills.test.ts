/**
 * Gateways and workers as processes apart, Redis between them, killed in the middle. A first part: apart.test.ts; more:
 * test/long/apart.test.ts.
 */
import type { GenerationEvent } from '../../src/client'
import { type Apart, type GatewayProcess, startApart } from '../helpers/apart'
import { killInACrowd } from '../helpers/crowd'
import { expectWhole, type Listener, streamChat, streamEvents } from '../helpers/listening'
import { describeRedis } from '../helpers/redis'

const WORDS = Array.from({ length: 60 }, (_, index) => `word${index}`)
const TEXT = WORDS.join(' ')

describeRedis('gateways and workers apart', () => {
  let apart: Apart
  let first: GatewayProcess
  let second: GatewayProcess
  beforeAll(async () => {
    apart = await startApart()
    ;[first, second] = await Promise.all([
      apart.startGateway(),
      apart.startGateway(),
      apart.startWorker(),
      apart.startWorker(),
    ])
  }, 60_000)
  afterAll(() => apart?.close(), 20_000)
  beforeEach(() => apart.simulator.reset())

  it('a gateway dies in mid-stream: at another one the stream goes on where it stopped, however it is read', async () => {
    const { simulator, holdfast } = apart
    simulator.script('alpha', [{ answer: TEXT, tokenLatency: '50ms' }])
    const chat = streamChat(first.url, { key: 'moved' })
    await chat.words(3)
    const events = streamEvents(first.url, chat.generationId())
    const attached: GenerationEvent<unknown>[] = []
    for await (const event of holdfast.attach(chat.generationId())) {
      attached.push(event)
      if (attached.length === 10) break
    }
    await Promise.all([chat.words(10), events.words(10)])
    await first.kill()
    expect(await Promise.all([chat.ended, events.ended])).toEqual(['broken', 'broken'])
    expect([chat.whole(), events.whole()]).toEqual([false, false])

    await expectWhole(streamChat(second.url, { key: 'moved' }, chat), TEXT)
    await expectWhole(streamEvents(second.url, chat.generationId(), events), TEXT)
    const after = attached.at(-1)?.position ?? 0
    for await (const event of holdfast.attach(chat.generationId(), { after })) attached.push(event)
    expect(attached.map((event) => (event.type === 'text' ? event.text : '')).join('')).toBe(TEXT)
    expect(simulator.calls()).toHaveLength(1)
  }, 60_000)

  it('every worker dies in mid-stream: others go on, each token once; with another text, there is an error in the stream', async () => {
    const { simulator, holdfast, startWorker } = apart
    const slow = { answer: TEXT, tokenLatency: '50ms', times: 1 } as const
    simulator.script('alpha', [slow, { answer: TEXT }])
    simulator.script('beta', [slow, { answer: 'something else altogether' }])
    simulator.script('gamma', [slow, { answer: ' and so on' }])
    const [prefix, others, prefill] = ['default', 'other', 'prefill'].map((model) =>
      streamChat(second.url, { model, key: `lost ${model}` }),
    ) as [Listener, Listener, Listener]
    await Promise.all([prefix, others, prefill].map((listener) => listener.words(10)))
    await Promise.all(apart.workers().map((worker) => worker.kill()))
    await Promise.all([startWorker(), startWorker()])

    await expectWhole(prefix, TEXT)
    const [, call] = await simulator.waitForCalls(2, { provider: 'gamma' })
    const { messages } = (call?.body ?? {}) as { messages?: { content: string }[] }
    const prefillText = messages?.at(-1)?.content ?? ''
    expect(TEXT.startsWith(prefillText) && prefillText.length > 0).toBe(true)
    await expectWhole(prefill, `${prefillText} and so on`)
    expect([await others.ended, others.whole()]).toEqual(['end', false])
    expect(others.error()?.message).toContain('in other words')
    expect(TEXT.startsWith(others.text())).toBe(true)
    expect(await holdfast.result(others.generationId())).toMatchObject({ text: 'something else altogether' })
  }, 60_000)

  it('a worker that has lost Temporal alone goes on as a zombie: once another one has its call, none of its words appear', async () => {
    const { simulator, holdfast, startWorker } = apart
    const zombieWords = Array.from({ length: 2_000 }, (_, index) => `zombie${index}`).join(' ')
    simulator.script('alpha', [
      { answer: zombieWords, tokenLatency: '10ms', times: 1 },
      { answer: TEXT, latency: '1s', tokenLatency: '20ms' },
    ])
    const chat = streamChat(second.url, { key: 'zombie', holdfast: { restarts: 'event' } })
    await chat.words(5)
    const holder = await apart.holderOf(chat.generationId())
    holder.temporal.cut()
    // It learned so at its next append, and hangs up.
    await simulator.waitForCalls(1, { outcome: 'client_aborted' }, 20_000)
    expect(chat.restarts()).toBe(0)
    await expectWhole(chat, TEXT)
    expect(chat.restarts()).toBe(1)
    expect(await holdfast.result(chat.generationId())).toMatchObject({ text: TEXT, rescue: 'restart' })
    expect(simulator.calls()).toHaveLength(2)
    await Promise.all([holder.kill(), startWorker()])
  }, 60_000)

  it('Redis dies in mid-stream, comes back, and dies for good: each stream is whole, completed by the result where the log is lost', async () => {
    const { simulator, redis } = apart
    simulator.script('alpha', [{ answer: TEXT, tokenLatency: '40ms' }])
    const cut = streamChat(second.url, { key: 'redis dies' })
    await cut.words(10)
    await redis.kill()
    const late = streamChat(second.url, { key: 'redis is gone' })
    await simulator.waitForCalls(2, {}, 20_000)
    await redis.start()
    await Promise.all([expectWhole(cut, TEXT), expectWhole(late, TEXT)])
    const again = streamChat(second.url, { key: 'redis is back' })
    await again.words(10)
    expect(again.whole()).toBe(false)
    await redis.kill()
    await expectWhole(again, TEXT)
    expect(simulator.calls()).toHaveLength(3)
    await redis.start()
  }, 60_000)

  it('of 15 streams each is whole when a worker and a gateway are killed among them, and none but the lost calls is paid again', async () => {
    const gateways = [second, await apart.startGateway()]
    const { paid, lost } = await killInACrowd(apart, gateways, 15)
    expect(paid).toBeLessThanOrEqual(15 + lost)
  }, 60_000)
})
