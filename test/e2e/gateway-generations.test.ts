/** Generations over HTTP: asynchronous, shared, cancelled, of several tenants; on a real server. */
import { Client } from '@temporalio/client'
import pino from 'pino'
import { createHoldfast, type GenerationEvent } from '../../src/client'
import { parseConfig } from '../../src/config'
import { readinessOf } from '../../src/gateway'
import { pollWatch } from '../../src/gateway/readiness'
import { startHost } from '../../src/worker'
import {
  type ErrorBody,
  gatewayOver,
  jsonOf,
  metric,
  parseEvents,
  type TestGateway,
  testGateway,
} from '../helpers/gateway'
import { until } from '../helpers/processes'
import { holdfastError, type Stack, startStack, twoProviders } from '../helpers/stack'
import { ownTaskQueue, testServer } from '../helpers/temporal'

const CHAT = '/v1/chat/completions'
const messages = [{ role: 'user', content: 'hi' }]
const chatBody = { model: 'default', messages }
const USAGE = { inputTokens: 21, outputTokens: 1_000 }
const ACME = { authorization: 'Bearer acme-key' }
const GLOBEX = { authorization: 'Bearer globex-key' }

interface Status {
  id: string
  state: string
  attempts: object[] | null
  result?: { text: string; target: string }
  error?: ErrorBody['error']
}

const config = (url: string): string =>
  `${twoProviders(url, 'cache: { ttl: 1h }')}\ncache: { store: memory }\n`

let stack: Stack
let gateway: TestGateway
let guarded: TestGateway

beforeAll(async () => {
  stack = await startStack({ config })
  gateway = await gatewayOver(stack, config)
  guarded = await gatewayOver(stack, config, { apiKeys: 'acme:acme-key,globex:globex-key' })
})
afterAll(async () => {
  await gateway.close()
  await guarded.close()
  await stack.close()
})
beforeEach(() => stack.simulator.reset())

const begin = async (body: object, headers = {}): Promise<string> => {
  const response = await gateway.post(
    '/v1/generations',
    { prompt: 'hi', cache: 'no-store', ...body },
    headers,
  )
  expect(response.status).toBe(202)
  return (await jsonOf<{ id: string }>(response)).id
}
const statusOf = async (id: string): Promise<Status> => jsonOf(await gateway.ask(`/v1/generations/${id}`))
const ended = async (id: string): Promise<Status> => {
  await until('it has ended', async () => (await statusOf(id)).state !== 'running')
  return statusOf(id)
}

describe('/v1/generations', () => {
  it('starts one, shows its state at once, and its answer when it is there', async () => {
    stack.simulator.script('alpha', [
      { status: 503, times: 1 },
      { answer: 'Hello', latency: '700ms' },
    ])
    const response = await gateway.post('/v1/generations', {
      messages,
      params: { maxTokens: 10 },
      cache: 'no-store',
    })
    const begun = await jsonOf<{ id: string; url: string; eventsUrl: string; webUrl: string }>(response)
    expect(begun).toMatchObject({ state: 'running', url: `/v1/generations/${begun.id}` })
    expect(response.headers.get('location')).toBe(begun.url)
    await stack.simulator.waitForCalls(2)
    const running = await statusOf(begun.id)
    expect(running).toMatchObject({ id: begun.id, state: 'running' })
    const answered = await ended(begun.id)
    expect(answered).toMatchObject({ state: 'answered', result: { text: 'Hello', target: 'alpha/model-a' } })
    expect(answered.attempts).toHaveLength(2)
    // The events come token by token.
    expect(stack.simulator.calls()[0]?.stream).toBe(true)
  })

  it('shows the error of a failed one', async () => {
    for (const provider of ['alpha', 'beta']) stack.simulator.script(provider, [{ fault: 'invalid_request' }])
    const failed = await ended(await begin({}))
    expect(failed).toMatchObject({
      state: 'failed',
      error: { holdfast: { kind: 'invalid_request', accepted: true } },
    })
  })

  it('cancels one, as often as it is called to; what has ended stays as it is', async () => {
    stack.simulator.script('alpha', [{ fault: 'silent', times: 1 }, { answer: 'Hello' }])
    const id = await begin({ route: 'alpha/model-a' })
    await stack.simulator.waitForCalls(1)
    const cancel = () => gateway.ask(`/v1/generations/${id}`, { method: 'DELETE' })
    expect([(await cancel()).status, (await cancel()).status]).toEqual([202, 202])
    const attempts = [{ target: 'alpha/model-a', failure: { class: 'cancelled' } }]
    const cancelledStatus = {
      state: 'cancelled',
      attempts,
      error: { holdfast: { kind: 'cancelled', attempts } },
    }
    expect(await ended(id)).toMatchObject(cancelledStatus)
    expect(await holdfastError(stack.holdfast.result(id))).toMatchObject({ kind: 'cancelled', attempts })
    expect((await cancel()).status).toBe(202)
    const [hungUp] = await stack.simulator.waitForCalls(1, { outcome: 'client_aborted' })
    expect(hungUp).toBeDefined()
  })

  it('knows nothing of one that never was', async () => {
    for (const [where, method] of [
      ['', 'GET'],
      ['/events', 'GET'],
      ['', 'DELETE'],
    ] as const) {
      const response = await gateway.ask(`/v1/generations/never-was${where}`, { method })
      expect(response.status).toBe(404)
      expect(await jsonOf<ErrorBody>(response)).toMatchObject({ error: { code: 'generation_not_found' } })
    }
  })

  it('refuses what no generation can be made of, by name', async () => {
    const refused = async (body: object): Promise<string> => {
      const response = await gateway.post('/v1/generations', body)
      expect([400, 404]).toContain(response.status)
      return (await jsonOf<ErrorBody>(response)).error.message
    }
    expect(await refused({})).toContain('prompt')
    expect(await refused({ prompt: 'x', params: { maxTokens: 0 } })).toContain('params.maxTokens')
    expect(await refused({ prompt: 'x', override: { deadlin: '1s' } })).toContain('deadlin')
    expect(await refused({ prompt: 'x', route: 'nothing' })).toContain('default')
  })
})

