/** Faults of our own, and answers that can't be carried: neither is tried again, neither is paid twice. */
import pino from 'pino'
import { type ExchangeDeps, exchange } from '../activities/exchange'
import { parseConfig, resolveRoute } from '../src/config'
import { providerAccess } from '../src/worker/access'
import { createKeyRing } from '../src/worker/key-ring'
import { startStack, twoProviders } from './helpers/stack'

it('an answer that Temporal could not carry is not asked for again: the fallback answers', async () => {
  const stack = await startStack()
  try {
    stack.simulator.script('alpha', [{ answer: 'x'.repeat(3 * 1024 * 1024) }])
    const { target, attempts } = await stack.holdfast.generate({ prompt: 'be brief' })
    expect(target).toBe('beta/model-b')
    expect(attempts[0]?.failure?.message).toContain('the most that can be carried')
    expect(stack.simulator.calls({ provider: 'alpha' })).toHaveLength(1)
  } finally {
    await stack.close()
  }
})

it('a header that no request can bear ends its candidate, without a word of its value in history or log', async () => {
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

it('a fault of our own is a failure that is not tried again, told in the log and not in the history', async () => {
  const config = parseConfig(twoProviders('http://127.0.0.1:9'))
  const found = resolveRoute(config, 'default')
  const [candidate] = found.ok ? found.route.candidates : []
  if (candidate === undefined) throw new Error('no candidate')
  const lines: string[] = []
  const deps: ExchangeDeps = {
    ...providerAccess(config, {}),
    keyRing: createKeyRing(Date.now),
    // The real one never throws: a fault is what this is.
    http: {
      send: () => Promise.reject(new TypeError('secret is not a function')),
      openStream: () => Promise.reject(new TypeError('secret is not a function')),
      close: async () => undefined,
    },
    logger: pino({}, { write: (line) => lines.push(line) }),
    now: Date.now,
  }
  const request = { messages: [{ role: 'user' as const, content: 'hi' }] }
  const { outcome } = await exchange(
    deps,
    {
      generationId: 'gen-1',
      route: 'default',
      candidate,
      candidateIndex: 0,
      othersLeft: true,
      request,
      deadlineAt: Date.now() + 1_000,
      unsupportedParams: 'fail',
      stream: false,
      circuit: null,
      lastResort: false,
    },
    new AbortController().signal,
  )
  expect(outcome).toMatchObject({ ok: false, failure: { class: 'unsupported' } })
  expect(JSON.stringify(outcome)).not.toContain('secret')
  expect(lines.join()).toContain('secret is not a function')
})
