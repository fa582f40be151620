/** What a gateway and its worker count of generations, whoever goes away and whatever has to be rescued. */
import { type Generation, type GenerationEvent, HoldfastError } from '../../src/client'
import type { InternalHoldfast } from '../../src/client/internal'
import { gatewayOver, metric, parseEvents, type TestGateway, testGateway } from '../helpers/gateway'
import { until } from '../helpers/processes'
import { type Stack, startStack } from '../helpers/stack'

const CHAT = '/v1/chat/completions'
const WORDS = Array.from({ length: 60 }, (_, index) => `word${index}`).join(' ')
const chatBody = { model: 'default', stream: true, messages: [{ role: 'user', content: 'hi' }] }
const outcome = (name: string, served = 'none', route = 'default'): string =>
  `generations_total{route="${route}",outcome="${name}",served="${served}"}`
const rescues = (kind: string): string => `rescues_total{kind="${kind}"}`

const config = (url: string): string => `
providers:
  alpha: { api: openai-chat, baseUrl: ${url}/alpha/v1, auth: none }
  beta: { api: anthropic-messages, baseUrl: ${url}/beta/v1, auth: none }
models:
  beta/continues: { prefill: true }
defaults: { circuit: false, retry: { maximumAttempts: 1 }, timeouts: { idle: 400ms, firstToken: 5s } }
routes:
  default: { candidates: [alpha/model-a, beta/model-b] }
  prefill: { candidates: [alpha/model-a, beta/continues] }
`

/** The values of a scrape, by name without `holdfast_` and labels; generations without whose answer they had. */
function linesOf(text: string): Map<string, number> {
  const values = new Map<string, number>()
  for (const line of text.split('\n')) {
    const [, name, value] = /^holdfast_(\S+) (\S+)$/.exec(line) ?? []
    if (name === undefined) continue
    const key = name.replace(/(?<=^generations_total.*),target="[^"]*"/, '')
    values.set(key, (values.get(key) ?? 0) + Number(value))
  }
  return values
}

/** A client that reads the first text, and disconnects. */
async function leaves(gateway: TestGateway, body: object, headers = {}): Promise<void> {
  const left = new AbortController()
  const init = { method: 'POST', body: JSON.stringify(body), signal: left.signal }
  const response = await gateway.ask(CHAT, {
    ...init,
    headers: { 'content-type': 'application/json', ...headers },
  })
  for await (const _ of response.body ?? []) break
  left.abort()
  await until('it is noticed', () => gateway.lines().some(({ cut }) => cut === true))
}

