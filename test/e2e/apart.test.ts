/** Gateways and a worker as processes apart, Redis between them. More deaths, and crowds: test/long/apart-kills.test.ts. */
import { createClient } from '@redis/client'
import type { GenerationEvent } from '../../src/client'
import { type Apart, type GatewayProcess, startApart } from '../helpers/apart'
import type { Command } from '../helpers/commands'
import { expectWhole, streamChat, streamEvents } from '../helpers/listening'
import { until } from '../helpers/processes'
import { describeRedis } from '../helpers/redis'

const TEXT = Array.from({ length: 60 }, (_, index) => `word${index}`).join(' ')

describeRedis('gateways and a worker apart', () => {
  let apart: Apart
  let first: GatewayProcess
  let second: GatewayProcess
  beforeAll(async () => {
    apart = await startApart()
    ;[first, second] = await Promise.all([apart.startGateway(), apart.startGateway(), apart.startWorker()])
  }, 60_000)
  afterAll(() => apart?.close(), 20_000)
  beforeEach(() => apart.simulator.reset())

  it('a gateway is killed in mid-stream: at another one the stream goes on where it stopped, no word twice, none missing, one call', async () => {
    const { simulator } = apart
    simulator.script('alpha', [{ answer: TEXT, tokenLatency: '50ms' }])
    const chat = streamChat(first.url, { key: 'moved' })
    await chat.words(3)
    const events = streamEvents(first.url, chat.generationId())
    await Promise.all([chat.words(10), events.words(10)])
    await first.kill()
    expect(await Promise.all([chat.ended, events.ended])).toEqual(['broken', 'broken'])
    expect([chat.whole(), events.whole()]).toEqual([false, false])

    await expectWhole(streamChat(second.url, { key: 'moved' }, chat), TEXT)
    await expectWhole(streamEvents(second.url, chat.generationId(), events), TEXT)
    expect(simulator.calls()).toHaveLength(1)
  }, 60_000)

  it('`attach` in a process without a worker delivers each token as it comes, and goes on after any position', async () => {
    const { simulator, holdfast } = apart
    simulator.script('alpha', [{ answer: TEXT, tokenLatency: '20ms' }])
    const { id } = await holdfast.start({ prompt: 'attach', stream: true })
    const attached: GenerationEvent<unknown>[] = []
    for await (const event of holdfast.attach(id)) {
      attached.push(event)
      if (attached.length === 10) break
    }
    expect(attached.map(({ type }) => type)).toEqual(Array(10).fill('text'))
    const after = attached.at(-1)?.position ?? 0
    for await (const event of holdfast.attach(id, { after })) attached.push(event)
    expect(attached.map((event) => (event.type === 'text' ? event.text : '')).join('')).toBe(TEXT)
    expect(attached.map(({ position }) => position)).toEqual(attached.map((_, index) => index + 1))
    expect(attached.at(-1)).toMatchObject({ type: 'done', result: { id, text: TEXT } })
    expect(simulator.calls()).toHaveLength(1)
  }, 60_000)

  it('a worker is killed after its last token and before Temporal knows: one answer, the same for all, paid once', async () => {
    const { simulator, holdfast, startWorker } = apart
    simulator.script('alpha', [{ answer: TEXT, tokenLatency: '25ms' }])
    const chat = streamChat(second.url, { key: 'published' })
    await chat.words(5)
    const id = chat.generationId()
    const holder = await apart.holderOf(id)
    holder.temporal.cut()
    await expectWhole(chat, TEXT)
    expect(await holdfast.status(id)).toMatchObject({ state: 'running' })
    await Promise.all([holder.kill(), startWorker()])
    expect(await holdfast.result(id)).toMatchObject({ text: TEXT, attempts: [{ number: 1 }] })
    await expectWhole(streamChat(second.url, { key: 'published' }), TEXT)
    expect(simulator.calls()).toHaveLength(1)
  }, 60_000)

  it('a gateway of two tenants has two connections to Redis; it and the worker each say once that Redis is gone, and once that it is back', async () => {
    const { simulator, redis } = apart
    simulator.script('alpha', [{ answer: TEXT, tokenLatency: '50ms', times: 2 }, { answer: TEXT }])
    const before = await redisConnections(redis.url)
    const gateway = await apart.startGateway({ HOLDFAST_API_KEYS: 'acme:acme-key,globex:globex-key' })
    const chats = ['acme-key', 'globex-key'].map((apiKey) => streamChat(gateway.url, { apiKey }))
    await Promise.all(chats.map((chat) => chat.words(5)))
    expect(await redisConnections(redis.url)).toBe(before + 2)

    const processes = [gateway, ...apart.workers()].map(({ command }) => command)
    await redis.kill()
    await Promise.all(chats.map((chat) => expectWhole(chat, TEXT)))
    await redis.start()
    await until('all are there again', async () => (await redisConnections(redis.url)) === before + 2)
    await expectWhole(streamChat(gateway.url, { apiKey: 'acme-key', key: 'again' }), TEXT)
    expect(processes.map(eventsOf)).toEqual([
      ['delivery_down', 'delivery_back'],
      ['delivery_down', 'delivery_back'],
    ])
    expect(simulator.calls()).toHaveLength(3)
  }, 60_000)
})

async function redisConnections(url: string): Promise<number> {
  const client = createClient({ url })
  await client.connect()
  const all = await client.clientList()
  client.destroy()
  return all.length
}

const eventsOf = (command: Command): string[] =>
  [...command.stderr().matchAll(/"event":"(delivery_\w+)"/g)].map(([, event = '']) => event)
