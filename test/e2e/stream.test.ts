/** What a caller gets while a generation runs: text as it comes, one whole answer whatever happens to the calls. */
import type { GenerationEvent } from '../../src/client'
import { holdfastError, type Stack, startStack } from '../helpers/stack'

const WORDS = Array.from({ length: 60 }, (_, index) => `word${index}`)
const TEXT = WORDS.join(' ')

const config = (url: string): string => `
providers:
  alpha: { api: openai-chat, baseUrl: ${url}/alpha/v1, auth: none }
  beta: { api: anthropic-messages, baseUrl: ${url}/beta/v1, auth: none }
models:
  beta/continues: { prefill: true }
defaults: { circuit: false, retry: { maximumAttempts: 1 }, timeouts: { idle: 400ms, firstToken: 2s, workerLost: 2s } }
routes:
  default: { candidates: [alpha/model-a, beta/model-b] }
  again: { candidates: [alpha/model-a], retry: { maximumAttempts: 2, initialInterval: 10ms } }
  prefill: { candidates: [alpha/model-a, beta/continues] }
  racing: { candidates: [alpha/model-a, beta/model-b], strategy: race }
`

/** The text that a caller has at the end who forgets what a restart voids. */
const textOf = (events: readonly GenerationEvent<unknown>[]): string =>
  events.reduce((text, event) => {
    if (event.type === 'restart') return ''
    return event.type === 'text' ? text + event.text : text
  }, '')

async function all<T>(events: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = []
  for await (const event of events) list.push(event)
  return list
}

