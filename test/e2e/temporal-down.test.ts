/** The Temporal server is killed in mid-traffic and comes back: `whenTemporalDown: fail` and `direct`, side by side. */
import pino from 'pino'
import type { Generation, Holdfast } from '../../src/client'
import { healthCheckOf } from '../../src/client/health-check'
import { parseConfig } from '../../src/config'
import { type Simulator, startSimulator } from '../../src/simulator'
import { type Embedded, startEmbedded } from '../../src/worker/embedded'
import { jsonOf, type TestGateway, testGateway } from '../helpers/gateway'
import { until } from '../helpers/processes'
import { holdfastError } from '../helpers/stack'
import { type Call, type MortalServer, mortalServer, traffic } from '../helpers/temporal-down'

/** A client that had an answer of Temporal so lately makes no health check (src/client/health-check.ts, HEALTH-CHECK-1). */
const BLINK_MS = 300
/** The longest that a caller waits for its error. */
const AT_ONCE_MS = 3_000

const configOf = (url: string, mode: string) =>
  parseConfig(`
whenTemporalDown: ${mode}
cache: { store: memory }
providers:
  alpha: { api: openai-chat, baseUrl: ${url}/alpha/v1, auth: none }
  beta: { api: anthropic-messages, baseUrl: ${url}/beta/v1, auth: none }
  gone: { api: openai-chat, baseUrl: ${url}/gone/v1, auth: none }
  slow: { api: openai-chat, baseUrl: ${url}/slow/v1, auth: none }
defaults: { retry: { maximumAttempts: 1 }, timeouts: { workerLost: 2s } }
routes:
  default: { candidates: [alpha/model-a] }
  fallback: { candidates: [gone/model-g, beta/model-b], circuit: false }
  # Longer than the outage: its worker lives, and must not be taken for lost.
  slow: { candidates: [slow/model-s], timeouts: { workerLost: 20s } }
`)

let simulator: Simulator
let server: MortalServer
const worlds: { [mode: string]: Embedded } = {}
const gateways: { [mode: string]: TestGateway } = {}
const world = (mode: string): Embedded => {
  const found = worlds[mode]
  if (found === undefined) throw new Error(`no ${mode}`)
  return found
}
const holdfast = (mode: string): Holdfast => world(mode).holdfast

interface Outage {
  callsOf: { [mode: string]: Call[] }
  killedAt: number
  backAt: number
}
let outage: Outage
let accepted: Generation[]
const during: { [name: string]: unknown } = {}

const MODES = ['fail', 'direct']

beforeAll(async () => {
  simulator = await startSimulator({
    script: { slow: [{ latency: '4s', answer: 'slow but sure' }], gone: [{ fault: 'model_not_found' }] },
  })
  server = await mortalServer()
  for (const mode of MODES) {
    const embedded = await startEmbedded({
      config: configOf(simulator.url, mode),
      env: { TEMPORAL_ADDRESS: server.address, HOLDFAST_TASK_QUEUE: `down-${mode}` },
      logger: pino({ level: 'silent' }),
    })
    worlds[mode] = embedded
    gateways[mode] = await testGateway({ config: embedded.config, clientFor: embedded.clientFor })
  }
  const loads = MODES.map((mode) => traffic(holdfast(mode), mode, 150))
  const answered = () => loads.every(({ ended }) => ended.filter(({ result }) => result !== null).length > 3)
  await until('both answer', answered, 20_000)
  const started = await Promise.all(
    MODES.map((mode) => holdfast(mode).start({ route: 'slow', prompt: mode })),
  )
  await simulator.waitForCalls(2, { provider: 'slow' })

  await server.kill()
  const killedAt = Date.now()
  // As if it had answered just now: this one is sent.
  healthCheckOf(world('fail').host.connection).answered()
  const sent = timed('sent to a dead server', () =>
    holdfastError(holdfast('fail').generate({ prompt: 'sent' })),
  )
  await new Promise((resolve) => setTimeout(resolve, BLINK_MS))
  await Promise.all([sent, recordOutage()])
  await until('it was away for a while', () => Date.now() > killedAt + 3_000, 20_000)
  const backAt = Date.now()
  await server.comeBack()
  const durable = () =>
    loads.every(({ ended }) =>
      ended.some(
        ({ startedAt, result }) => startedAt > backAt && result !== null && result.durable !== false,
      ),
    )
  await until('both are durable again', durable, 30_000)
  const [fail = [], direct = []] = await Promise.all(loads.map((load) => load.stop()))
  outage = { callsOf: { fail, direct }, killedAt, backAt }
  accepted = await Promise.all(started.map(({ id }, place) => holdfast(MODES[place] ?? '').result(id)))
}, 120_000)
afterAll(async () => {
  await Promise.all(Object.values(gateways).map((gateway) => gateway.close()))
  await Promise.all(Object.values(worlds).map((embedded) => embedded.close()))
  await server.close()
  await simulator.close()
})

