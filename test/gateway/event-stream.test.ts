/** Streams of the gateway, over generations that say what a test wants. No Temporal behind it. */
import * as net from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'
import { type Generation, type GenerationEvent, HoldfastError } from '../../src/client'
import type { InternalHoldfast } from '../../src/client/internal'
import type { Limits } from '../../src/gateway/limits'
import {
  type ErrorBody,
  jsonOf,
  metric,
  parseEvents,
  type TestGateway,
  testGateway,
} from '../helpers/gateway'
import { until } from '../helpers/processes'

const CHAT = '/v1/chat/completions'
const streamBody = { model: 'default', stream: true, messages: [{ role: 'user', content: 'hi' }] }
const target = 'alpha/model-a'
type Event = GenerationEvent<Generation>

const text = (position: number, words: string): Event => ({ type: 'text', position, text: words, target })
const done = (position: number, fields: Partial<Generation> = {}): Event => ({
  type: 'done',
  position,
  result: {
    id: 'g1',
    route: 'default',
    target,
    served: 'provider',
    text: '',
    toolCalls: [],
    finishReason: { unified: 'stop', raw: 'stop' },
    usage: null,
    model: null,
    responseId: null,
    attempts: [],
    costUsd: null,
    output: undefined,
    timings: { startedAt: 0, finishedAt: 0, totalMs: 0 },
    webUrl: '',
    ...fields,
  },
})
const failed = (position: number): Event => ({
  type: 'attempt',
  position,
  attempt: { candidate: 0, target, number: 1, startedAt: 0, durationMs: 1 },
})
const cutStream = new HoldfastError({
  kind: 'unavailable',
  message: 'The answer was cut',
  accepted: true,
  generationId: 'g1',
})

let gateway: TestGateway
let signal: AbortSignal | undefined
afterEach(() => gateway.close())

/** Every request of it opens a generation with these events. */
async function over(events: (after: number) => AsyncGenerator<Event>, limits: Partial<Limits> = {}) {
  const open: unknown = async (request: { signal: AbortSignal }) => {
    signal = request.signal
    return { id: 'g1', events: ({ after = 0 }) => events(after), result: () => new Promise(() => undefined) }
  }
  const clientFor = async () => ({ open, close: async () => undefined }) as unknown as InternalHoldfast
  gateway = await testGateway({ clientFor, limits })
  return gateway
}

const datas = (body: string): unknown[] =>
  parseEvents(body).flatMap(({ data }) =>
    data === undefined ? [] : data === '[DONE]' ? data : JSON.parse(data),
  )
const contents = (body: string): string =>
  (datas(body) as { choices?: { delta?: { content?: string } }[] }[])
    .map(({ choices }) => choices?.[0]?.delta?.content ?? '')
    .join('')

it('a stream has its target and attempts in the headers, positions in its ids, and ends with [DONE]', async () => {
  const { post } = await over(async function* () {
    yield failed(1)
    yield text(2, 'one ')
    await turn()
    await turn()
    yield text(3, 'two')
    yield done(4)
  })
  const response = await post(CHAT, streamBody)
  expect(Object.fromEntries(response.headers)).toMatchObject({
    'content-type': 'text/event-stream; charset=utf-8',
    'x-accel-buffering': 'no',
    'x-content-type-options': 'nosniff',
    'x-holdfast-generation': 'g1',
    'x-holdfast-target': target,
    'x-holdfast-attempts': '2',
    'x-holdfast-cache': 'miss',
  })
  const body = await response.text()
  expect(contents(body)).toBe('one two')
  expect(parseEvents(body).map(({ id }) => id)).toEqual(['2', '3', '4', ''])
  expect(body.endsWith('data: [DONE]\n\n')).toBe(true)
})

it('an answer that comes whole is described whole: a hit of the cache says so', async () => {
  const { post } = await over(async function* () {
    yield text(0.5, 'kept')
    yield done(1, { served: 'cache' })
  })
  const { headers } = await post(CHAT, streamBody)
  expect(headers.get('x-holdfast-cache')).toBe('hit')
  expect(headers.get('x-holdfast-attempts')).toBe('0')
})

it('a failure before the first content has its own status, although calls have failed before', async () => {
  const { post } = await over(async function* () {
    yield failed(1)
    await turn()
    await turn()
    throw new HoldfastError({
      kind: 'deadline_exceeded',
      message: 'late',
      accepted: true,
      generationId: 'g1',
    })
  })
  const response = await post(CHAT, streamBody)
  expect(response.status).toBe(504)
  expect(response.headers.get('x-holdfast-generation')).toBe('g1')
})

it.each([
  [CHAT, streamBody, (body: string) => datas(body).at(-1), { error: { message: 'The answer was cut' } }],
  [
    '/v1/messages',
    { ...streamBody, max_tokens: 10 },
    (body: string) => parseEvents(body).at(-1),
    { event: 'error', data: expect.stringContaining('The answer was cut') },
  ],
])(
  'a failure after it is sent inside the stream of %s, which has no end marker',
  async (where, body, last, error) => {
    const { post } = await over(async function* () {
      yield text(1, 'half an ans')
      await turn()
      await turn()
      throw cutStream
    })
    const response = await post(where, body)
    expect(response.status).toBe(200)
    const all = await response.text()
    expect(last(all)).toMatchObject(error)
    expect(all).not.toMatch(/\[DONE\]|finish_reason":"|message_stop/)
  },
)

