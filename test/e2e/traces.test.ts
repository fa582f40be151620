/** A gateway and workers as processes, their spans sent to a collector by OpenTelemetry's variables. */
import { type Simulator, startSimulator } from '../../src/simulator'
import { type Command, type Commands, commands } from '../helpers/commands'
import { postChat } from '../helpers/gateway-process'
import { type Collector, type ReceivedSpan, startCollector } from '../helpers/otlp'
import { ownTaskQueue, testServer } from '../helpers/temporal'

const configText = (url: string): string => `
providers:
  alpha: { api: openai-chat, baseUrl: ${url}/alpha/v1, apiKeyEnv: ALPHA_KEY }
  beta: { api: anthropic-messages, baseUrl: ${url}/beta/v1, auth: none }
defaults: { circuit: false, retry: { maximumAttempts: 1 } }
routes:
  default: { candidates: [alpha/model-a, beta/model-b] }
  hedged: { candidates: [alpha/model-a, beta/model-b], strategy: { hedge: { after: 1s, budget: 100% } } }
  lasting: { candidates: [alpha/model-a], timeouts: { workerLost: 2s } }
`

const PLANTED = 'xylophone-lighthouse-4711'
const TRACE = '0af7651916cd43dd8448eb211c80319c'
const CALLER = 'b7ad6b7169203331'

let simulator: Simulator
let collector: Collector
let host: Commands
let env: { [name: string]: string }
let configFile: string
let gateway: { command: Command; url: string }
let worker: Command

const start = async (
  args: string[],
  says: RegExp,
): Promise<{ command: Command; found: RegExpMatchArray }> => {
  const command = host.run([...args, '--config', configFile], env)
  return { command, found: await command.says(says) }
}
const startWorker = async (): Promise<Command> => (await start(['worker'], /Worker ready/)).command

beforeAll(async () => {
  ;[simulator, collector] = await Promise.all([startSimulator(), startCollector()])
  host = commands()
  configFile = host.file('holdfast.yaml', configText(simulator.url))
  const { address, namespace } = testServer()
  env = {
    TEMPORAL_ADDRESS: address,
    TEMPORAL_NAMESPACE: namespace,
    HOLDFAST_TASK_QUEUE: ownTaskQueue('traces'),
    HOLDFAST_VERSIONING: 'off',
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_BSP_SCHEDULE_DELAY: '100',
    OTEL_SERVICE_NAME: 'traced',
    ALPHA_KEY: 'sk-alpha',
  }
  const [own, other] = await Promise.all([
    start(['gateway', '--port', '0'], /Gateway at (http:\/\/[^:]+:\d+)/),
    startWorker(),
  ])
  gateway = { command: own.command, url: own.found[1] ?? '' }
  worker = other
}, 60_000)

afterAll(async () => {
  await host?.close()
  await simulator?.close()
  await collector?.close()
})

beforeEach(() => {
  simulator.reset()
  collector.clear()
})

const named = (spans: readonly ReceivedSpan[], name: string): ReceivedSpan => {
  const found = spans.filter((span) => span.name === name)
  expect(found.map((span) => span.name)).toEqual([name])
  return found[0] as ReceivedSpan
}
const traceOf = (digit: string): string => digit.repeat(32)
const ask = (model: string, traceId: string, stream = false) =>
  postChat(
    gateway.url,
    { model, stream, messages: [{ role: 'user', content: `Say ${PLANTED}` }] },
    { traceparent: `00-${traceId}-${CALLER}-01` },
  )

it('one request is one trace from its caller on: gateway, generation, each call and its HTTP', async () => {
  simulator.script('alpha', [{ status: 503, message: `overloaded by ${PLANTED}` }])
  simulator.script('beta', [{ answer: `I said ${PLANTED}` }])
  const response = await ask('default', TRACE)
  expect(response.status).toBe(200)
  const spans = await collector.ofTrace(TRACE, 6)
  const server = named(spans, 'POST /v1/chat/completions')
  const generation = named(spans, 'generation default')
  const failed = named(spans, 'chat model-a')
  const answered = named(spans, 'chat model-b')
  const https = spans.filter(({ name }) => name === 'POST')
  expect(server).toMatchObject({ parentId: CALLER, kind: 'server', error: null, service: 'traced' })
  expect(generation).toMatchObject({
    parentId: server.spanId,
    kind: 'internal',
    error: null,
    attributes: {
      'holdfast.generation.id': response.headers.get('x-holdfast-generation'),
      'holdfast.outcome': 'answered',
      'holdfast.target': 'beta/model-b',
      'holdfast.served': 'provider',
      'holdfast.attempts': 2,
      'holdfast.failures': ['overloaded'],
    },
    events: [
      {
        name: 'holdfast.fallback',
        attributes: {
          'holdfast.from': 'alpha/model-a',
          'holdfast.to': 'beta/model-b',
          'holdfast.failure_class': 'overloaded',
        },
      },
    ],
  })
  expect(failed).toMatchObject({
    parentId: generation.spanId,
    kind: 'client',
    error: 'overloaded',
    attributes: {
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'alpha',
      'gen_ai.request.model': 'model-a',
      'error.type': 'overloaded',
      'http.response.status_code': 503,
      'holdfast.attempt.number': 1,
    },
  })
  expect(answered).toMatchObject({
    parentId: generation.spanId,
    kind: 'client',
    error: null,
    attributes: { 'gen_ai.request.model': 'model-b', 'gen_ai.response.finish_reasons': ['stop'] },
  })
  expect(answered.attributes['gen_ai.usage.input_tokens']).toBeGreaterThan(0)
  expect(https.map(({ parentId }) => parentId).sort()).toEqual([failed.spanId, answered.spanId].sort())
  expect(https.map(({ attributes }) => attributes['http.response.status_code']).sort()).toEqual([200, 503])
  // In time, each within its parent.
  for (const child of [failed, answered]) {
    expect(child.startedAt).toBeGreaterThanOrEqual(generation.startedAt - 5)
    expect(child.endedAt).toBeLessThanOrEqual(generation.endedAt + 5)
  }
  // LOGGER-1 holds for spans as well; providers get no header of the trace.
  expect(collector.raw()).not.toContain(PLANTED)
  expect(collector.raw()).not.toContain('sk-alpha')
  for (const { headers } of simulator.calls()) expect(headers.traceparent).toBeUndefined()
})