const askGateway = (mode: string, body: object, headers = {}) =>
  gateways[mode]?.post('/v1/chat/completions', { model: 'default', ...body }, headers)
const CHAT_BODY = { messages: [{ role: 'user', content: 'by http' }] }

const timed = async (name: string, act: () => Promise<unknown>): Promise<void> => {
  const startedAt = Date.now()
  during[name] = await act()
  during[`${name} took`] = Date.now() - startedAt
}

/** What else is sent during the outage. */
async function recordOutage(): Promise<void> {
  const direct = holdfast('direct')
  const errorOf = async (act: Promise<unknown>) => holdfastError(act)
  await Promise.all([
    timed('fail by http', async () => {
      const response = await askGateway('fail', CHAT_BODY)
      return response && { status: response.status, headers: response.headers, body: await jsonOf(response) }
    }),
    timed('direct by http', async () => {
      const response = await askGateway('direct', CHAT_BODY)
      return response && { status: response.status, headers: response.headers, body: await jsonOf(response) }
    }),
    timed('direct stream by http', async () => {
      const response = await askGateway('direct', { ...CHAT_BODY, stream: true })
      return response && { headers: response.headers, text: await response.text() }
    }),
    timed('direct with a key', () => errorOf(direct.generate({ prompt: 'keyed', idempotencyKey: 'k-1' }))),
    timed('direct, asynchronous', () => errorOf(direct.start({ prompt: 'later' }))),
    timed('status', () => errorOf(direct.status('gen-x'))),
    timed('direct fallback', () => direct.generate({ route: 'fallback', prompt: 'fall back' })),
    timed('direct events', async () => {
      const events = []
      for await (const event of direct.stream({ prompt: 'said word by word' })) events.push(event)
      return events
    }),
  ])
}

const inOutage = (mode: string): Call[] =>
  (outage.callsOf[mode] ?? []).filter(
    ({ startedAt }) => startedAt > outage.killedAt + BLINK_MS && startedAt < outage.backAt,
  )

it('fail: a request during the outage fails at once with accepted false', () => {
  const calls = inOutage('fail')
  expect(calls.length).toBeGreaterThan(10)
  expect(calls.map(({ error }) => [error?.kind, error?.accepted])).toEqual(
    calls.map(() => ['unavailable', false]),
  )
  expect(Math.max(...calls.map(({ tookMs }) => tookMs))).toBeLessThan(AT_ONCE_MS)
  for (const { error } of calls) expect(error?.retryAt).not.toBeNull()
})

it('direct: a request during the outage is answered with durable false', () => {
  const calls = inOutage('direct')
  expect(calls.length).toBeGreaterThan(10)
  expect(calls.map(({ result, error }) => [result?.durable, error?.message])).toEqual(
    calls.map(() => [false, undefined]),
  )
  expect(calls[0]?.result).toMatchObject({ served: 'provider', target: 'alpha/model-a', webUrl: '' })
})

