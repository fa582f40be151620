import { vectorOf } from '../../../src/domain/embedding/vectors'
import type { EmbedTask } from '../../../src/domain/request/request'
import type { ModelFacts } from '../../../src/domain/routing/route'
import { wireFormat } from '../../../src/formats/outbound'
import { embeddings } from '../../../src/formats/outbound/embeddings'
import type { EncodeInput } from '../../../src/formats/outbound/wire-format'

const MODEL = 'text-embedding-3-small'
const ONES = [1, 1, 1, 1]
const TWOS = [2, 2, 2, 2]

const inputOf = (more: Partial<EncodeInput> = {}, task: Partial<EmbedTask> = {}): EncodeInput => ({
  request: { messages: [], task: { type: 'embed', input: ['a', 'b'], ...task } },
  provider: 'alpha',
  model: MODEL,
  facts: {},
  stream: false,
  unsupportedParams: 'fail',
  ...more,
})

const item = (index: unknown, embedding: unknown) => ({ object: 'embedding', index, embedding })
const listOf = (data: unknown, model: unknown = MODEL) => ({
  object: 'list',
  data,
  model,
  usage: { prompt_tokens: 3, total_tokens: 3 },
})
const two = (first: unknown, second: unknown) => listOf([item(0, first), item(1, second)])
const decoded = (body: unknown, input = inputOf()) =>
  embeddings.decode(typeof body === 'string' ? body : JSON.stringify(body), input)
const floats = (...numbers: number[]): string =>
  Buffer.from(new Float32Array(numbers).buffer).toString('base64')

it('vectors in base64 and as numbers are the same', () => {
  const vectors = [vectorOf(ONES), vectorOf(TWOS)]
  const answer = { text: '', embeddings: vectors, usage: { inputTokens: 3, outputTokens: 0 }, model: MODEL }
  expect(decoded(two(ONES, TWOS))).toMatchObject({ ok: true, value: answer })
  expect(decoded(two(floats(...ONES), floats(...TWOS)))).toMatchObject({ ok: true, value: answer })
})

it('places and usage need not be said', () => {
  const data = [{ embedding: ONES }, { embedding: TWOS, index: null }]
  expect(decoded({ data })).toMatchObject({ ok: true, value: { usage: null, model: null } })
})

describe('EMBEDDINGS-1 a call has failed whose vectors are', () => {
  it.each<[string, unknown, RegExp]>([
    ['too few', listOf([item(0, ONES)]), /^1 vectors for 2 inputs/],
    ['too many', listOf([item(0, ONES), item(1, ONES), item(2, ONES)]), /^3 vectors for 2 inputs/],
    ['in another order', listOf([item(1, ONES), item(0, TWOS)]), /at 0 says that it is another one/],
    ['one of them twice', listOf([item(0, ONES), item(0, TWOS)]), /at 1 says that it is another one/],
    ['at places that are none', listOf([item('0', ONES), item(1, TWOS)]), /at 0 says/],
    ['of different sizes', two(ONES, [1, 1]), /at 1 has 2 numbers, not 4/],
    ['with null for a number', two(ONES, [null, 1, 1, 1]), /at 1 is none/],
    ['with a text for a number', two(ONES, ['1', 1, 1, 1]), /at 1 is none/],
    ['with a number past all floats', two(ONES, [1e300, 1, 1, 1]), /at 1 is none/],
    ['empty', two([], []), /at 0 is none/],
    ['with NaN', two(ONES, floats(1, Number.NaN, 1, 1)), /at 1 is none/],
    ['with infinity', two(ONES, floats(1, 1, 1, Number.NEGATIVE_INFINITY)), /at 1 is none/],
    ['cut', two(ONES, floats(...ONES).slice(0, -4)), /at 1 is none/],
    ['no base64', two(ONES, 'no base64!!!'), /at 1 is none/],
    [
      'of another model',
      listOf([item(0, ONES), item(1, TWOS)], 'text-embedding-3-large'),
      /another model, "text-embedding-3-large"/,
    ],
    ['of no shape', { data: null }, /none of the shapes/],
    ['in no list', two({ a: 1 }, ONES), /none of the shapes/],
    ['an answer of words', { choices: [{ message: { content: 'hi' } }] }, /none of the shapes/],
    ['HTML', '<html>', /not whole JSON/],
    ['cut JSON', JSON.stringify(two(ONES, TWOS)).slice(0, -9), /not whole JSON/],
    ['nothing', '', /not whole JSON/],
  ])('%s', (_, body, message) => {
    const outcome = decoded(body)
    expect(outcome).toMatchObject({ ok: false, failure: { class: 'bad_response' } })
    expect(outcome.ok ? '' : outcome.failure.message).toMatch(message)
  })

  it.each<[string, Partial<EmbedTask>, ModelFacts]>([
    ['the request', { dimensions: 3 }, {}],
    ['the facts of the model', {}, { dimensions: 3 }],
    ['the request, whatever the facts', { dimensions: 3 }, { dimensions: 4 }],
  ])('of another size than %s says', (_, task, facts) => {
    expect(decoded(two(ONES, TWOS), inputOf({ facts }, task))).toMatchObject({
      ok: false,
      failure: { message: 'the vector at 0 has 4 numbers, not 3' },
    })
  })

  it('an error inside a 200', () => {
    const body = { error: { message: 'slow down', code: 'rate_limit_exceeded' } }
    expect(decoded(body)).toMatchObject({ ok: false, failure: { class: 'rate_limited' } })
  })
})

it.each([
  [MODEL, MODEL, undefined],
  ['Text-Embedding-3-Small', MODEL, undefined],
  [`openai/${MODEL}`, MODEL, undefined],
  [MODEL, `openai/${MODEL}`, undefined],
  ['nomic-embed-text:latest', 'nomic-embed-text', undefined],
  ['text-embedding-ada-002-v2', 'text-embedding-ada-002', undefined],
  [MODEL, 'search-eu', MODEL],
  ['search-eu', 'search-eu', MODEL],
])('%s is what %s may be called', (reported, model, sharesModel) => {
  const facts = sharesModel === undefined ? {} : { sharesModel }
  expect(decoded(listOf([item(0, ONES), item(1, TWOS)], reported), inputOf({ model, facts })).ok).toBe(true)
})

it('base64 is asked for where the API is of its maker, numbers elsewhere, and a request has its fields', () => {
  const params = { providerOptions: { alpha: { input_type: 'query', model: 'x' } } }
  const input = inputOf({}, { dimensions: 8, input: [[1, 2], 'b'] })
  const encoded = embeddings.encode({ ...input, request: { ...input.request, params } })
  expect(encoded).toMatchObject({
    ok: true,
    value: {
      path: '/embeddings',
      body: { model: MODEL, input: [[1, 2], 'b'], dimensions: 8, input_type: 'query' },
    },
  })
  const native = embeddings.encode(inputOf({ native: true }))
  expect(native).toMatchObject({
    value: { body: { model: MODEL, input: ['a', 'b'], encoding_format: 'base64' } },
  })
})

it('which APIs make vectors, and which count tokens', () => {
  const apis = ['openai-responses', 'openai-chat', 'openai-completions', 'anthropic-messages'] as const
  const tasks = apis.map((api) => [
    api,
    wireFormat(api).embed !== undefined,
    wireFormat(api).count !== undefined,
  ])
  expect(tasks).toEqual([
    ['openai-responses', true, true],
    ['openai-chat', true, false],
    ['openai-completions', true, false],
    ['anthropic-messages', false, true],
  ])
})
