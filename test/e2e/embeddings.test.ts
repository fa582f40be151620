/** `POST /v1/embeddings` by the official client, and `holdfast.embed`. */
import * as ai7 from 'ai'
import * as ai6 from 'ai6'
import * as version3 from 'holdfast/ai'
import * as version4 from 'holdfast/ai7'
import OpenAI from 'openai'
import { vectorOf } from '../../src/domain/embedding/vectors'
import { readRun, redactHistory } from '../../src/history'
import { historyToJson } from '../../src/temporal/history-json'
import { gatewayOver, metric, type TestGateway } from '../helpers/gateway'
import { until } from '../helpers/processes'
import { holdfastError, type Stack, startStack } from '../helpers/stack'

const MODEL = 'text-embedding-3-small'
const DIMENSIONS = 1_536
/** So many vectors of 1,536 numbers are a part. */
const PART = 59

const config = (url: string): string => `
providers:
  alpha: { api: openai-chat, baseUrl: ${url}/alpha/v1, auth: none }
  beta: { api: openai-responses, baseUrl: ${url}/beta/v1, auth: none }
  gamma: { api: anthropic-messages, baseUrl: ${url}/gamma/v1, auth: none }
models:
  alpha/${MODEL}: { dimensions: ${DIMENSIONS}, inputPerMillion: 0.02 }
  beta/text-embedding-eu: { sharesModel: ${MODEL}, dimensions: ${DIMENSIONS}, inputPerMillion: 0.02 }
defaults: { circuit: false, retry: { initialInterval: 20ms } }
cache: { store: memory }
routes:
  search:
    kind: embeddings
    candidates: [alpha/${MODEL}, beta/text-embedding-eu]
  kept:
    kind: embeddings
    candidates: [alpha/${MODEL}, beta/text-embedding-eu]
    cache: { ttl: 1h }
  words: { candidates: [alpha/model-a] }
`

const texts = (count: number): string[] => Array.from({ length: count }, (_, index) => `text ${index}`)

let stack: Stack
let gateway: TestGateway
let openai: OpenAI

beforeAll(async () => {
  stack = await startStack({ config, delivery: true })
  gateway = await gatewayOver(stack, config)
  openai = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: 'none', maxRetries: 0 })
})
afterAll(async () => {
  await gateway.close()
  await stack.close()
})
beforeEach(() => stack.simulator.reset())

const calls = (target: string) =>
  stack.simulator.calls().filter(({ provider, model }) => `${provider}/${model}` === target)

