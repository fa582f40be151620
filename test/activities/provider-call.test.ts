/** Faults of our own, and answers that can't be carried: neither is tried again, neither is paid twice. */
import pino from 'pino'
import { type ProviderCallDeps, providerCall } from '../../activities/provider-call'
import { parseConfig, resolveRoute } from '../../src/config'
import { createHttpClient } from '../../src/http'
import { providerAccess } from '../../src/worker/access'
import { createKeyRing } from '../../src/worker/key-ring'
import { httpServer, until } from '../helpers/sockets'
import { startStack, twoProviders } from '../helpers/stack'

it('an answer that Temporal could not carry is not requested again: the fallback answers', async () => {
  const stack = await startStack()
  try {
    stack.simulator.script('alpha', [{ answer: 'x'.repeat(3 * 1024 * 1024) }])
    const { target, attempts } = await stack.holdfast.generate({ prompt: 'be brief' })
    expect(target).toBe('beta/model-b')
    expect(attempts[0]?.failure?.message).toContain('the most that this cluster can carry')
    expect(stack.simulator.calls({ provider: 'alpha' })).toHaveLength(1)
  } finally {
    await stack.close()
  }
})

it('an invalid header value ends its candidate, and neither history nor log holds the value', async () => {
  const stack = await startStack({
    config: (url) => `
providers:
  alpha: { api: openai-chat, baseUrl: ${url}/alpha/v1, auth: none }
  beta: { api: openai-chat, baseUrl: ${url}/beta/v1, auth: none }
routes:
  default:
    candidates:
      - { target: alpha/model-a, headers: { x-own: '\${OWN_HEADER}' } }
      - beta/model-b
`,
    env: { OWN_HEADER: 'very\u0000secret' },
  })
  try {
    const { target, attempts } = await stack.holdfast.generate({ prompt: 'hi' })
    expect(target).toBe('beta/model-b')
    expect(attempts[0]?.failure).toBeDefined()
    expect(JSON.stringify([attempts, stack.lines()])).not.toContain('secret')
  } finally {
    await stack.close()
  }
})

it('a model is called and read in the wire format of its own, any other in its provider’s', async () => {
  const stack = await startStack({
    config: (url) => `
providers:
  alpha: { api: openai-responses, baseUrl: ${url}/alpha/v1, auth: none }
models:
  alpha/chats: { api: openai-chat }
  alpha/claude: { api: anthropic-messages }
routes:
  streamed: { candidates: [alpha/answers], upstream: stream }
`,
  })
  try {
    const { holdfast, simulator } = stack
    const routes = ['alpha/answers', 'alpha/chats', 'alpha/claude', 'alpha/constructor', 'streamed']
    const answers = await Promise.all(routes.map((route) => holdfast.generate({ route, prompt: 'go' })))
    expect(answers.map(({ text }) => /answer from (\S+) to/.exec(text)?.[1])).toEqual([
      'alpha/answers',
      'alpha/chats',
      'alpha/claude',
      'alpha/constructor',
      'alpha/answers',
    ])
    const called = simulator
      .calls()
      .map(({ model, api, stream }) => `${model} ${api}${stream ? ' stream' : ''}`)
    expect(called.sort()).toEqual([
      'answers openai-responses',
      'answers openai-responses stream',
      'chats openai-chat',
      'claude anthropic-messages',
      'constructor openai-responses',
    ])
  } finally {
    await stack.close()
  }
})

/** One call to the first candidate of `default`. */
function callAt(url: string, deps: Pick<ProviderCallDeps, 'http' | 'logger'>, stream = false) {
  const config = parseConfig(twoProviders(url))
  const found = resolveRoute(config, 'default')
  const [candidate] = found.ok ? found.route.candidates : []
  if (candidate === undefined) throw new Error('no candidate')
  return providerCall(
    { ...providerAccess(config, {}), keyRing: createKeyRing(Date.now), now: Date.now, ...deps },
    {
      generationId: 'gen-1',
      route: 'default',
      candidate,
      candidateIndex: 0,
      othersLeft: true,
      request: { messages: [{ role: 'user' as const, content: 'hi' }] },
      deadlineAt: Date.now() + 60_000,
      unsupportedParams: 'fail',
      streaming: stream,
      circuit: null,
      lastResort: false,
    },
    new AbortController().signal,
  )
}

it('an internal error is a failure that is not retried; the log has its place, and nothing has its text', async () => {
  const lines: string[] = []
  const { outcome } = await callAt('http://127.0.0.1:9', {
    // The real one never throws: a fault is what this is.
    http: {
      send: () => Promise.reject(new TypeError('secret is not a function')),
      openStream: () => Promise.reject(new TypeError('secret is not a function')),
      close: async () => undefined,
    },
    logger: pino({}, { write: (line) => lines.push(line) }),
  })
  expect(outcome).toMatchObject({ ok: false, failure: { class: 'internal_error' } })
  expect(JSON.stringify(outcome)).not.toContain('secret')
  const [fault] = lines.map((line) => JSON.parse(line))
  expect(fault).toMatchObject({
    event: 'fault',
    type: 'TypeError',
    at: expect.arrayContaining([expect.stringContaining('at ')]),
  })
  expect(lines.join()).not.toContain('secret')
})

it('usage that comes some time after the finish reason still counts; an end marker that never comes is not waited for', async () => {
  const chunk = (content: object): string =>
    `data: ${JSON.stringify({ id: 'c', model: 'm', ...content })}\n\n`
  const finish = { index: 0, delta: { content: 'whole' }, finish_reason: 'stop' }
  const server = await httpServer((_, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write(chunk({ choices: [finish] }))
    const usage = { prompt_tokens: 7, completion_tokens: 3 }
    const timers = [
      setTimeout(() => response.write(chunk({ choices: [], usage })), 200),
      // Words from a server that is done do not lengthen the wait.
      setInterval(() => response.write(`: ping\n\n${chunk({ choices: [] })}`), 100),
    ]
    response.on('close', () => timers.forEach(clearTimeout))
  })
  const http = createHttpClient({ env: {} })
  try {
    const startedAt = Date.now()
    const logger = pino({ level: 'silent' })
    const { outcome, usage } = await callAt(`http://127.0.0.1:${server.port}`, { http, logger }, true)
    expect(outcome).toMatchObject({ ok: true, value: { text: 'whole' } })
    expect(usage).toMatchObject({ inputTokens: 7, outputTokens: 3 })
    // `idle` is 20 s.
    expect(Date.now() - startedAt).toBeLessThan(10_000)
    await until(() => server.open() === 0)
  } finally {
    await http.close()
    await server.close()
  }
})
