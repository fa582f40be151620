/** Generations through the whole stack: client, Temporal, worker, socket. */
import { setTimeout as pause } from 'node:timers/promises'
import { temporal } from '@temporalio/proto'
import pino from 'pino'
import { createHoldfast } from '../../src/client'
import { parseConfig } from '../../src/config'
import { startHost } from '../../src/worker'
import { eventTypes, holdfastError, type Stack, startStack, twoProviders } from '../helpers/stack'
import { ownTaskQueue, testServer } from '../helpers/temporal'

const HEALTHY_EVENTS_AT_MOST = 14
const DEADLINE_MS = 300

describe('a generation', () => {
  let stack: Stack
  beforeAll(async () => {
    stack = await startStack()
  })
  afterAll(() => stack.close())
  beforeEach(() => stack.simulator.reset())

  it('is answered by the first candidate, with text, usage, finish reason, target and one attempt', async () => {
    const { simulator, holdfast } = stack
    simulator.script('alpha', [{ answer: 'forty-two', usage: { inputTokens: 7, outputTokens: 2 } }])
    const generation = await holdfast.generate({ prompt: 'What is the answer?' })
    expect(generation).toMatchObject({
      text: 'forty-two',
      target: 'alpha/model-a',
      served: 'provider',
      route: 'default',
      finishReason: { unified: 'stop', raw: 'stop' },
      usage: { inputTokens: 7, outputTokens: 2 },
      attempts: [{ candidate: 0, target: 'alpha/model-a', number: 1 }],
    })
    expect(generation.attempts[0]?.failure).toBeUndefined()
    expect(generation.webUrl).toMatch(new RegExp(`/workflows/${generation.id}/[0-9a-f-]{36}/user-metadata$`))
    expect(simulator.calls()).toHaveLength(1)
  })

  it('that is healthy has at most 14 events and no heartbeat', async () => {
    const { holdfast, client } = stack
    const { id } = await holdfast.generate({ prompt: 'short' })
    const events = await eventTypes(client, id)
    expect(events.length).toBeLessThanOrEqual(HEALTHY_EVENTS_AT_MOST)
    expect(events.filter((type) => type.includes('TIMER'))).toEqual([])
    const { raw } = await client.workflow.getHandle(id).describe()
    expect(raw.pendingActivities ?? []).toEqual([])
  })

  it('asks the same target again after a 529, and keeps both attempts', async () => {
    const { simulator, holdfast } = stack
    simulator.script('alpha', [{ status: 529 }, { answer: 'second time' }])
    const { text, attempts } = await holdfast.generate({ prompt: 'again' })
    expect(text).toBe('second time')
    expect(attempts).toMatchObject([
      { target: 'alpha/model-a', number: 1, failure: { class: 'overloaded', status: 529 } },
      { target: 'alpha/model-a', number: 2 },
    ])
  })

  it('falls back when its first candidate has used up its attempts', async () => {
    const { simulator, holdfast } = stack
    simulator.script('alpha', [{ status: 503 }])
    simulator.script('beta', [{ answer: 'from beta' }])
    const generation = await holdfast.generate({ prompt: 'fall back' })
    expect(generation).toMatchObject({ text: 'from beta', target: 'beta/model-b' })
    expect(generation.attempts.map(({ target, number }) => [target, number])).toEqual([
      ['alpha/model-a', 1],
      ['alpha/model-a', 2],
      ['beta/model-b', 1],
    ])
    expect(simulator.calls({ provider: 'alpha' })).toHaveLength(2)
    expect(simulator.calls({ provider: 'beta' })).toHaveLength(1)
  })

  it('outlives an error text with half a character in it', async () => {
    const { simulator, holdfast } = stack
    simulator.script('alpha', [{ status: 500, message: 'half \ud800' }])
    simulator.script('beta', [{ status: 400, message: '\u{1f525}'.repeat(400) }])
    const error = await holdfastError(holdfast.generate({ prompt: 'odd' }))
    expect(error.attempts.map(({ failure }) => failure?.class)).toEqual([
      'server_error',
      'server_error',
      'invalid_request',
    ])
    simulator.reset()
    const { text } = await holdfast.generate({ prompt: 'and the worker still works' })
    expect(text).not.toBe('')
  })

  it('waits for a short Retry-After', async () => {
    const { simulator, holdfast } = stack
    simulator.script('alpha', [{ status: 429, retryAfter: '0.7' }, { answer: 'after the wait' }])
    const { text, attempts } = await holdfast.generate({ prompt: 'wait' })
    expect(text).toBe('after the wait')
    const [first, second] = simulator.calls()
    expect((second?.receivedAt ?? 0) - (first?.receivedAt ?? 0)).toBeGreaterThanOrEqual(700)
    expect(attempts[0]).toMatchObject({ failure: { class: 'rate_limited', retryAfterMs: 700 } })
    expect(attempts[0]?.retryInMs).toBeGreaterThanOrEqual(700)
  })

  it('falls back at once when Retry-After is longer than maxWait', async () => {
    const { simulator, holdfast } = stack
    simulator.script('alpha', [{ status: 429, retryAfter: '600' }])
    const { target, timings } = await holdfast.generate({ prompt: 'too long' })
    expect(target).toBe('beta/model-b')
    expect(simulator.calls({ provider: 'alpha' })).toHaveLength(1)
    expect(timings.totalMs).toBeLessThan(600_000 / 10)
  })

  it.each([
    ['reset', { fault: 'reset' }, 'connection', 2],
    ['HTML instead of JSON', { fault: 'html' }, 'bad_response', 2],
    ['cut JSON', { fault: 'cut_json' }, 'bad_response', 2],
    ['a cut body', { fault: 'cut_body' }, 'bad_response', 2],
    ['empty choices', { fault: 'empty_choices' }, 'bad_response', 2],
    ['null content', { fault: 'null_content' }, 'bad_response', 2],
    ['401', { fault: 'unauthorized' }, 'unauthorized', 1],
    ['403', { fault: 'forbidden' }, 'forbidden', 1],
    ['404', { fault: 'model_not_found' }, 'model_not_found', 1],
    ['insufficient quota', { fault: 'quota_exhausted' }, 'quota_exhausted', 1],
    ['an unsupported parameter', { fault: 'unsupported' }, 'unsupported', 1],
  ] as const)('is answered by the fallback after %s', async (_name, step, failureClass, calls) => {
    const { simulator, holdfast } = stack
    simulator.script('alpha', [step])
    const { target, attempts } = await holdfast.generate({ prompt: 'faulty' })
    expect(target).toBe('beta/model-b')
    expect(attempts.slice(0, -1).map(({ failure }) => failure?.class)).toEqual(
      Array(calls).fill(failureClass),
    )
    expect(simulator.calls({ provider: 'alpha' })).toHaveLength(calls)
  })

  it.each([
    ['400', 'invalid_request'],
    ['a refusal', 'content_refused'],
  ] as const)(
    'ends with the reason of the first provider after %s: no other is called',
    async (_name, fault) => {
      const { simulator, holdfast } = stack
      simulator.script('alpha', [{ fault }])
      const error = await holdfastError(holdfast.generate({ prompt: 'wrong' }))
      expect(error).toMatchObject({ kind: 'invalid_request', failureClass: fault, accepted: true })
      expect(error.attempts).toHaveLength(1)
      expect(simulator.calls()).toHaveLength(1)
    },
  )

  it('that no provider answers fails once, and its error lists every attempt', async () => {
    const { simulator, holdfast, client } = stack
    simulator.script('alpha', [{ status: 503 }])
    simulator.script('beta', [{ status: 500 }])
    const error = await holdfastError(holdfast.generate({ prompt: 'nobody' }))
    expect(error.kind).toBe('all_failed')
    expect(error.attempts.map(({ target, failure }) => [target, failure?.class])).toEqual([
      ['alpha/model-a', 'overloaded'],
      ['alpha/model-a', 'overloaded'],
      ['beta/model-b', 'server_error'],
      ['beta/model-b', 'server_error'],
    ])
    expect(error.message).toContain('alpha/model-a: overloaded')
    const id = error.generationId ?? ''
    expect(error.webUrl).toMatch(new RegExp(`/workflows/${id}/[0-9a-f-]{36}/user-metadata$`))
    expect(await holdfastError(holdfast.result(id))).toMatchObject({ webUrl: error.webUrl })
    expect(await stack.holdfast.attempts(id)).toEqual(error.attempts)
    expect((await eventTypes(client, id)).at(-1)).toBe('EVENT_TYPE_WORKFLOW_EXECUTION_FAILED')
  })

  it('carries its activity summaries, its own summary and its outcome as search attributes', async () => {
    const { simulator, holdfast, client } = stack
    simulator.script('alpha', [{ status: 503 }])
    const { id } = await holdfast.generate({ prompt: 'visible' })
    const handle = client.workflow.getHandle(id)
    const description = await handle.describe()
    expect(await description.staticSummary()).toBe('default: alpha/model-a, beta/model-b')
    expect(await description.staticDetails()).toMatch(/\| beta\/model-b\s+\| 2\s+\| 2\smin\s+\|/)
    const attributes = Object.fromEntries(
      description.typedSearchAttributes.getAll().map(({ key, value }) => [key.name, value]),
    )
    expect(attributes).toMatchObject({
      HoldfastRoute: 'default',
      HoldfastTarget: 'beta/model-b',
      HoldfastOutcome: 'answered',
      HoldfastServed: 'provider',
      HoldfastAttempts: 3,
      HoldfastFailures: ['overloaded'],
      HoldfastDurationMs: expect.any(Number),
    })
    const { events } = await handle.fetchHistory()
    const summaries = (events ?? []).flatMap(({ activityTaskScheduledEventAttributes, userMetadata }) =>
      activityTaskScheduledEventAttributes == null
        ? []
        : [Buffer.from(userMetadata?.summary?.data ?? []).toString()],
    )
    expect(summaries).toEqual(['"alpha/model-a, at most 2 calls"', '"beta/model-b, at most 2 calls"'])
  })

  it('logs one line per attempt, fallback and generation, and no content', async () => {
    const { simulator, holdfast, lines } = stack
    const before = lines().length
    simulator.script('alpha', [{ status: 503 }])
    simulator.script('beta', [{ answer: 'a most secret answer' }])
    const { id } = await holdfast.generate({ prompt: 'a most secret prompt' })
    const own = lines()
      .slice(before)
      .filter(({ generation }) => generation === id)
    expect(
      own.map(({ event, target, ...line }) => [event, target, line.class ?? line.after ?? line.outcome]),
    ).toEqual([
      ['attempt', 'alpha/model-a', 'overloaded'],
      ['attempt', 'alpha/model-a', 'overloaded'],
      ['fallback', 'beta/model-b', 'overloaded'],
      ['attempt', 'beta/model-b', 'answered'],
      ['generation', 'beta/model-b', 'answered'],
    ])
    expect(JSON.stringify(lines())).not.toContain('most secret')
  })

  it('cancelled by its caller hangs up on the provider and ends with kind cancelled', async () => {
    const { simulator, holdfast, client } = stack
    simulator.script('alpha', [{ fault: 'silent' }])
    const { id } = await holdfast.start({ prompt: 'never mind' })
    await simulator.waitForCalls(1)
    await holdfast.cancel(id)
    const error = await holdfastError(holdfast.result(id))
    expect(error.kind).toBe('cancelled')
    const [call] = await simulator.waitForCalls(1, { outcome: 'client_aborted' })
    expect(call?.abortedAt).toBeGreaterThan(0)
    expect(simulator.calls({ provider: 'beta' })).toEqual([])
    expect((await client.workflow.getHandle(id).describe()).status.name).toBe('CANCELLED')
    expect(await holdfast.attempts(id)).toMatchObject([{ failure: { class: 'cancelled' } }])
  })

  it('started twice with one idempotency key is one generation and one paid call', async () => {
    const { simulator, holdfast } = stack
    simulator.script('alpha', [{ answer: 'once', latency: '100ms' }])
    const request = { prompt: 'pay once', idempotencyKey: 'order-1' }
    const [first, second] = await Promise.all([holdfast.generate(request), holdfast.generate(request)])
    const third = await holdfast.generate(request)
    expect(second.id).toBe(first.id)
    expect(third).toEqual(first)
    expect(simulator.calls()).toHaveLength(1)
    const error = await holdfastError(holdfast.generate({ ...request, prompt: 'another body' }))
    expect(error).toMatchObject({ kind: 'conflict', accepted: false })
  })

  it('that failed runs again under the same key', async () => {
    const { simulator, holdfast } = stack
    simulator.script('alpha', [{ fault: 'invalid_request' }, { answer: 'now it works' }])
    const request = { prompt: 'again', idempotencyKey: 'order-2' }
    await holdfastError(holdfast.generate(request))
    expect((await holdfast.generate(request)).text).toBe('now it works')
  })

  it('that is not known is an error', async () => {
    const error = await holdfastError(stack.holdfast.result('gen-nobody'))
    expect(error).toMatchObject({ kind: 'not_found', accepted: false, webUrl: null })
    expect(error.message).toContain('There is no generation gen-nobody')
  })
})