it('a hedge is linked to the call that it runs beside, and the loser is no error', async () => {
  simulator.script('alpha', [{ fault: 'silent' }])
  simulator.script('beta', [{ answer: 'first' }])
  expect((await ask('hedged', traceOf('2'))).status).toBe(200)
  const spans = await collector.ofTrace(traceOf('2'), 6)
  const slow = named(spans, 'chat model-a')
  const hedge = named(spans, 'chat model-b')
  expect(hedge).toMatchObject({ links: [slow.spanId], attributes: { 'holdfast.attempt.hedge': true } })
  expect(slow).toMatchObject({ links: [], error: null, attributes: { 'holdfast.outcome': 'cancelled' } })
  expect(named(spans, 'generation hedged').events.map(({ name }) => name)).toEqual(['holdfast.hedge'])
})

it("a stream's spans end with the stream, and say when its first token came", async () => {
  simulator.script('alpha', [{ answer: 'one two three four', tokenLatency: '50ms' }])
  const response = await ask('default', traceOf('3'), true)
  await response.text()
  const spans = await collector.ofTrace(traceOf('3'), 4)
  const server = named(spans, 'POST /v1/chat/completions')
  const attempt = named(spans, 'chat model-a')
  const http = named(spans, 'POST')
  const firstAt = attempt.events[0]?.at ?? 0
  expect(attempt.events.map(({ name }) => name)).toEqual(['holdfast.first_token'])
  expect(attempt.attributes).toMatchObject({ 'gen_ai.request.stream': true })
  expect(attempt.attributes['gen_ai.response.time_to_first_chunk']).toBeGreaterThan(0)
  expect(server.events.map(({ name }) => name)).toEqual(['holdfast.first_token'])
  for (const span of [server, attempt, http]) expect(span.endedAt).toBeGreaterThanOrEqual(firstAt)
  expect(collector.raw()).not.toContain('three')
})

it('a worker killed in mid-call leaves one span of the generation, and one of the call that was lost', async () => {
  simulator.script('alpha', [{ fault: 'silent', times: 1 }, { answer: 'from the survivor' }])
  const asked = ask('lasting', traceOf('4'))
  await simulator.waitForCalls(1)
  worker.kill('SIGKILL')
  await worker.exited
  worker = await startWorker()
  expect((await asked).status).toBe(200)
  const spans = await collector.ofTrace(traceOf('4'), 5)
  const generation = named(spans, 'generation lasting')
  const calls = spans.filter(({ name }) => name === 'chat model-a')
  expect(calls.map(({ error }) => error).sort()).toEqual([null, 'worker_lost'].sort())
  for (const { parentId } of calls) expect(parentId).toBe(generation.spanId)
  expect(generation.endedAt - generation.startedAt).toBeGreaterThan(2_000)
}, 60_000)

it('a caller whose trace does not record has no spans', async () => {
  const response = await postChat(
    gateway.url,
    { model: 'default', messages: [{ role: 'user', content: 'hi' }] },
    { traceparent: `00-${traceOf('5')}-${CALLER}-00` },
  )
  expect(response.status).toBe(200)
  await ask('default', traceOf('6'))
  await collector.ofTrace(traceOf('6'), 4)
  expect(collector.spans().filter(({ traceId }) => traceId === traceOf('5'))).toEqual([])
})

it('without a traceparent, or with garbage in its place, a request begins a trace of its own', async () => {
  for (const headers of [{}, { traceparent: `00-${traceOf('0')}-${CALLER}-01` }, { traceparent: PLANTED }]) {
    collector.clear()
    const response = await postChat(
      gateway.url,
      { model: 'default', messages: [{ role: 'user', content: 'hi' }] },
      headers,
    )
    expect(response.status).toBe(200)
    await collector.ofTrace(collector.spans()[0]?.traceId ?? '', 0)
    const { traceId } = await firstServer()
    const spans = await collector.ofTrace(traceId, 4)
    expect(named(spans, 'POST /v1/chat/completions').parentId).toBe('')
    expect(named(spans, 'generation default').parentId).not.toBe('')
  }
})

async function firstServer(): Promise<ReceivedSpan> {
  for (;;) {
    const found = collector.spans().find(({ kind }) => kind === 'server')
    if (found !== undefined) return found
    await new Promise((resolve) => setImmediate(resolve))
  }
}