describe('the openai client', () => {
  it('gets the same vectors in base64, which it asks for unasked, and as numbers', async () => {
    const input = ['one', 'two']
    const { data: inBase64 } = await openai.embeddings.create({ model: 'search', input })
    const asNumbers = await openai.embeddings.create({ model: 'search', input, encoding_format: 'float' })
    expect(inBase64.map(({ embedding }) => embedding.length)).toEqual([DIMENSIONS, DIMENSIONS])
    expect(inBase64[0]?.embedding[0]).not.toBe(inBase64[1]?.embedding[0])
    expect(inBase64.map(({ embedding }) => [...embedding])).toEqual(
      asNumbers.data.map(({ embedding }) => embedding),
    )
    expect(asNumbers).toMatchObject({ object: 'list', model: `alpha/${MODEL}` })
    expect(asNumbers.usage.total_tokens).toBe(asNumbers.usage.prompt_tokens)
    expect(asNumbers.usage.total_tokens).toBeGreaterThan(0)
  })

  it('sends dimensions, ids of tokens, one text, and fields of a provider', async () => {
    const { data } = await openai.embeddings.create({
      model: `alpha/${MODEL}`,
      input: [[1, 2], [3]],
      dimensions: 8,
      user: 'u',
      ...{ holdfast: { providerOptions: { alpha: { input_type: 'query' } } } },
    })
    expect(data.map(({ embedding }) => embedding.length)).toEqual([8, 8])
    await openai.embeddings.create({ model: 'search', input: [7, 8, 9] })
    await openai.embeddings.create({ model: 'search', input: 'alone' })
    expect(stack.simulator.calls().map(({ body }) => body)).toEqual([
      { model: MODEL, input: [[1, 2], [3]], dimensions: 8, input_type: 'query' },
      { model: MODEL, input: [[7, 8, 9]] },
      { model: MODEL, input: ['alone'] },
    ])
  })

  it('gets vectors of the same model by another provider, whose word for it is its own', async () => {
    stack.simulator.script('alpha', [{ status: 503 }])
    const { data, response } = await openai.embeddings.create({ model: 'search', input: 'x' }).withResponse()
    expect(data.model).toBe('beta/text-embedding-eu')
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'x-holdfast-target': 'beta/text-embedding-eu',
      'x-holdfast-attempts': '3',
      'x-holdfast-cache': 'miss',
    })
  })

  it.each([
    [[], /one input at least/],
    ['', /input.0: is empty/],
    [['a', ''], /input.1: is empty/],
    [[[]], /input/],
    [texts(2_049), /2049 inputs, the most is 2048/],
    [[1, 'a'], /input: write a text/],
    [[-1], /input/],
  ])('%#: learns what is wrong with its input before anything is sent', async (input, message) => {
    const error = await openai.embeddings.create({ model: 'search', input: input as never }).catch((e) => e)
    expect(error).toMatchObject({ status: 400 })
    expect(String(error.message)).toMatch(message)
    expect(stack.simulator.calls()).toEqual([])
  })

  it('learns that a route of words makes no vectors, and one of vectors answers nothing', async () => {
    const vectors = await openai.embeddings.create({ model: 'words', input: 'x' }).catch((e) => e)
    expect(vectors).toMatchObject({ status: 400, message: expect.stringContaining('makes no vectors') })
    const messages = [{ role: 'user' as const, content: 'x' }]
    const words = await openai.chat.completions.create({ model: 'search', messages }).catch((e) => e)
    expect(words).toMatchObject({ status: 400, message: expect.stringContaining('answers no messages') })
  })

  it('learns that an API makes no vectors', async () => {
    const error = await openai.embeddings.create({ model: 'gamma/model-c', input: 'x' }).catch((e) => e)
    expect(error).toMatchObject({ status: 400, message: expect.stringContaining('makes no vectors') })
  })
})

describe('many inputs', () => {
  const input = texts(3 * PART)

  it('are parts, side by side in the order of the inputs, and counted together', async () => {
    const before = await metric(gateway, `tokens_total{target="alpha/${MODEL}",direction="input"}`)
    const { data, usage } = await openai.embeddings.create({ model: 'search', input })
    expect(data.map(({ index }) => index)).toEqual(input.map((_, index) => index))
    const alone = await openai.embeddings.create({ model: 'search', input: [input.at(-1) ?? ''] })
    expect(data.at(-1)?.embedding).toEqual(alone.data[0]?.embedding)
    expect(calls(`alpha/${MODEL}`)).toHaveLength(4)
    // A call is counted when it has ended, a moment after its caller has the answer.
    await until('all are counted', async () => {
      const after = await metric(gateway, `tokens_total{target="alpha/${MODEL}",direction="input"}`)
      return after - before === usage.total_tokens + alone.usage.total_tokens
    })
  })

  it('fail as a whole, and by an idempotency key no part is paid twice', async () => {
    const request = { route: 'search', input: texts(2 * PART + 1), idempotencyKey: `parts-${Date.now()}` }
    // Two parts get their vectors, the third finds nobody.
    stack.simulator.script('alpha', [{ times: 2 }, { status: 503, times: 2 }])
    stack.simulator.script('beta', [{ status: 503, times: 2 }])
    const error = await holdfastError(stack.holdfast.embed(request))
    expect(error).toMatchObject({ kind: 'all_failed', accepted: true })
    expect(error.message).toMatch(/^input\.\d+ to input\.\d+: All candidates failed/)
    const whole = await stack.holdfast.embed(request)
    expect(whole.embeddings).toHaveLength(2 * PART + 1)
    expect(calls(`alpha/${MODEL}`).filter(({ outcome }) => outcome === 'answered')).toHaveLength(3)
  })

  it('are kept part by part', async () => {
    const request = { route: 'kept', input: texts(PART + 1) }
    const first = await stack.holdfast.embed(request)
    const again = await stack.holdfast.embed(request)
    expect(first.generations.map(({ served }) => served)).toEqual(['provider', 'provider'])
    expect(again.generations.map(({ served }) => served)).toEqual(['cache', 'cache'])
    expect(again.embeddings).toEqual(first.embeddings)
    expect(first.costUsd).toBeCloseTo(((first.usage?.inputTokens ?? 0) * 0.02) / 1e6, 12)
  })
})

