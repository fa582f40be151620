/** What a takeover does with a response that its provider knows, or does not know any longer. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import pino from 'pino'
import type { Adoption } from '../../activities/background'
import { createIntake } from '../../activities/intake'
import { providerCall } from '../../activities/provider-call'
import { NO_SINK } from '../../activities/stream-words'
import { parseConfig, resolveRoute } from '../../src/config'
import type { OpenResponse } from '../../src/contract/attempt-details'
import { createHttpClient } from '../../src/http'
import { type Simulator, startSimulator } from '../../src/simulator'
import { providerAccess } from '../../src/worker/access'
import { createKeyRing } from '../../src/worker/key-ring'

const KEYS = { KEY_ONE: 'sk-one', KEY_TWO: 'sk-two' }

let simulator: Simulator
const http = createHttpClient()
beforeAll(async () => {
  simulator = await startSimulator({ keys: { alpha: Object.values(KEYS) } })
})
afterAll(() => Promise.all([http.close(), simulator.close()]))
beforeEach(() => simulator.reset())

/** One call, as of an attempt that has found `before`. `changes`: what could be read on, in order. */
async function call(
  before: OpenResponse | null,
  keys: { [name: string]: string } = KEYS,
  url = `${simulator.url}/alpha/v1`,
) {
  const config = parseConfig(`
providers:
  alpha: { api: openai-responses, baseUrl: ${url}, apiKeysEnv: [${Object.keys(keys).join(', ')}] }
routes:
  default: { candidates: [{ target: alpha/model-a, background: true }] }
`)
  const found = resolveRoute(config, 'default')
  const [candidate] = found.ok ? found.route.candidates : []
  if (candidate === undefined) throw new Error('no candidate')
  const changes: (OpenResponse | null)[] = []
  const adoption: Adoption = { before, changed: (response) => changes.push(response) }
  const access = providerAccess(config, keys)
  const called = await providerCall(
    { ...access, keyRing: createKeyRing(Date.now), now: Date.now, http, logger: pino({ level: 'silent' }) },
    {
      generationId: 'gen-1',
      route: 'default',
      candidate,
      candidateIndex: 0,
      othersLeft: true,
      request: { messages: [{ role: 'user' as const, content: 'hi' }] },
      deadlineAt: Date.now() + 60_000,
      unsupportedParams: 'fail',
      streaming: false,
      circuit: null,
      lastResort: false,
    },
    new AbortController().signal,
    { sink: NO_SINK, adoption, returnsBlocks: true, intake: createIntake() },
  )
  return { called, changes }
}

const BEGUN = { id: 'resp_sim_0', key: 'KEY_ONE' }

it('what is begun is named with its key, and stays named when it is whole: its report may still be lost', async () => {
  const { called, changes } = await call(null)
  expect(called.outcome.ok).toBe(true)
  expect(changes).toEqual([null, BEGUN])
})

it('what is known is read with the key that began it, whichever is free now', async () => {
  await call(null)
  const { called, changes } = await call(BEGUN, { KEY_TWO: 'sk-two', KEY_ONE: 'sk-one' })
  expect(called).toMatchObject({ outcome: { ok: true }, adopted: true })
  expect(changes).toEqual([BEGUN])
  expect(simulator.calls()).toHaveLength(1)
})

it.each([
  ['the provider does not know it', { id: 'resp_gone', key: 'KEY_ONE' }, KEYS],
  ['its key is not configured any longer', BEGUN, { KEY_TWO: 'sk-two' }],
])('is called anew where %s', async (_, before, keys) => {
  const { called, changes } = await call(before, keys)
  expect(called.outcome.ok).toBe(true)
  expect(called.adopted).toBeUndefined()
  expect(changes).toEqual([null, { id: 'resp_sim_0', key: Object.keys(keys)[0] }])
  expect(simulator.calls()).toHaveLength(1)
})

it('cannot be read on where the provider has ended it', async () => {
  simulator.script('alpha', [{ answer: '' }])
  const empty = await call(null)
  expect(empty.called.outcome).toMatchObject({ failure: { class: 'bad_response' } })
  expect(empty.changes.at(-1)).toBeNull()
})

const JSON_TYPE = 'application/json'
const STREAM_TYPE = 'text/event-stream'

const body = (status: string, id = 'resp_old', output: object[] = []): string =>
  JSON.stringify({ id, object: 'response', status, model: 'model-a', output, error: null })

const frame = (type: string, fields: object): string => `data: ${JSON.stringify({ type, ...fields })}\n\n`
const created = (id: string) => frame('response.created', { response: { id, status: 'in_progress' } })
const word = (delta: string) =>
  frame('response.output_text.delta', { output_index: 0, content_index: 0, delta })