describe('/v1/generations/:id/events', () => {
  const eventsOf = async (id: string, headers = {}) => {
    const body = await (await gateway.ask(`/v1/generations/${id}/events`, { headers })).text()
    return parseEvents(body).filter(({ event }) => event !== undefined)
  }
  const textOf = (events: { event?: string; data?: string }[]): string =>
    events
      .filter(({ event }) => event === 'text')
      .map(({ data = '' }) => (JSON.parse(data) as Extract<GenerationEvent, { type: 'text' }>).text)
      .join('')

  it('follows one to its end, and again after any position', async () => {
    stack.simulator.script('alpha', [{ words: 30, tokenLatency: '20ms' }])
    const id = await begin({})
    const events = await eventsOf(id)
    expect(events.at(-1)).toMatchObject({ event: 'done' })
    const text = textOf(events)
    expect(text.split(' ')).toHaveLength(30)
    expect(events.filter(({ event }) => event === 'text').length).toBeGreaterThan(5)
    expect(text).toBe((await ended(id)).result?.text)
    for (const [at, { id: position }] of events.entries())
      if (at % 7 === 0) {
        const rest = await eventsOf(id, { 'last-event-id': position })
        expect(textOf(events.slice(0, at + 1)) + textOf(rest)).toBe(text)
        expect(rest.at(-1)?.event).toBe('done')
      }
  })

  it('sends a failure as an event', async () => {
    for (const provider of ['alpha', 'beta']) stack.simulator.script(provider, [{ fault: 'invalid_request' }])
    const last = (await eventsOf(await begin({}))).at(-1)
    expect(last?.event).toBe('error')
    expect(JSON.parse(last?.data ?? '')).toMatchObject({ error: { holdfast: { accepted: true } } })
  })

  it('lets a listener go without harm to the generation', async () => {
    stack.simulator.script('alpha', [{ answer: 'Hello', latency: '1500ms' }])
    const id = await begin({})
    const left = new AbortController()
    const listening = await gateway.ask(`/v1/generations/${id}/events`, { signal: left.signal })
    expect(listening.status).toBe(200)
    left.abort()
    expect(await ended(id)).toMatchObject({ state: 'answered' })
    await until('nobody listens', async () =>
      (await (await gateway.ask('/metrics')).text()).includes('holdfast_streams_open 0'),
    )
  })
})