describe('time limits', () => {
  it('a provider that stays silent is called once, then the fallback answers', async () => {
    const stack = await startStack({ config: (url) => twoProviders(url, 'timeouts: { attempt: 300ms }') })
    try {
      stack.simulator.script('alpha', [{ fault: 'silent' }])
      const { target, attempts } = await stack.holdfast.generate({ prompt: 'silence' })
      expect(target).toBe('beta/model-b')
      expect(attempts[0]).toMatchObject({ failure: { class: 'timeout' } })
      const [call] = stack.simulator.calls({ provider: 'alpha' })
      expect(call?.outcome).toBe('client_aborted')
    } finally {
      await stack.close()
    }
  })

  it('a generation that no worker took before its deadline makes no call when one comes', async () => {
    const stack = await startStack({ config: (url) => twoProviders(url, `deadline: ${DEADLINE_MS}ms`) })
    const taskQueue = ownTaskQueue('late')
    const { address, namespace } = testServer()
    const config = parseConfig(twoProviders(stack.simulator.url, `deadline: ${DEADLINE_MS}ms`))
    const env = { TEMPORAL_ADDRESS: address }
    const holdfast = await createHoldfast({ config, env, taskQueue })
    try {
      const { id } = await holdfast.start({ prompt: 'anybody?' })
      // What passes here is the deadline itself.
      await pause(DEADLINE_MS)
      const host = await startHost({
        config,
        env,
        logger: pino({ level: 'silent' }),
        temporal: { address, namespace, connection: {} },
        taskQueue,
      })
      try {
        const error = await holdfastError(holdfast.result(id))
        expect(error).toMatchObject({ kind: 'deadline_exceeded', attempts: [] })
        expect(stack.simulator.calls()).toEqual([])
      } finally {
        await host.close()
      }
    } finally {
      await holdfast.close()
      await stack.close()
    }
  })

  it('the deadline ends a generation whose providers hang, and the error has its attempts', async () => {
    const stack = await startStack({ config: (url) => twoProviders(url, 'deadline: 600ms') })
    try {
      stack.simulator.script('alpha', [{ fault: 'silent' }])
      const error = await holdfastError(stack.holdfast.generate({ prompt: 'too late' }))
      expect(error.kind).toBe('deadline_exceeded')
      expect(error.attempts).toMatchObject([{ target: 'alpha/model-a', failure: { class: 'timeout' } }])
      expect(stack.simulator.calls({ provider: 'beta' })).toEqual([])
    } finally {
      await stack.close()
    }
  })
})