describe('a recorded part', () => {
  it('says how many inputs it has, and redacted nothing of them or of their vectors', async () => {
    const { generations, embeddings } = await stack.holdfast.embed({
      route: 'search',
      input: ['a secret', 'another secret'],
    })
    const handle = stack.client.workflow.getHandle(generations[0]?.id ?? '')
    await handle.result()
    const history = historyToJson(await handle.fetchHistory())
    const run = readRun(history)
    expect(run).toMatchObject({
      request: { messages: 0, inputs: 2, characters: 22, streaming: false },
      outcome: { type: 'answered', target: `alpha/${MODEL}` },
    })
    expect(run.costUsd).toBeGreaterThan(0)
    const redacted = JSON.stringify(readRun(redactHistory(history)))
    expect(redacted).not.toContain('secret')
    expect(redacted).not.toContain(vectorOf(embeddings[0] ?? [])?.slice(0, 40))
    expect(redacted).toContain('"type":"embed"')
  })

  it('stands in the list like any generation, and says in the Web UI which route made it', async () => {
    const { generations } = await stack.holdfast.embed({ route: 'search', input: 'x' })
    const described = await stack.client.workflow.getHandle(generations[0]?.id ?? '').describe()
    expect(described.type).toBe('generation')
    expect(await described.staticSummary?.()).toBe(`search: alpha/${MODEL}, beta/text-embedding-eu`)
  })
})

describe.each([
  { name: 'AI SDK 7 with holdfast/ai7', sdk: ai7, entry: version4 },
  {
    name: 'AI SDK 6 with holdfast/ai',
    sdk: ai6 as unknown as typeof ai7,
    entry: version3 as unknown as typeof version4,
  },
])('$name', ({ sdk, entry: { createHoldfastProvider } }) => {
  const { APICallError, embed, embedMany } = sdk
  const model = () =>
    createHoldfastProvider({ client: stack.holdfast }).embeddingModel('search', { dimensions: 4 })

  it('embeds one value and many, with usage and the facts of Holdfast', async () => {
    const one = await embed({ model: model(), value: 'a' })
    const many = await embedMany({ model: model(), values: ['a', 'b'] })
    expect(many.embeddings).toHaveLength(2)
    expect(many.embeddings[0]).toEqual(one.embedding)
    expect(one.embedding).toHaveLength(4)
    expect(many.usage.tokens).toBeGreaterThan(0)
    expect(many.providerMetadata?.holdfast).toMatchObject({
      route: 'search',
      generations: [{ target: `alpha/${MODEL}`, served: 'provider' }],
    })
  })

  it('has the error of Holdfast, which it does not try again', async () => {
    const given = {
      model: createHoldfastProvider({ client: stack.holdfast }).embeddingModel('words'),
      value: 'a',
    }
    const error = await embed(given).catch((thrown: unknown) => thrown)
    expect(APICallError.isInstance(error)).toBe(true)
    expect(error).toMatchObject({ statusCode: 400, message: expect.stringContaining('makes no vectors') })
  })
})

it('a provider whose vectors are wrong has failed, and another one of the same model is called', async () => {
  const body = { object: 'list', data: [], model: MODEL }
  stack.simulator.script('alpha', [{ body }])
  const { generations, embeddings } = await stack.holdfast.embed({ route: 'search', input: ['a', 'b'] })
  expect(embeddings.map(({ length }) => length)).toEqual([DIMENSIONS, DIMENSIONS])
  const [first, second, third] = generations[0]?.attempts ?? []
  expect(first).toMatchObject({ failure: { class: 'bad_response', message: '0 vectors for 2 inputs' } })
  expect([second?.target, third?.target]).toEqual([`alpha/${MODEL}`, 'beta/text-embedding-eu'])
})