describe('over a worker', () => {
  let stack: Stack
  let gateway: TestGateway
  /** As `until`, since the test began. */
  let counted: (line: string) => Promise<number>
  beforeAll(async () => {
    stack = await startStack({ config })
  })
  afterAll(() => stack.close())
  beforeEach(async () => {
    stack.simulator.reset()
    gateway = await gatewayOver(stack, config)
    const before = linesOf(await stack.metrics.text())
    const now = async () => linesOf(await (await gateway.ask('/metrics')).text())
    counted = async (line) => ((await now()).get(line) ?? 0) - (before.get(line) ?? 0)
  })
  afterEach(() => gateway.close())

  const isCounted = (line: string, number = 1) =>
    until(`${line} is counted`, async () => (await counted(line)) === number)

  const cutAfter40 = { answer: WORDS, cut: { after: 40 }, tokenLatency: '2ms' } as const

  it.each([
    ['prefill', 'prefill', { answer: ' and in other words, the end' }],
    ['prefix', 'default', { answer: WORDS }],
    ['restart', 'default', { answer: 'something else altogether' }],
  ])('a cut answer that is made whole by %s is counted as that', async (kind, model, rest) => {
    stack.simulator.script('alpha', [cutAfter40])
    stack.simulator.script('beta', [rest])
    const body = { ...chatBody, model, holdfast: { restarts: 'event' } }
    expect(await (await gateway.post(CHAT, body)).text()).toMatch(/data: \[DONE\]\n\n$/)
    await isCounted(rescues(kind))
    for (const one of ['prefill', 'prefix', 'restart', 'failed'])
      expect([one, await counted(rescues(one))]).toEqual([one, one === kind ? 1 : 0])
  })

  it('a cut stream that ends in an error is counted as failed', async () => {
    stack.simulator.script('alpha', [cutAfter40])
    stack.simulator.script('beta', [{ fault: 'server_error' }])
    const events = parseEvents(await (await gateway.post(CHAT, chatBody)).text())
    expect(events.at(-1)?.data).toContain('"error"')
    expect(await counted(rescues('failed'))).toBe(1)
    await isCounted(outcome('all_failed'))
  })

  it('a client that hangs up in mid-stream is a cancelled generation, and no failed rescue', async () => {
    stack.simulator.script('alpha', [{ words: 1_000, tokenLatency: '20ms' }])
    await leaves(gateway, chatBody)
    await isCounted(outcome('cancelled'))
    expect(await counted(rescues('failed'))).toBe(0)
    expect(await metric(gateway, 'streams_open')).toBe(0)
  })

  it('a client that leaves its key behind and comes back gets an answer that is counted once', async () => {
    stack.simulator.script('alpha', [{ words: 40, tokenLatency: '20ms' }])
    const key = { 'idempotency-key': `left-${stack.taskQueue}` }
    await leaves(gateway, chatBody, key)
    for (const _ of [1, 2])
      expect(await (await gateway.post(CHAT, chatBody, key)).text()).toMatch(/data: \[DONE\]\n\n$/)
    await isCounted(outcome('answered', 'provider'))
    expect(await counted(outcome('cancelled'))).toBe(0)
    expect(await counted(rescues('failed'))).toBe(0)
    expect(stack.simulator.calls()).toHaveLength(1)
  })

  it('a listener that leaves is no end of its generation', async () => {
    stack.simulator.script('alpha', [{ words: 60, tokenLatency: '20ms' }])
    const begun = await (await gateway.post('/v1/generations', { prompt: 'hi' })).json()
    const { eventsUrl } = begun as { eventsUrl: string }
    const left = new AbortController()
    const listening = await gateway.ask(eventsUrl, { signal: left.signal })
    for await (const piece of listening.body ?? []) if (Buffer.from(piece).includes('event: text')) break
    left.abort()
    await until('it is noticed', () => gateway.lines().some(({ cut }) => cut === true))
    expect(await (await gateway.ask(eventsUrl)).text()).toContain('event: done')
    await isCounted(outcome('answered', 'provider'))
    expect(await counted(outcome('cancelled', 'none', 'other'))).toBe(0)
    expect(await counted(rescues('failed'))).toBe(0)
  })
})

describe('over a scripted client', () => {
  let gateway: TestGateway
  afterEach(() => gateway.close())
  const over = async (open: unknown): Promise<void> => {
    const clientFor = async () => ({ open, close: async () => undefined }) as unknown as InternalHoldfast
    gateway = await testGateway({ clientFor })
  }

  it('a client that goes while its generation is started leaves no stream open', async () => {
    let start = (): void => undefined
    let signal: AbortSignal | undefined
    await over(async (request: { signal: AbortSignal }) => {
      signal = request.signal
      await new Promise<void>((resolve) => {
        start = resolve
      })
      // biome-ignore lint/correctness/useYield: it ends before it says anything.
      async function* events(): AsyncGenerator<GenerationEvent<Generation>> {
        throw new HoldfastError({ kind: 'cancelled', message: 'gone', accepted: true, generationId: 'g1' })
      }
      return { id: 'g1', events }
    })
    const left = new AbortController()
    const init = { method: 'POST', body: JSON.stringify(chatBody), signal: left.signal }
    const asking = gateway.ask(CHAT, { ...init, headers: { 'content-type': 'application/json' } })
    asking.catch(() => undefined)
    await until('it is called', () => signal !== undefined)
    left.abort()
    await until('it has gone', () => signal?.aborted === true)
    start()
    await until('it has ended', () => gateway.lines().some(({ event }) => event === 'http'))
    expect(await metric(gateway, 'streams_open')).toBe(0)
  })
})
