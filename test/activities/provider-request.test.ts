/** Requests that are signed, and binary answers, on a real socket: what each attempt sends, and what a broken frame leaves. */
import { EventStreamCodec } from '@smithy/core/event-streams'
import pino from 'pino'
import { NO_ADOPTION } from '../../activities/background'
import { createIntake } from '../../activities/intake'
import { providerCall } from '../../activities/provider-call'
import { parseConfig, resolveRoute } from '../../src/config'
import type { StreamEvent } from '../../src/domain/streaming/answer'
import { createHttpClient } from '../../src/http'
import { providerAccess } from '../../src/worker/access'
import { createKeyRing } from '../../src/worker/key-ring'
import { type Received, signatures } from '../helpers/aws-signature'
import { httpServer, type Listening } from '../helpers/sockets'

const MODEL = 'arn:aws:bedrock:eu-central-1:123456789012:application-inference-profile/a1b2'
const SECRET = 'wJalrXUtnFEMI/K7MDENG'
const NOW = Date.parse('2026-11-28T04:30:00Z')

const codec = new EventStreamCodec(
  (bytes) => Buffer.from(bytes as Uint8Array).toString(),
  (text) => Buffer.from(text),
)
const frame = (name: string, payload: object): Buffer => {
  const headers = {
    ':message-type': { type: 'string' as const, value: 'event' },
    ':event-type': { type: 'string' as const, value: name },
  }
  return Buffer.from(codec.encode({ headers, body: Buffer.from(JSON.stringify(payload)) }))
}
const words = (text: string): Buffer => frame('contentBlockDelta', { contentBlockIndex: 0, delta: { text } })
const START = frame('messageStart', { role: 'assistant' })
const END = Buffer.concat([
  frame('messageStop', { stopReason: 'end_turn' }),
  frame('metadata', { usage: { inputTokens: 9, outputTokens: 4 } }),
])

let server: Listening
let body: Buffer
let contentType: string
const received: Received[] = []
const http = createHttpClient({ env: {} })

beforeAll(async () => {
  server = await httpServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const { method = '', url: path = '', headers } = request
      received.push({ method, path, headers, body: Buffer.concat(chunks) })
      response.setHeader('content-type', contentType)
      response.setHeader('x-amzn-requestid', 'r-1')
      response.end(body)
    })
  })
})
afterAll(async () => {
  await http.close()
  await server.close()
})
beforeEach(() => {
  received.splice(0)
  contentType = 'application/vnd.amazon.eventstream'
})

/** One streamed call, with what it published. */
async function call(now = NOW) {
  const config = parseConfig(`
providers:
  aws:
    api: bedrock
    baseUrl: http://127.0.0.1:${server.port}
    region: eu-central-1
    headers: { X-Amz-Own: a, x-team: search }
    query: { own: a b }
routes: { default: { candidates: ['aws/${MODEL}'] } }
`)
  const found = resolveRoute(config, 'default')
  const [candidate] = found.ok ? found.route.candidates : []
  if (candidate === undefined) throw new Error('no candidate')
  const published: StreamEvent[] = []
  const env = { AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE', AWS_SECRET_ACCESS_KEY: SECRET }
  const { outcome, usage } = await providerCall(
    {
      ...providerAccess(config, env),
      keyRing: createKeyRing(() => now),
      now: () => now,
      http,
      logger: pino({ level: 'silent' }),
    },
    {
      generationId: 'gen-1',
      route: 'default',
      candidate,
      candidateIndex: 0,
      othersLeft: true,
      request: { messages: [{ role: 'user' as const, content: 'Grüße 👋' }] },
      deadlineAt: now + 60_000,
      unsupportedParams: 'fail',
      streaming: true,
      circuit: null,
      lastResort: false,
    },
    new AbortController().signal,
    {
      sink: {
        prefill: null,
        publish: (events) => {
          published.push(...events)
          return [...events]
        },
      },
      adoption: NO_ADOPTION,
      returnsBlocks: true,
      intake: createIntake(),
    },
  )
  const text = published.map((event) => (event.type === 'text' ? event.text : '')).join('')
  return { outcome, usage, text }
}

it('each attempt is signed over what it sends, with a time of its own', async () => {
  body = Buffer.concat([START, words('Hello.'), END])
  expect(await call()).toMatchObject({ outcome: { ok: true, value: { text: 'Hello.' } } })
  expect(await call(NOW + 61_000)).toMatchObject({ usage: { inputTokens: 9, outputTokens: 4 } })
  expect(received).toHaveLength(2)
  for (const arrived of received) {
    const { came, made } = signatures(arrived, SECRET)
    expect(came).toMatch(/^[0-9a-f]{64}$/)
    expect(made).toBe(came)
  }
  expect(received.map(({ headers }) => headers['x-amz-date'])).toEqual([
    '20261128T043000Z',
    '20261128T043101Z',
  ])
  expect(received[0]).toMatchObject({
    path: `/model/${encodeURIComponent(MODEL)}/converse-stream?own=a+b`,
    headers: {
      accept: 'application/vnd.amazon.eventstream',
      'x-team': 'search',
      'content-type': 'application/json',
    },
  })
  expect(received[0]?.headers.authorization).toContain(
    'SignedHeaders=content-type;host;x-amz-content-sha256;x-amz-date;x-amz-own,',
  )
})

it('a frame with a wrong checksum cuts the answer there, and the words before it stand', async () => {
  const broken = words(' there')
  broken[broken.length - 6] = (broken[broken.length - 6] ?? 0) ^ 1
  body = Buffer.concat([START, words('Hello'), broken, END])
  expect(await call()).toMatchObject({
    outcome: { ok: false, failure: { class: 'bad_response', requestId: 'r-1' } },
    text: 'Hello',
  })
})

it('a broken frame behind the end changes nothing', async () => {
  body = Buffer.concat([
    START,
    words('Hello.'),
    frame('messageStop', { stopReason: 'end_turn' }),
    Buffer.alloc(40, 7),
  ])
  expect(await call()).toMatchObject({ outcome: { ok: true, value: { text: 'Hello.' } } })
})

it.each([
  [
    'server-sent events',
    'text/event-stream',
    'data: {"messageStart":{}}\n\ndata: {"contentBlockDelta":{"contentBlockIndex":0,"delta":{"text":"Hello."}}}\n\ndata: {"messageStop":{"stopReason":"end_turn"}}\n\n',
  ],
  [
    'a whole body',
    'application/json',
    '{"output":{"message":{"role":"assistant","content":[{"text":"Hello."}]}},"stopReason":"end_turn"}',
  ],
])('%s in place of frames are read as what they are', async (_, type, text) => {
  contentType = type
  body = Buffer.from(text)
  expect(await call()).toMatchObject({ outcome: { ok: true, value: { text: 'Hello.' } } })
})

it.each([
  ['nothing', Buffer.alloc(0)],
  ['a part of a frame', words('Hello.').subarray(0, 20)],
  ['text', Buffer.from('data: {"messageStop":{"stopReason":"end_turn"}}\n\n')],
])('%s where frames were promised is a bad response', async (_, bytes) => {
  body = bytes
  expect(await call()).toMatchObject({ outcome: { ok: false, failure: { class: 'bad_response' } } })
})
