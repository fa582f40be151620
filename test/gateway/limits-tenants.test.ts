/** What one caller can't take from the others at a gateway. No Temporal behind it. */
import { setTimeout as pause } from 'node:timers/promises'
import type { InternalHoldfast } from '../../src/client/internal'
import { cachedReadiness } from '../../src/gateway/readiness'
import { type ErrorBody, jsonOf, type TestGateway, testGateway } from '../helpers/gateway'
import { until } from '../helpers/processes'

const CHAT = '/v1/chat/completions'
const chatBody = { model: 'default', messages: [{ role: 'user', content: 'hi' }] }

let gateway: TestGateway
afterEach(() => gateway.close())

/** A client whose generations never end by themselves; `idOf` names each. */
function hanging(idOf: (n: number) => string) {
  let opened = 0
  const open = async ({ signal }: { signal: AbortSignal }) => {
    opened += 1
    const gone = new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('gone'))))
    gone.catch(() => undefined)
    return { id: idOf(opened), shared: true, result: () => gone, events: async function* () {} }
  }
  return {
    opened: () => opened,
    clientFor: async (): Promise<InternalHoldfast> => ({ open, close: async () => undefined }) as never,
  }
}

it('a tenant that has its share of requests in flight gets a 429; another one gets through', async () => {
  const client = hanging((n) => `gen-${n}`)
  gateway = await testGateway({
    apiKeys: 'flood:k-flood-0001,other:k-other-0001',
    clientFor: client.clientFor,
    limits: { requestsPerTenant: 3 },
  })
  const as = (key: string) => ({ authorization: `Bearer ${key}` })
  const left = new AbortController()
  const send = (key: string) =>
    gateway.ask(CHAT, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...as(key) },
      body: JSON.stringify(chatBody),
      signal: left.signal,
    })
  const flood = [1, 2, 3].map(() => send('k-flood-0001').catch(() => null))
  await until('three in flight', () => client.opened() === 3)
  const refused = await send('k-flood-0001')
  expect(refused.status).toBe(429)
  expect(refused.headers.get('retry-after')).toBe('1')
  expect((await jsonOf<ErrorBody>(refused)).error.message).toMatch(/limit of a tenant/)
  const other = send('k-other-0001').catch(() => null)
  await until('the other one is in', () => client.opened() === 4)
  left.abort()
  await Promise.all([...flood, other])
  await until('its places are free again', async () =>
    /^holdfast_http_requests_in_flight 0$/m.test(await (await gateway.ask('/metrics')).text()),
  )
  const again = new AbortController()
  const next = gateway
    .ask(CHAT, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...as('k-flood-0001') },
      body: JSON.stringify(chatBody),
      signal: again.signal,
    })
    .catch(() => null)
  await until('one more is in', () => client.opened() === 5)
  again.abort()
  await next
})

it('connections that wait for one generation are bounded; for others there is room', async () => {
  const client = hanging((n) => (n <= 3 ? 'gen-same' : `gen-${n}`))
  gateway = await testGateway({ clientFor: client.clientFor, limits: { waitersPerGeneration: 2 } })
  const left = new AbortController()
  const send = () =>
    gateway.ask(CHAT, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': 'k' },
      body: JSON.stringify(chatBody),
      signal: left.signal,
    })
  const waiting = [send(), send()].map((one) => one.catch(() => null))
  await until('two wait', () => client.opened() === 2)
  const third = await send()
  expect(third.status).toBe(429)
  expect((await jsonOf<ErrorBody>(third)).error.message).toMatch(/wait for this generation/)
  const other = send().catch(() => null)
  await until('another one waits', () => client.opened() === 4)
  left.abort()
  await Promise.all([...waiting, other])
})

it('/readyz asks Temporal once a second, however many ask', async () => {
  let questions = 0
  gateway = await testGateway({
    ready: async () => {
      questions += 1
      await pause(20)
      return { ok: true, temporal: true, worker: true }
    },
  })
  const answers = await Promise.all(Array.from({ length: 30 }, () => gateway.ask('/readyz')))
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]))
  expect(questions).toBe(1)
})

it('what is known of the readiness holds for a second, also that it is not ready', async () => {
  gateway = await testGateway()
  let now = 0
  let ok = false
  let questions = 0
  const ready = cachedReadiness(
    async () => {
      questions += 1
      return { ok, temporal: ok, worker: ok }
    },
    () => now,
  )
  expect((await ready()).ok).toBe(false)
  ok = true
  now = 999
  expect((await ready()).ok).toBe(false)
  now = 1_000
  expect((await ready()).ok).toBe(true)
  expect(questions).toBe(2)
})

it('bodies in flight are bounded by bytes, for each tenant and in all, and let go once they are sent on', async () => {
  let release = (): void => undefined
  const opened = new Promise<void>((resolve) => {
    release = resolve
  })
  let asking = 0
  const open = async () => {
    asking += 1
    await opened
    return { id: `g${asking}`, shared: false, result: () => new Promise(() => undefined), events: () => [] }
  }
  gateway = await testGateway({
    apiKeys: 'flood:k-flood-0001,other:k-other-0001',
    clientFor: async () => ({ open, close: async () => undefined }) as never,
    limits: { bodyBytesPerTenant: 2_500, bodyBytesInFlight: 4_500 },
  })
  const body = JSON.stringify({ ...chatBody, user: 'x'.repeat(1_000) })
  const left = new AbortController()
  const send = (key: string) =>
    gateway.ask(CHAT, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
      body,
      signal: left.signal,
    })
  const held = ['k-flood-0001', 'k-flood-0001', 'k-other-0001'].map((key) => send(key).catch(() => null))
  await until('three are asking', () => asking === 3)
  const refused = await send('k-flood-0001')
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '1'])
  held.push(send('k-other-0001').catch(() => null))
  await until('the other one has room', () => asking === 4)
  expect((await send('k-other-0001')).status).toBe(429)
  release()
  held.push(send('k-flood-0001').catch(() => null))
  await until('what was sent on is let go', () => asking === 5)
  left.abort()
  await Promise.all(held)
})