it('an internal error inside a stream is sent and logged, and the stream ends', async () => {
  const { post, lines } = await over(async function* () {
    yield text(1, 'half')
    await turn()
    await turn()
    throw new TypeError('a secret')
  })
  const all = await (await post(CHAT, streamBody)).text()
  expect(datas(all).at(-1)).toMatchObject({ error: { code: 'internal_error' } })
  expect(all).not.toContain('secret')
  await until('a line', () => lines().some(({ event }) => event === 'gateway_fault'))
})

it('headers wait for the first content no longer than configured; then comments keep the stream alive', async () => {
  let publish = (): void => undefined
  const word = new Promise<void>((resolve) => {
    publish = resolve
  })
  const { post } = await over(
    async function* () {
      await word
      yield text(1, 'late')
      yield done(2)
    },
    { holdMs: 50, pingMs: 20 },
  )
  const response = await post(CHAT, streamBody)
  expect(response.headers.get('x-holdfast-generation')).toBe('g1')
  expect(response.headers.get('x-holdfast-target')).toBeNull()
  let body = ''
  for await (const piece of response.body ?? []) {
    body += Buffer.from(piece).toString()
    if (parseEvents(body).length === 4) publish()
  }
  expect(parseEvents(body).slice(0, 4)).toEqual(Array(4).fill({ comment: 'ping' }))
  expect(contents(body)).toBe('late')
})

it('resumes after the position that the client has, for a request with an idempotency key', async () => {
  const { post } = await over(async function* (after) {
    for (const position of [1, 2, 3]) if (position > after) yield text(position, `${position} `)
    yield done(4)
  })
  const key = { 'idempotency-key': 'k' }
  expect(contents(await (await post(CHAT, streamBody, key)).text())).toBe('1 2 3 ')
  expect(contents(await (await post(CHAT, streamBody, { ...key, 'last-event-id': '2' })).text())).toBe('3 ')
  expect(
    (await post('/v1/messages', { ...streamBody, max_tokens: 1 }, { ...key, 'last-event-id': '2' })).status,
  ).toBe(400)
})

/** A client on a bare socket, that reads only on demand. */
function client(body: unknown) {
  const socket = net.connect(Number(new URL(gateway.url).port), '127.0.0.1')
  const text = JSON.stringify(body)
  socket.on('error', () => undefined)
  socket.pause()
  socket.write(
    `POST ${CHAT} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: ${text.length}\r\n\r\n${text}`,
  )
  return socket
}

it('a client that goes away is noticed at once, and its generation is cancelled', async () => {
  await over(async function* () {
    yield text(1, 'word')
    await new Promise(() => undefined)
  })
  const socket = client(streamBody)
  socket.resume()
  await until('the first bytes came', () => socket.bytesRead > 0)
  expect(signal?.aborted).toBe(false)
  socket.destroy()
  expect(await until('the signal', () => signal?.aborted === true)).toBeLessThan(1_000)
})