it.each(MODES)('%s: every request ends, and before and after the outage answers are durable', (mode) => {
  const { callsOf, killedAt, backAt } = outage
  const all = callsOf[mode] ?? []
  const before = all.filter(({ startedAt, tookMs }) => startedAt + tookMs < killedAt)
  expect(before.every(({ result }) => result !== null && result.durable === undefined)).toBe(true)
  const last = all.findLast(({ startedAt }) => startedAt > backAt)
  expect(last?.error).toBe(null)
  // Of those that the kill met: answered, or failed with accepted unknown.
  const met = all.filter(
    ({ startedAt }) => startedAt < killedAt + BLINK_MS && !before.some((one) => one.startedAt === startedAt),
  )
  const failed = met.filter(({ error }) => error !== null)
  for (const { error, tookMs } of failed) {
    expect([error?.kind, error?.accepted === true]).toEqual(['unavailable', false])
    expect(tookMs).toBeLessThan(AT_ONCE_MS)
  }
})

it('a start that was sent to a dead server ends at its deadline with accepted unknown', () => {
  expect(during['sent to a dead server']).toMatchObject({ kind: 'unavailable', accepted: 'unknown' })
  expect(during['sent to a dead server took']).toBeLessThan(AT_ONCE_MS)
})

it('what was accepted before is answered after', () => {
  expect(accepted.map(({ text, durable }) => [text, durable])).toEqual(
    MODES.map(() => ['slow but sure', undefined]),
  )
})

it('no call is paid twice', () => {
  const prompts = simulator.calls({ provider: 'alpha' }).map(({ body }) => JSON.stringify(body))
  const trafficPrompts = prompts.filter((text) => /"(fail|direct) \d+"/.test(text))
  expect(trafficPrompts.length).toBeGreaterThan(20)
  expect(new Set(trafficPrompts).size).toBe(trafficPrompts.length)
  expect(simulator.calls({ provider: 'slow' })).toHaveLength(2)
})

it('over HTTP: 503 with Retry-After and accepted: false, or an answer marked as not durable', () => {
  expect(during['fail by http']).toMatchObject({
    status: 503,
    body: { error: { holdfast: { kind: 'unavailable', accepted: false } } },
  })
  const failed = during['fail by http'] as { headers: Headers }
  expect(Number(failed.headers.get('retry-after'))).toBeGreaterThan(0)
  expect(during['fail by http took']).toBeLessThan(AT_ONCE_MS)
  expect(during['direct by http']).toMatchObject({ status: 200, body: { holdfast: { durable: false } } })
  const answered = during['direct by http'] as { headers: Headers }
  expect(answered.headers.get('x-holdfast-durable')).toBe('false')
  const streamed = during['direct stream by http'] as { headers: Headers; text: string }
  expect(streamed.headers.get('x-holdfast-durable')).toBe('false')
  expect(streamed.text).toContain('data: [DONE]')
})

it('direct: a request with a key is refused, an asynchronous one is not accepted, and a status request is an error', () => {
  expect(during['direct with a key']).toMatchObject({
    kind: 'unavailable',
    accepted: false,
    message: expect.stringContaining('under a key it could run twice'),
  })
  expect(during['direct, asynchronous']).toMatchObject({ kind: 'unavailable', accepted: false })
  expect(during.status).toMatchObject({ kind: 'unavailable', accepted: 'unknown' })
  for (const name of ['direct with a key', 'direct, asynchronous', 'status'])
    expect(during[`${name} took`]).toBeLessThan(AT_ONCE_MS)
})

it('direct: falls back by the same plan, and streams word by word', () => {
  expect(during['direct fallback']).toMatchObject({ durable: false, target: 'beta/model-b' })
  const { attempts } = during['direct fallback'] as Generation
  expect(attempts.map(({ target, failure }) => [target, failure?.class])).toEqual([
    ['gone/model-g', 'model_not_found'],
    ['beta/model-b', undefined],
  ])
  const events = during['direct events'] as { type: string; text?: string; result?: Generation }[]
  const done = events.at(-1)
  expect(done).toMatchObject({ type: 'done', result: { durable: false } })
  const texts = events.filter(({ type }) => type === 'text')
  expect(texts.length).toBeGreaterThan(1)
  expect(texts.map(({ text }) => text).join('')).toBe(done?.result?.text)
})
