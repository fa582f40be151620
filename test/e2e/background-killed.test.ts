/** Workers and gateways killed while a response is made in the background: OpenAI's own background mode, and ours. */
import OpenAI from 'openai'
import type { ResponseStreamEvent } from 'openai/resources/responses/responses'
import { type Apart, startApart } from '../helpers/apart'
import { collect } from '../helpers/collect'
import { expectWhole, streamChat } from '../helpers/listening'
import { describeRedis } from '../helpers/redis'

const TEXT = Array.from({ length: 60 }, (_, index) => `word${index}`).join(' ')

const textOf = (events: readonly ResponseStreamEvent[]): string =>
  events.map((event) => (event.type === 'response.output_text.delta' ? event.delta : '')).join('')

describeRedis('killed in the background', () => {
  let apart: Apart
  let gatewayUrl: string
  beforeAll(async () => {
    apart = await startApart()
    const [gateway] = await Promise.all([apart.startGateway(), apart.startWorker()])
    gatewayUrl = gateway.url
  }, 60_000)
  afterAll(() => apart?.close(), 20_000)
  beforeEach(() => apart.simulator.reset())

  it('a worker in mid-call: another one reads the response on: one paid call, each word once', async () => {
    const { simulator, holdfast, startWorker } = apart
    simulator.script('delta', [{ answer: TEXT, tokenLatency: '40ms' }])
    const chat = streamChat(gatewayUrl, { key: 'adopted', model: 'background' })
    await chat.words(10)
    const holder = await apart.holderOf(chat.generationId())
    await Promise.all([holder.kill(), startWorker()])
    await expectWhole(chat, TEXT)
    expect(await holdfast.result(chat.generationId())).toMatchObject({
      text: TEXT,
      attempts: [{ failure: { class: 'worker_lost' } }, { adopted: true }],
    })
    expect(simulator.calls().map(({ outcome }) => outcome)).toEqual(['answered'])
  }, 60_000)

  it('a worker that did not get the end of it: the response is there already, and is not paid again', async () => {
    const { simulator, holdfast, startWorker } = apart
    simulator.script('delta', [{ answer: TEXT, tokenLatency: '20ms' }])
    const chat = streamChat(gatewayUrl, { key: 'deaf', model: 'background' })
    await chat.words(5)
    const holder = await apart.holderOf(chat.generationId())
    holder.command.kill('SIGSTOP')
    await simulator.waitForCalls(1, { outcome: 'answered' })
    await Promise.all([holder.kill(), startWorker()])
    await expectWhole(chat, TEXT)
    expect(await holdfast.result(chat.generationId())).toMatchObject({
      text: TEXT,
      attempts: [{}, { adopted: true }],
    })
    expect(simulator.calls()).toHaveLength(1)
  }, 60_000)

  it('a gateway and a worker, of a response on a provider without such a mode: it is retrieved, streamed on and cancelled', async () => {
    const { simulator, startWorker, startGateway } = apart
    simulator.script('alpha', [{ answer: TEXT, tokenLatency: '40ms' }])
    const clientOf = (url: string) => new OpenAI({ baseURL: `${url}/v1`, apiKey: 'none', maxRetries: 0 })
    const gateway = await startGateway()
    const first = clientOf(gateway.url)
    const begun = await first.responses.create({
      model: 'default',
      input: 'go on',
      background: true,
      stream: true,
    })
    const seen: ResponseStreamEvent[] = []
    for await (const event of begun) {
      seen.push(event)
      if (textOf(seen).length > 60) break
    }
    const [created] = seen
    const id = created?.type === 'response.created' ? created.response.id : ''
    const holder = await apart.holderOf(id.replace(/^resp_/, ''))
    await Promise.all([gateway.kill(), holder.kill()])

    const [again] = await Promise.all([startGateway(), startWorker()])
    const second = clientOf(again.url)
    const after = seen.at(-1)?.sequence_number ?? -1
    const rest = await collect(await second.responses.retrieve(id, { stream: true, starting_after: after }))
    expect(textOf([...seen, ...rest])).toBe(TEXT)
    expect(rest.at(-1)).toMatchObject({ type: 'response.completed' })
    // Its words are there before Temporal knows of its end.
    await apart.holdfast.result(id.replace(/^resp_/, ''))
    expect(await second.responses.retrieve(id)).toMatchObject({ status: 'completed', output_text: TEXT })

    simulator.script('alpha', [{ words: 3, tokenLatency: '1h' }])
    const { id: endless } = await second.responses.create({
      model: 'default',
      input: 'for ever',
      background: true,
    })
    await simulator.waitForCalls(1, { outcome: 'in_flight' })
    await again.kill()
    const third = clientOf((await startGateway()).url)
    expect(await third.responses.cancel(endless)).toMatchObject({ id: endless, status: 'cancelled' })
    await simulator.waitForCalls(1, { outcome: 'client_aborted' })
  }, 90_000)
})