describe('providers without their key', () => {
  const keyed = (url: string) => `
providers:
  alpha: { api: openai-chat, baseUrl: ${url}/alpha/v1, apiKeyEnv: ALPHA_KEY }
  beta: { api: anthropic-messages, baseUrl: ${url}/beta/v1, apiKeyEnv: BETA_KEY }
routes:
  default: { candidates: [alpha/model-a, beta/model-b] }
`

  it('are left out of the plan, and the key that is set goes where its format wants it', async () => {
    const stack = await startStack({ config: keyed, env: { BETA_KEY: 'sk-beta-secret' } })
    try {
      const { id, target } = await stack.holdfast.generate({ prompt: 'who can?' })
      expect(target).toBe('beta/model-b')
      expect(stack.simulator.calls().map(({ provider, authorization }) => [provider, authorization])).toEqual(
        [['beta', 'x-api-key']],
      )
      const history = await stack.client.workflow.getHandle(id).fetchHistory()
      // As it is on the wire: JSON would hide what payloads hold in base64.
      const bytes = Buffer.from(temporal.api.history.v1.History.encode(history).finish())
      expect([bytes.includes('who can?'), bytes.includes('sk-beta-secret')]).toEqual([true, false])
      expect(
        stack.lines().some(({ event, provider }) => event === 'provider_unusable' && provider === 'alpha'),
      ).toBe(true)
      expect(JSON.stringify(stack.lines())).not.toContain('sk-beta-secret')
    } finally {
      await stack.close()
    }
  })

  it('when none is left, the error names the variables and --demo, and no call is made', async () => {
    const stack = await startStack({ config: keyed })
    try {
      const error = await holdfastError(stack.holdfast.generate({ prompt: 'nobody can' }))
      expect(error.kind).toBe('unavailable')
      for (const word of ['ALPHA_KEY', 'BETA_KEY', '--demo']) expect(error.message).toContain(word)
      expect(stack.simulator.calls()).toEqual([])
    } finally {
      await stack.close()
    }
  })
})