describe('an idempotency key', () => {
  it('makes one generation of equal requests, and a conflict of another one', async () => {
    const key = { 'idempotency-key': 'order-17' }
    stack.simulator.script('alpha', [{ answer: 'Hello', latency: '200ms' }])
    const both = await Promise.all([gateway.post(CHAT, chatBody, key), gateway.post(CHAT, chatBody, key)])
    const ids = await Promise.all(both.map((response) => jsonOf<{ id: string }>(response)))
    expect(ids[0]?.id).toBe(ids[1]?.id)
    expect(stack.simulator.calls()).toHaveLength(1)
    const streamed = await gateway.post(CHAT, { ...chatBody, stream: true }, key)
    expect(await streamed.text()).toContain('Hello')
    const other = await gateway.post(CHAT, { ...chatBody, max_tokens: 5 }, key)
    expect(other.status).toBe(409)
    expect(stack.simulator.calls()).toHaveLength(1)
  })
})

describe('a client that goes away', () => {
  it.each([false, true])('has its provider call hung up within a second (stream: %s)', async (stream) => {
    const target = 'alpha/model-a'
    stack.simulator.script('alpha', [{ fault: 'silent' }])
    const left = new AbortController()
    const init = { method: 'POST', headers: { 'content-type': 'application/json' }, signal: left.signal }
    const body = JSON.stringify({ ...chatBody, model: target, stream })
    const asking = gateway.ask(CHAT, { ...init, body }).catch(() => 'gone')
    await stack.simulator.waitForCalls(1)
    const leftAt = Date.now()
    left.abort()
    expect(await asking).toBe('gone')
    const [call] = await stack.simulator.waitForCalls(1, { outcome: 'client_aborted' })
    expect((call?.abortedAt ?? Number.POSITIVE_INFINITY) - leftAt).toBeLessThan(1_000)
    await until('a line', () => gateway.lines().some(({ status }) => status === 499))
    expect(stack.simulator.calls()).toHaveLength(1)
  })

  it('has what it had used recorded: what the provider had named of it', async () => {
    stack.simulator.script('beta', [{ words: 1_000, tokenLatency: '20ms', usage: USAGE }])
    const left = new AbortController()
    const response = await gateway.ask('/v1/messages', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'beta/model-b', max_tokens: 2_000, stream: true, messages }),
      signal: left.signal,
    })
    const id = response.headers.get('x-holdfast-generation') ?? ''
    for await (const _ of response.body ?? []) break
    left.abort()
    const { state, attempts } = await ended(id)
    expect(state).toBe('cancelled')
    // Anthropic's API reports the prompt's tokens with its first event, and the answer's with its last.
    expect(attempts).toMatchObject([
      { target: 'beta/model-b', failure: { class: 'cancelled' }, usage: { inputTokens: USAGE.inputTokens } },
    ])
  })

  it('leaves a generation with an idempotency key alone: it can be requested again', async () => {
    stack.simulator.script('alpha', [{ answer: 'Hello', latency: '800ms' }])
    const left = new AbortController()
    const headers = { 'content-type': 'application/json', 'idempotency-key': 'left-alone' }
    const init = { method: 'POST', headers, body: JSON.stringify({ ...chatBody, max_tokens: 9 }) }
    const asking = gateway.ask(CHAT, { ...init, signal: left.signal }).catch(() => 'gone')
    await stack.simulator.waitForCalls(1)
    left.abort()
    expect(await asking).toBe('gone')
    expect(await (await gateway.ask(CHAT, init)).text()).toContain('Hello')
    expect(stack.simulator.calls().map(({ outcome }) => outcome)).toEqual(['answered'])
  })
})

describe('tenants', () => {
  it('have their own keys, generations and cache', async () => {
    stack.simulator.script('alpha', [{ answer: 'for acme' }, { answer: 'for globex' }])
    const key = { 'idempotency-key': 'same' }
    const acme = await guarded.post(CHAT, { ...chatBody, seed: 1 }, { ...ACME, ...key })
    const globex = await guarded.post(CHAT, { ...chatBody, seed: 1 }, { ...GLOBEX, ...key })
    expect(await acme.text()).toContain('for acme')
    expect(await globex.text()).toContain('for globex')
    const id = acme.headers.get('x-holdfast-generation') ?? ''
    const status = async (headers: { [name: string]: string }, method = 'GET') =>
      (await guarded.ask(`/v1/generations/${id}`, { headers, method })).status
    expect(await status(ACME)).toBe(200)
    expect([await status(GLOBEX), await status(GLOBEX, 'DELETE')]).toEqual([404, 404])
    expect((await guarded.ask(`/v1/generations/${id}/events`, { headers: GLOBEX })).status).toBe(404)
    expect((await gateway.ask(`/v1/generations/${id}`)).status).toBe(404)
  })
})