const completed = (id: string) => frame('response.completed', { response: { id, status: 'completed' } })
const said = [{ type: 'message', content: [{ type: 'output_text', text: 'not of this call' }] }]

interface Given {
  status?: number
  type?: string
  text: string
}

/** A provider that begins `began`, and gives `given` for whatever is read by its id. `asked`: what was requested. */
async function withProvider<T>(
  began: string,
  given: Given,
  run: (url: string, asked: string[]) => Promise<T>,
): Promise<T> {
  const asked: string[] = []
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url} ${request.headers.authorization}`)
    request.resume()
    const reads = request.method === 'GET'
    response.writeHead(reads ? (given.status ?? 200) : 200, {
      'content-type': reads ? (given.type ?? JSON_TYPE) : STREAM_TYPE,
    })
    response.end(reads ? given.text : created(began) + word('anew') + completed(began))
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  try {
    return await run(`http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`, asked)
  } finally {
    server.close()
    server.closeAllConnections()
  }
}

const OLD = { id: 'resp_old', key: 'KEY_ONE' }

/** What one takeover makes of it, and the next one. */
const takeover = (given: Given) =>
  withProvider('resp_new', given, async (url, asked) => {
    const { called, changes } = await call(OLD, KEYS, url)
    return { ...called, changes, posts: asked.filter((one) => one.startsWith('POST')).length }
  })

it.each<[string, Given, string]>([
  ['429', { status: 429, text: '{"error":{"message":"slow down"}}' }, 'rate_limited'],
  ['500', { status: 500, text: 'oops' }, 'server_error'],
  ['a body that is queued', { text: body('queued') }, 'bad_response'],
  ['a body in progress, with words', { text: body('in_progress', 'resp_old', said) }, 'bad_response'],
  ['a stream that is cut', { type: STREAM_TYPE, text: created('resp_old') + word('half') }, 'bad_response'],
])(
  '%s of a response says nothing of its end: it is read again, and by no other key',
  async (_, given, failureClass) => {
    const { outcome, changes, posts, otherKeyFree } = await takeover(given)
    expect(outcome).toMatchObject({ ok: false, failure: { class: failureClass } })
    expect(changes.filter((response) => response?.id !== OLD.id)).toEqual([])
    expect({ posts, otherKeyFree }).toEqual({ posts: 0, otherKeyFree: false })
  },
)

it.each<[string, Given]>([
  ['a body that was cancelled', { text: body('cancelled') }],
  ['a body that failed', { text: body('failed') }],
  ['a page', { type: 'text/html', text: '<html>' }],
  ["another response's body", { text: body('completed', 'resp_other', said) }],
  [
    "another response's events",
    { type: STREAM_TYPE, text: created('resp_other') + word('hers') + completed('resp_other') },
  ],
  ['events without a beginning', { type: STREAM_TYPE, text: word('nobody’s') + completed('resp_old') }],
  ['words of nobody', { type: STREAM_TYPE, text: created('') + word('hers') + completed('') }],
])('%s under its id is no answer, and is not read again', async (_, given) => {
  const { outcome, changes, posts } = await takeover(given)
  expect(outcome).toMatchObject({ ok: false })
  expect(changes.at(-1)).toBeNull()
  expect(posts).toBe(0)
})

it.each([401, 403, 404, 405, 410])(
  'a %i means that nobody can read it any longer: it is called anew',
  async (status) => {
    const { outcome, posts } = await takeover({ status, text: '{"error":{"message":"no"}}' })
    expect(outcome).toMatchObject({ ok: true, value: { text: 'anew' } })
    expect(posts).toBe(1)
  },
)

it.each([
  ['a dot', '.'],
  ['a way out of the path', '..'],
  ['half a character', 'resp_\ud800'],
  ['a megabyte', 'r'.repeat(1_000_000)],
])('an id that is %s is none: its answer counts, and nothing is to be read by it', async (_, id) => {
  await withProvider(id, { text: '' }, async (url) => {
    const { called, changes } = await call(null, KEYS, url)
    expect(called.outcome).toMatchObject({ ok: true, value: { text: 'anew' } })
    expect(changes).toEqual([null])
  })
})

it('odd characters of an id stay in their part of the path', async () => {
  const id = 'resp/../x?a=1#b é'
  await withProvider(id, { text: body('completed', id, said) }, async (url, asked) => {
    const { called } = await call({ id, key: 'KEY_TWO' }, KEYS, url)
    expect(called.outcome).toMatchObject({ ok: true, value: { text: 'not of this call' } })
    expect(asked).toEqual([`GET /v1/responses/${encodeURIComponent(id)}?stream=true Bearer sk-two`])
  })
})
