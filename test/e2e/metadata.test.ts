/** What stands beside a request: where it is kept, who sees it, and who never does. */
import net from 'node:net'
import { listGenerations } from '../../src/client/list-generations'
import { readRecordedRuns, runOf } from '../../src/client/recorded-runs'
import { type HistorySource, redactHistory } from '../../src/history'
import { factsOf } from '../../src/history/run-words'
import { withoutCodecs } from '../../src/temporal/histories'
import { type ErrorBody, gatewayOver, jsonOf, type TestGateway } from '../helpers/gateway'
import { until } from '../helpers/processes'
import { textIn } from '../helpers/raw-text'
import { holdfastError, type Stack, startStack, twoProviders } from '../helpers/stack'

const config = (url: string): string => `${twoProviders(url)}
  cached: { candidates: [alpha/model-c], cache: { ttl: 1h } }
cache: { store: memory }
metadata: { searchable: [ticket, requestId], logged: [ticket] }
`

const CHAT = '/v1/chat/completions'
const chat = { model: 'default', messages: [{ role: 'user', content: 'hi' }] }
const message = { ...chat, max_tokens: 9 }
const tooMany = Object.fromEntries(Array.from({ length: 17 }, (_, index) => [`k${index}`, 'v']))

let stack: Stack
let gateway: TestGateway

beforeAll(async () => {
  stack = await startStack({ config })
  gateway = await gatewayOver(stack, config)
})
afterAll(async () => {
  await gateway.close()
  await stack.close()
})
beforeEach(() => stack.simulator.reset())

const sentToProviders = (): string =>
  JSON.stringify(stack.simulator.calls().map(({ body, headers }) => [body, headers]))

/** Payloads as they read. */
const contentOf = (history: HistorySource): string =>
  textIn(history)
    .split('\n')
    .map((line) => Buffer.from(line.trim(), 'base64').toString())
    .join('\n')

const linesOf = (id: string) => stack.lines().filter(({ generation }) => generation === id)

const idOf = (response: Response): string => response.headers.get('x-holdfast-generation') ?? ''

const metadataOf = async (id: string) => (await stack.holdfast.status(id)).metadata

describe('metadata of the library', () => {
  const ticket = `T-${Date.now()}`
  const metadata = { user: 'planted-user', ticket }
  let id: string

  beforeAll(async () => {
    stack.simulator.script('alpha', [{ status: 503 }])
    id = (await stack.holdfast.generate({ prompt: 'hi', metadata })).id
  })

  it('is in status and result, and with those who explain the run', async () => {
    expect(await metadataOf(id)).toEqual(metadata)
    expect((await stack.holdfast.result(id)).metadata).toEqual(metadata)
    const run = runOf(await readRecordedRuns(stack.client, id))
    expect(run.metadata).toEqual(metadata)
    expect(factsOf(run)).toEqual(expect.arrayContaining(['user: planted-user', `ticket: ${ticket}`]))
  })

  it('METADATA-2: log lines and the index have what the config names, and nothing else', async () => {
    const lines = linesOf(id)
    expect(lines.map(({ event, 'metadata.ticket': logged }) => [event, logged])).toEqual([
      ['attempt', ticket],
      ['attempt', ticket],
      ['fallback', undefined],
      ['attempt', ticket],
      ['generation', ticket],
    ])
    expect(JSON.stringify(lines)).not.toContain('planted-user')
    const found = (wanted: { [key: string]: string }) =>
      listGenerations(stack.client, { metadata: wanted }, 10)
    await until('it is indexed', async () => (await found({ ticket })).length === 1)
    expect(await found({ ticket })).toMatchObject([{ id, metadata }])
    expect(await found({ ticket, user: 'planted-user' })).toEqual([])
    expect(await found({ ticket: 'another' })).toEqual([])
  })

  it('leaves no word in a redacted history, nor its keys', async () => {
    const { histories } = await readRecordedRuns(stack.client, id)
    const plain = await withoutCodecs(histories[0] as HistorySource, stack.client.options.loadedDataConverter)
    const words = ['planted-user', ticket, '"user"', '"ticket"']
    const found = (history: HistorySource) => words.filter((word) => contentOf(history).includes(word))
    expect(found(plain)).toEqual(expect.arrayContaining(words.slice(0, 2)))
    expect(found(redactHistory(plain))).toEqual(['"user"'])
  })

  it('is of no other request: an equal one finds the answer in the cache', async () => {
    const cached = { route: 'cached', prompt: `once ${ticket}` }
    const first = await stack.holdfast.generate({ ...cached, metadata: { user: 'one' } })
    const second = await stack.holdfast.generate({ ...cached, metadata: { user: 'two' } })
    expect([first.served, second.served]).toEqual(['provider', 'cache'])
    expect(await metadataOf(second.id)).toEqual({ user: 'two' })
  })

  it('METADATA-1: a retry with other metadata attaches, and finds that of the request that began it', async () => {
    const request = { prompt: 'pay once', idempotencyKey: `key ${ticket}` }
    const first = await stack.holdfast.generate({ ...request, metadata: { try: '1' } })
    const second = await stack.holdfast.generate({ ...request, metadata: { try: '2' } })
    expect(second.id).toBe(first.id)
    expect(await metadataOf(second.id)).toEqual({ try: '1' })
    expect((await holdfastError(stack.holdfast.generate({ ...request, prompt: 'pay twice' }))).kind).toBe(
      'conflict',
    )
  })

  it('of vectors is that of each part', async () => {
    const { generations } = await stack.holdfast.embed({ route: 'alpha/vectors', input: 'hi', metadata })
    expect(await metadataOf(generations[0]?.id ?? '')).toEqual(metadata)
  })

  it('that is none is refused before anything is sent', async () => {
    const wrong = [tooMany, { a: 1 }, { a: 'x'.repeat(513) }, JSON.parse('{"__proto__":"x"}'), ['a'], 'a']
    for (const given of wrong) {
      const error = await holdfastError(stack.holdfast.generate({ prompt: 'hi', metadata: given as never }))
      expect(error).toMatchObject({ kind: 'invalid_request', accepted: false })
      expect(error.message).toContain('metadata')
    }
    expect(stack.simulator.calls()).toEqual([])
  })
})