it('a hit of the cache is marked in a header, streamed or not', async () => {
  stack.simulator.script('alpha', [{ answer: 'kept' }])
  const body = { ...chatBody, seed: 2 }
  const miss = await gateway.post(CHAT, body)
  expect([miss.headers.get('x-holdfast-cache'), await miss.text()]).toEqual([
    'miss',
    expect.stringContaining('kept'),
  ])
  await until(
    'it is kept',
    async () => (await gateway.post(CHAT, body)).headers.get('x-holdfast-cache') === 'hit',
  )
  const streamed = await gateway.post(CHAT, { ...body, stream: true })
  expect(streamed.headers.get('x-holdfast-cache')).toBe('hit')
  expect(await streamed.text()).toContain('kept')
  expect(stack.simulator.calls()).toHaveLength(1)
})

it('is ready while Temporal answers and a worker polls', async () => {
  const response = await gateway.ask('/readyz')
  expect([response.status, await jsonOf(response)]).toEqual([200, { ok: true, temporal: true, worker: true }])
})

it('a gateway whose clock is an hour ahead is ready once a worker has polled anew', async () => {
  const { client, taskQueue } = stack
  const hourAhead = pollWatch(() => Date.now() + 3_600_000)
  const ready = readinessOf(taskQueue, hourAhead)
  expect(await ready(client)).toMatchObject({ ok: false, temporal: true })
  await until('a poll that came since', async () => {
    await stack.holdfast.generate({ prompt: 'its worker polls again' })
    return (await ready(client)).ok
  })
})

it('is not ready while Temporal answers and no worker polls', async () => {
  const { client } = stack
  const ready = readinessOf(ownTaskQueue('nobody'))
  const alone = await testGateway({
    ready: () => ready(client),
  })
  const response = await alone.ask('/readyz')
  await alone.close()
  expect([response.status, await jsonOf(response)]).toEqual([
    503,
    {
      ok: false,
      temporal: true,
      worker: false,
      reason: expect.stringMatching(
        /^no worker polls the task queue "nobody.*start one with `holdfast worker`/,
      ),
    },
  ])
})

it('for a namespace that does not exist gateway, client and worker name the command that creates it', async () => {
  const { client } = stack
  const cure = /namespace "nowhere" does not exist.*TEMPORAL_NAMESPACE.*namespace create --namespace nowhere/
  const ready = await readinessOf('holdfast')(
    new Client({ connection: client.connection, namespace: 'nowhere' }),
  )
  expect(ready).toMatchObject({ ok: false, temporal: true, reason: expect.stringMatching(cure) })
  const parsed = parseConfig(twoProviders('http://127.0.0.1:9'))
  const holdfast = await createHoldfast({
    config: parsed,
    env: {},
    connection: client.connection,
    namespace: 'nowhere',
  })
  await expect(holdfast.generate({ prompt: 'hi' })).rejects.toThrow(cure)
  await holdfast.close()
  const { address } = testServer()
  const temporal = { address, namespace: 'nowhere', connection: {} }
  const host = startHost({ config: parsed, env: {}, logger: pino({ level: 'silent' }), temporal })
  await expect(host).rejects.toThrow(cure)
})

it('a generation is counted once, with what it used', async () => {
  stack.simulator.script('alpha', [
    { status: 503, times: 1 },
    { answer: 'x', usage: { inputTokens: 3, outputTokens: 4 } },
  ])
  const counted = () =>
    Promise.all(
      [
        'generations_total{route="default",outcome="answered",served="provider",target="alpha/model-a"}',
        'attempts_total{target="alpha/model-a",outcome="overloaded"}',
        'attempts_total{target="alpha/model-a",outcome="answered"}',
        'tokens_total{target="alpha/model-a",direction="output"}',
      ].map((line) => metric(guarded, line)),
    )
  const before = await counted()
  const key = { ...ACME, 'idempotency-key': 'counted' }
  await guarded.post(CHAT, { ...chatBody, seed: 3 }, key)
  await guarded.post(CHAT, { ...chatBody, seed: 3 }, key)
  // Its worker counts the end of the workflow, a moment after its caller has the answer.
  await until('it is counted', async () => (await counted())[0] !== before[0])
  const after = await counted()
  expect(after.map((value, at) => value - (before[at] ?? 0))).toEqual([1, 1, 1, 4])
})