describe('a client that does not read', () => {
  const kilobyte = 'x'.repeat(1_000)

  it('an answer that is not streamed is cut as well, and holds no place', async () => {
    const last = done(1, { text: 'x'.repeat(32_000_000) })
    const result = async () => (last.type === 'done' ? last.result : null)
    const open: unknown = async () => ({ id: 'g1', result })
    const clientFor = async () => ({ open, close: async () => undefined }) as unknown as InternalHoldfast
    gateway = await testGateway({ clientFor, limits: { slowClientMs: 1_000 } })
    const socket = client({ ...streamBody, stream: false })
    await until('it is cut', () => gateway.lines().length > 0)
    expect(gateway.lines()).toMatchObject([{ event: 'http', status: 200, cut: true }])
    expect(await metric(gateway, 'http_requests_in_flight')).toBe(0)
    socket.destroy()
  })

  const endless = (said: { count: number }) =>
    async function* (): AsyncGenerator<Event> {
      for (;;) {
        // Runs on after the client has gone, as long as nobody stops it: as a generation does until it is cancelled.
        if (signal?.aborted) throw cutStream
        said.count += 1
        yield text(said.count, kilobyte)
      }
    }

  it('holds its generation back, and is cut when it takes nothing for long', async () => {
    const said = { count: 0 }
    const { lines } = await over(endless(said), { slowClientMs: 1_500 })
    const socket = client(streamBody)
    let before = -1
    // It says so much as the kernel takes, and then nothing.
    await until('it stands still', async () => {
      const still = said.count > 0 && said.count === before
      before = said.count
      await new Promise((resolve) => setTimeout(resolve, 200))
      return still && said.count === before
    })
    const held = said.count
    expect(held).toBeLessThan(50_000)
    expect(signal?.aborted).toBe(false)
    await until('it is cut', () => signal?.aborted === true)
    expect(said.count).toBe(held)
    expect(lines().at(-1)).toMatchObject({ event: 'http', status: 200, cut: true })
    socket.destroy()
  })

  it('but goes on in time, gets everything in order', async () => {
    const said = { count: 0 }
    await over(
      async function* () {
        for (let position = 1; position <= 12_000; position += 1) {
          said.count = position
          yield text(position, `${position}:${kilobyte} `)
        }
        yield done(12_001)
      },
      { slowClientMs: 5_000 },
    )
    const socket = client(streamBody)
    await until('it says something', () => said.count > 100)
    const pieces: Buffer[] = []
    socket.on('data', (piece) => pieces.push(piece))
    socket.resume()
    await until(
      'the end',
      () => said.count === 12_000 && Buffer.concat(pieces.slice(-2)).includes('[DONE]'),
      20_000,
    )
    const body = Buffer.concat(pieces).toString()
    const positions = [...body.matchAll(/"content":"(\d+):x/g)].map(([, position]) => Number(position))
    expect(positions).toEqual(Array.from({ length: 12_000 }, (_, at) => at + 1))
    socket.destroy()
  })
})

describe('a drain past its grace', () => {
  it('ends streams with an error that says how to go on, and leaves their generations alone', async () => {
    const { post, drain } = await over(async function* () {
      yield text(1, 'half')
      await new Promise(() => undefined)
    })
    const streaming = await post(CHAT, streamBody)
    const waiting = post(CHAT, { ...streamBody, stream: false })
    await until('both are there', async () =>
      (await (await gateway.ask('/metrics')).text()).includes('holdfast_http_requests_in_flight 2'),
    )
    const drained = drain(100)
    const body = await streaming.text()
    expect(contents(body)).toBe('half')
    expect(datas(body).at(-1)).toMatchObject({
      error: { message: expect.stringContaining('/v1/generations/g1'), holdfast: { accepted: true } },
    })
    expect(body).not.toContain('[DONE]')
    const whole = await waiting
    expect([whole.status, whole.headers.get('retry-after')]).toEqual([503, '1'])
    expect(await whole.json()).toMatchObject({ error: { holdfast: { accepted: true, generationId: 'g1' } } })
    await drained
    expect(signal?.aborted).toBe(false)
  })

  it('ends a stream that has not begun with an HTTP status', async () => {
    const { post, drain } = await over(async function* () {
      await new Promise(() => undefined)
    })
    const streaming = post(CHAT, streamBody)
    await until('it is there', async () =>
      (await (await gateway.ask('/metrics')).text()).includes('holdfast_http_requests_in_flight 1'),
    )
    await drain(50)
    expect((await streaming).status).toBe(503)
    expect(signal?.aborted).toBe(false)
  })

  it.each([false, true])(
    'ends what it ran without Temporal, and says that it may be sent again (stream: %s)',
    async (stream) => {
      const never = () => new Promise<never>(() => undefined)
      const events = () => ({ [Symbol.asyncIterator]: () => ({ next: never }) })
      const open: unknown = async () => ({ id: 'g1', durable: false, events, result: never })
      const clientFor = async () => ({ open, close: async () => undefined }) as unknown as InternalHoldfast
      gateway = await testGateway({ clientFor })
      const asking = gateway.post(CHAT, { ...streamBody, stream })
      await until('it is there', async () => (await metric(gateway, 'http_requests_in_flight')) === 1)
      await gateway.drain(50)
      const { status, headers } = await asking
      expect([status, headers.get('retry-after'), headers.get('x-should-retry')]).toEqual([503, '1', null])
      const { error } = await jsonOf<ErrorBody>(await asking)
      expect(error).toMatchObject({ holdfast: { kind: 'unavailable', accepted: false } })
      expect(error.message).not.toContain('goes on')
    },
  )

  it('ends a stream whose generation was started during the cut with an error', async () => {
    let start = (): void => undefined
    const open: unknown = async (request: { signal: AbortSignal }) => {
      signal = request.signal
      await new Promise<void>((resolve) => {
        start = resolve
      })
      return {
        id: 'g1',
        events: () => ({ [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => undefined) }) }),
      }
    }
    const clientFor = async () => ({ open, close: async () => undefined }) as unknown as InternalHoldfast
    gateway = await testGateway({ clientFor })
    const streaming = gateway.post(CHAT, streamBody)
    await until('it is called', async () => (await metric(gateway, 'http_requests_in_flight')) === 1)
    const drained = gateway.drain(0)
    // The cut comes with the timer of a grace of nothing.
    await new Promise((resolve) => setTimeout(resolve, 50))
    start()
    expect((await streaming).status).toBe(503)
    expect(await (await streaming).json()).toMatchObject({ error: { holdfast: { generationId: 'g1' } } })
    await drained
    expect(signal?.aborted).toBe(false)
  })
})