describe('metadata over HTTP', () => {
  it('is taken from each dialect, from its own field and from ours, and no provider gets ours', async () => {
    const own = { holdfast: { metadata: { feature: 'planted-feature' } } }
    const labels = { metadata: { ticket: 'planted-ticket' } }
    const answers = [
      await gateway.post(CHAT, { ...chat, ...labels, ...own }),
      await gateway.post('/v1/responses', { model: 'default', input: 'hi', ...labels, ...own }),
      await gateway.post('/v1/messages', { ...message, metadata: { user_id: 'planted-user' }, ...own }),
    ]
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200])
    const kept = await Promise.all(answers.map((answer) => metadataOf(idOf(answer))))
    const requestId = expect.stringMatching(/^req_[0-9a-f]{32}$/)
    expect(kept).toEqual([
      { ticket: 'planted-ticket', feature: 'planted-feature', requestId },
      { ticket: 'planted-ticket', feature: 'planted-feature', requestId },
      { user_id: 'planted-user', feature: 'planted-feature', requestId },
    ])
    // None of the providers here is the maker of the dialect, who would get its own field.
    expect(sentToProviders()).not.toContain('planted')
  })

  it('of an asynchronous generation is with its state', async () => {
    const response = await gateway.post('/v1/generations', { prompt: 'hi', metadata: { ticket: '1' } })
    expect(response.status).toBe(202)
    const { id } = await jsonOf<{ id: string }>(response)
    expect(await jsonOf(await gateway.ask(`/v1/generations/${id}`))).toMatchObject({
      metadata: { ticket: '1' },
    })
    await stack.holdfast.result(id)
  })

  it.each([
    ['null', null],
    ['no pairs', {}],
  ])('may be %s', async (_name, metadata) => {
    for (const [path, body] of [
      [CHAT, chat],
      ['/v1/messages', message],
      ['/v1/responses', { model: 'default', input: 'hi' }],
    ] as const)
      expect((await gateway.post(path, { ...body, metadata, holdfast: { metadata } })).status).toBe(200)
    const accepted = await gateway.post('/v1/generations', { prompt: 'hi', metadata })
    expect(accepted.status).toBe(202)
    await stack.holdfast.result(idOf(accepted))
  })

  it.each([
    ['seventeen pairs', tooMany, /1[78] pairs/],
    ['a number', { a: 1 }, /metadata\.a/],
    ['an object', { a: { b: 'c' } }, /metadata\.a/],
    ['a value of a megabyte', { a: 'x'.repeat(1_000_000) }, /metadata\.a/],
    ['a list', ['a'], /metadata/],
  ])('past its bounds is a 400 that says so: %s', async (_name, metadata, why) => {
    for (const [path, body] of [
      [CHAT, { ...chat, metadata }],
      [CHAT, { ...chat, holdfast: { metadata } }],
      [CHAT, { ...chat, metadata: { fine: 'x' }, holdfast: { metadata } }],
      ['/v1/responses', { model: 'default', input: 'hi', metadata }],
      ['/v1/messages', { ...message, holdfast: { metadata } }],
      ['/v1/embeddings', { model: 'alpha/model-a', input: 'hi', holdfast: { metadata } }],
      ['/v1/generations', { prompt: 'hi', metadata }],
    ] as const) {
      const response = await gateway.post(path, body)
      expect([path, response.status]).toEqual([path, 400])
      expect((await jsonOf<ErrorBody>(response)).error.message).toMatch(why)
    }
    expect(stack.simulator.calls()).toEqual([])
  })

  it('__proto__ is no key, whoever parses the body', async () => {
    for (const path of [CHAT, '/v1/generations']) {
      const rest = path === CHAT ? JSON.stringify(chat).slice(1) : '"prompt":"hi"}'
      const response = await gateway.post(path, `{"metadata":{"__proto__":"x"},${rest}`)
      expect([path, response.status]).toEqual([path, 400])
    }
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined()
  })

  it('METADATA-1: a retry under its key attaches, although its client labels it anew', async () => {
    const headers = { 'idempotency-key': `labelled ${Date.now()}` }
    const first = await gateway.post(CHAT, { ...chat, metadata: { try: '1' } }, headers)
    const second = await gateway.post(CHAT, { ...chat, metadata: { try: '2' } }, headers)
    const bare = await gateway.post(CHAT, chat, headers)
    expect([first, second, bare].map(({ status }) => status)).toEqual([200, 200, 200])
    expect(new Set([first, second, bare].map(idOf)).size).toBe(1)
    expect((await gateway.post(CHAT, { ...chat, user: 'another' }, headers)).status).toBe(409)
    expect(stack.simulator.calls()).toHaveLength(1)
  })
})