describe('a streamed generation', () => {
  let stack: Stack
  beforeAll(async () => {
    stack = await startStack({ config, delivery: true })
  })
  afterAll(() => stack.close())
  beforeEach(() => stack.simulator.reset())

  const stream = (route: string, restarts?: 'event') =>
    all(stack.holdfast.stream({ route, prompt: 'go', ...(restarts === undefined ? {} : { restarts }) }))

  it('delivers text as it comes, and ends with the result of the workflow', async () => {
    stack.simulator.script('alpha', [{ answer: TEXT, tokenLatency: '5ms' }])
    const events = await stream('default')
    expect(events.filter(({ type }) => type === 'text').length).toBeGreaterThan(10)
    expect(textOf(events)).toBe(TEXT)
    const done = events.at(-1)
    if (done?.type !== 'done') throw new Error('not done')
    const result = await stack.holdfast.result(done.result.id)
    expect(done.result).toEqual({
      ...result,
      timings: {
        ...result.timings,
        finishedAt: expect.any(Number),
        totalMs: expect.any(Number),
        startedAt: expect.any(Number),
      },
    })
    const positions = events.map(({ position }) => position)
    expect(positions).toEqual([...positions].sort((a, b) => a - b))
  })

  it.each(['reset', 'end', 'truncated_chunk'] as const)(
    'a stream cut by %s after 40 of 60 words is whole, each word once, when the next one repeats them',
    async (how) => {
      stack.simulator.script('alpha', [{ answer: TEXT, cut: { after: 40, how }, tokenLatency: '2ms' }])
      stack.simulator.script('beta', [{ answer: TEXT }])
      const events = await stream('default')
      expect(textOf(events)).toBe(TEXT)
      expect(events.some(({ type }) => type === 'restart')).toBe(false)
      expect(events.at(-1)).toMatchObject({ type: 'done', result: { text: TEXT, target: 'beta/model-b' } })
    },
  )

  it('a cut stream is whole when the same target is called again', async () => {
    stack.simulator.script('alpha', [{ answer: TEXT, cut: { after: 40 }, times: 1 }, { answer: TEXT }])
    const events = await stream('again')
    expect(textOf(events)).toBe(TEXT)
    expect(stack.simulator.calls({ provider: 'alpha' })).toHaveLength(2)
  })

  it('a model that takes prefill gets the text so far, and continues it', async () => {
    const streamedText = `${WORDS.slice(0, 40).join(' ')} `
    stack.simulator.script('alpha', [{ answer: TEXT, cut: { after: 40 }, tokenLatency: '2ms' }])
    stack.simulator.script('beta', [{ answer: ' and in other words, the end' }])
    const events = await stream('prefill')
    const [call] = stack.simulator.calls({ provider: 'beta' })
    expect(call?.body).toMatchObject({
      messages: [{ role: 'user' }, { role: 'assistant', content: streamedText.trim() }],
    })
    const whole = textOf(events)
    expect(whole).toBe(`${streamedText}and in other words, the end`)
    expect(events.at(-1)).toMatchObject({ type: 'done', result: { text: whole, target: 'beta/continues' } })
  })

  it('one that refuses the prefill is called without it', async () => {
    stack.simulator.script('alpha', [{ answer: TEXT, cut: { after: 40 }, tokenLatency: '2ms' }])
    stack.simulator.script('beta', [{ fault: 'invalid_request', times: 1 }, { answer: TEXT }])
    const events = await stream('prefill')
    expect(textOf(events)).toBe(TEXT)
    const [first, second] = stack.simulator.calls({ provider: 'beta' })
    expect(first?.body).toMatchObject({ messages: [{ role: 'user' }, { role: 'assistant' }] })
    expect(second?.body).toMatchObject({ messages: [{ role: 'user' }] })
  })

  it('an answer with another text ends the stream in an error that says so, and the generation has the whole one', async () => {
    stack.simulator.script('alpha', [{ answer: TEXT, cut: { after: 40 }, tokenLatency: '2ms' }])
    stack.simulator.script('beta', [{ answer: 'something else altogether' }])
    const error = await holdfastError(stream('default'))
    expect(error).toMatchObject({ kind: 'unavailable', accepted: true, failureClass: 'bad_response' })
    expect(await stack.holdfast.result(error.generationId ?? '')).toMatchObject({
      text: 'something else altogether',
    })
  })

  it('a caller that opted in gets a restart, then the whole answer', async () => {
    stack.simulator.script('alpha', [{ answer: TEXT, cut: { after: 40 }, tokenLatency: '2ms' }])
    stack.simulator.script('beta', [{ answer: 'word0 word1 and something else' }])
    const events = await stream('default', 'event')
    expect(events.filter(({ type }) => type === 'restart')).toHaveLength(1)
    expect(textOf(events)).toBe('word0 word1 and something else')
  })

  it('after the last candidate has failed there is an error, never an end', async () => {
    stack.simulator.script('alpha', [{ answer: TEXT, cut: { after: 40 }, tokenLatency: '2ms' }])
    stack.simulator.script('beta', [{ fault: 'server_error' }])
    const error = await holdfastError(stream('default'))
    expect(error).toMatchObject({ kind: 'all_failed', accepted: true })
    expect(error.message).toContain('alpha/model-a: bad_response')
  })

  it('race: one streams, the other is aborted, and its failure starts no third call', async () => {
    stack.simulator.script('alpha', [{ answer: TEXT, tokenLatency: '10ms' }])
    stack.simulator.script('beta', [{ answer: 'from beta, slower', latency: '300ms', tokenLatency: '10ms' }])
    const events = await stream('racing')
    expect(textOf(events)).toBe(TEXT)
    await stack.simulator.waitForCalls(1, { provider: 'beta', outcome: 'client_aborted' })
    expect(stack.simulator.calls()).toHaveLength(2)
  })

  it('race: when the one that streams is cut, the other takes over', async () => {
    stack.simulator.script('alpha', [{ answer: TEXT, tokenLatency: '10ms', cut: { after: 40 } }])
    stack.simulator.script('beta', [{ answer: TEXT, latency: '100ms', tokenLatency: '3ms' }])
    const events = await stream('racing')
    expect(textOf(events)).toBe(TEXT)
    expect(events.at(-1)).toMatchObject({ type: 'done', result: { target: 'beta/model-b' } })
  })

  it('race: one that begins to stream after the other was cut delivers what is missing, and is not called again', async () => {
    stack.simulator.script('alpha', [{ answer: TEXT, tokenLatency: '2ms', cut: { after: 40 } }])
    stack.simulator.script('beta', [{ answer: TEXT, latency: '900ms' }])
    const events = await stream('racing')
    expect(textOf(events)).toBe(TEXT)
    expect(events.some(({ type }) => type === 'restart')).toBe(false)
    expect(events.at(-1)).toMatchObject({
      type: 'done',
      result: { target: 'beta/model-b', rescue: 'prefix' },
    })
    expect(stack.simulator.calls({ provider: 'beta' })).toHaveLength(1)
  })

  it('race: an answer that comes whole while another one streams does not interrupt it', async () => {
    stack.simulator.script('alpha', [{ answer: TEXT, tokenLatency: '10ms' }])
    stack.simulator.script('beta', [{ answer: 'in other words, all at once', latency: '200ms' }])
    const events = await stream('racing')
    expect(textOf(events)).toBe(TEXT)
    expect(events.at(-1)).toMatchObject({ type: 'done', result: { target: 'alpha/model-a' } })
    expect(stack.simulator.calls()).toHaveLength(2)
  })

  it('a caller that attaches later gets it from the beginning, or from its position', async () => {
    stack.simulator.script('alpha', [{ answer: TEXT, tokenLatency: '10ms' }])
    const running = await stack.holdfast.open({ prompt: 'go', stream: true })
    const first: GenerationEvent<unknown>[] = []
    for await (const event of running.events()) {
      first.push(event)
      if (first.length === 20) break
    }
    const [all1, rest] = await Promise.all([
      all(stack.holdfast.attach(running.id)),
      all(stack.holdfast.attach(running.id, { after: first.at(-1)?.position ?? 0 })),
    ])
    expect(textOf(all1)).toBe(TEXT)
    expect(textOf([...first, ...rest])).toBe(TEXT)
  })

  it('a caller who does not stream has the answer ahead of the workflow’s end, and the same one', async () => {
    stack.simulator.script('alpha', [{ answer: TEXT }])
    const { timings: _early, ...early } = await stack.holdfast.generate({ prompt: 'go' })
    const { timings: _late, ...late } = await stack.holdfast.result(early.id)
    expect(early).toEqual(late)
  })
})