describe('x-request-id', () => {
  it('of a caller is answered, logged with the request, its attempts and its generation, and found', async () => {
    const requestId = `mine-${Date.now()}`
    const response = await gateway.post(
      CHAT,
      { ...chat, metadata: { requestId: 'no' } },
      { 'x-request-id': requestId },
    )
    expect(response.headers.get('x-request-id')).toBe(requestId)
    const id = idOf(response)
    expect(await metadataOf(id)).toEqual({ requestId })
    await until('its lines are there', async () => linesOf(id).length === 2)
    expect(linesOf(id).map((line) => line['metadata.requestId'])).toEqual([requestId, requestId])
    // The attempt's own request is the one to its provider.
    expect(linesOf(id)[0]).toMatchObject({ event: 'attempt', requestId: expect.stringMatching(/^req_sim_/) })
    expect(gateway.lines().find((line) => line.generation === id)).toMatchObject({ event: 'http', requestId })
    const found = () => listGenerations(stack.client, { metadata: { requestId } }, 2)
    await until('it is indexed', async () => (await found()).length === 1)
    expect(sentToProviders()).not.toContain(requestId)
  })

  it.each(['a b', 'x'.repeat(129), '\u00e4', ''])('that is no short word is replaced: %j', async (given) => {
    const response = await gateway.ask('/healthz', { headers: { 'x-request-id': given } })
    expect(response.headers.get('x-request-id')).toMatch(/^req_[0-9a-f]{32}$/)
  })

  it('is in errors and streams as well, and under Anthropic’s name for Anthropic’s clients', async () => {
    const headers = { 'x-request-id': 'mine' }
    const answers = [
      await gateway.post(CHAT, { ...chat, stream: true }, headers),
      await gateway.post(CHAT, {}, headers),
      await gateway.ask('/nowhere', { headers }),
    ]
    expect(answers.map((one) => [one.status, one.headers.get('x-request-id')])).toEqual([
      [200, 'mine'],
      [400, 'mine'],
      [404, 'mine'],
    ])
    await answers[0]?.text()
    const own = await gateway.post('/v1/messages', message, headers)
    expect(own.headers.get('request-id')).toBe('mine')
  })

  it.each([
    ['twice', 'x-request-id: first\r\nx-request-id: second', 200],
    ['with a line break that is none', 'x-request-id: first\rx-evil: 1', 400],
    ['with a folded line', 'x-request-id: first\r\n second', null],
    ['with a zero byte', 'x-request-id: first\u0000second', 400],
  ])('sent %s puts nothing of itself into the answer', async (_name, lines, status) => {
    const text = await raw(
      `GET /healthz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n${lines}\r\n\r\n`,
    )
    const [head = ''] = text.split('\r\n\r\n')
    if (status !== null) expect(head).toMatch(new RegExp(`^HTTP/1.1 ${status} `))
    expect(head).not.toMatch(/evil|first|second/)
  })
})

const raw = (request: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const { hostname, port } = new URL(gateway.url)
    const socket = net.connect(Number(port), hostname, () => socket.write(request, 'latin1'))
    let text = ''
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1')
    })
    socket.on('error', reject)
    socket.on('close', () => resolve(text))
  })
