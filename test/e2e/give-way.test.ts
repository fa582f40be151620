/**
 * A candidate that gave way to one that publishes already is not paid again while that one lives: CALL-PROVIDER-6 of
 * activities/call-provider.ts, D10 of src/domain/routing/dispatch.ts.
 */
import type { GenerationEvent } from '../../src/client'
import { type RedisServer, redisPlaces, startRedis } from '../helpers/redis'
import { holdfastError, type Stack, startStack } from '../helpers/stack'

const TEXT = Array.from({ length: 20 }, (_, index) => `word${index}`).join(' ')

const config = (delivery: string) => (url: string) =>
  `
providers:
  alpha: { api: openai-chat, baseUrl: ${url}/alpha/v1, auth: none }
  beta: { api: anthropic-messages, baseUrl: ${url}/beta/v1, auth: none }
  gamma: { api: openai-chat, baseUrl: ${url}/gamma/v1, auth: none }
${delivery}
defaults: { circuit: false, retry: { maximumAttempts: 3, initialInterval: 200ms, jitter: none } }
routes:
  race: { candidates: [alpha/m, beta/m, gamma/m], strategy: race }
  hedge: { candidates: [alpha/m, beta/m, gamma/m], strategy: { hedge: { after: 50ms, max: 2, budget: 100% } } }
`

const textOf = (events: readonly GenerationEvent<unknown>[]): string =>
  events.reduce((text, event) => {
    if (event.type === 'restart') return ''
    return event.type === 'text' ? text + event.text : text
  }, '')

describe.each(redisPlaces('who gives way'))('who gives way, with the delivery log in %s', (store) => {
  let redis: RedisServer | null = null
  let stack: Stack
  beforeAll(async () => {
    redis = store === 'redis' ? await startRedis() : null
    const delivery = redis === null ? '' : `delivery: { store: redis, url: '${redis.url}' }`
    stack = await startStack({ config: config(delivery), delivery: true })
  })
  afterAll(async () => {
    await stack?.close()
    await redis?.close()
  })
  beforeEach(() => stack.simulator.reset())

  const calls = (provider: string) => stack.simulator.calls({ provider }).length
  async function stream(route: string): Promise<GenerationEvent<unknown>[]> {
    const events: GenerationEvent<unknown>[] = []
    for await (const event of stack.holdfast.stream({ route, prompt: `${route} ${Math.random()}` }))
      events.push(event)
    return events
  }
  const others = ['beta', 'gamma']

  it.each(['race', 'hedge'])(
    '%s: called once while the one that publishes is cut and called again',
    async (route) => {
      const { simulator } = stack
      const alpha = { answer: TEXT, tokenLatency: '15ms' }
      simulator.script('alpha', [{ ...alpha, cut: { after: 18 }, times: 1 }, alpha])
      for (const name of others)
        simulator.script(name, [{ answer: TEXT, latency: '100ms', tokenLatency: '40ms' }])
      const events = await stream(route)
      expect(textOf(events)).toBe(TEXT)
      expect(events.at(-1)).toMatchObject({ type: 'done', result: { target: 'alpha/m' } })
      expect([calls('alpha'), ...others.map(calls)]).toEqual([2, 1, 1])
    },
  )

  it('race: called once more when the one that streamed has failed for good, and then goes on to its end', async () => {
    const { simulator } = stack
    simulator.script('alpha', [{ answer: TEXT, tokenLatency: '15ms', cut: { after: 14 } }])
    // Both publish, both are cut again and again: in the end one of them is whole.
    simulator.script('beta', [
      { answer: TEXT, latency: '80ms', tokenLatency: '20ms', times: 1 },
      { answer: TEXT, tokenLatency: '5ms', cut: { after: 9 } },
    ])
    simulator.script('gamma', [{ answer: TEXT, latency: '80ms', tokenLatency: '30ms' }])
    const events = await stream('race')
    expect(textOf(events)).toBe(TEXT)
    expect(events.at(-1)).toMatchObject({ type: 'done', result: { target: 'gamma/m' } })
    expect(calls('alpha')).toBe(2)
    expect(calls('gamma')).toBe(2)
    expect(calls('beta')).toBeLessThanOrEqual(3)
    const done = events.at(-1)
    const { attempts } = await stack.holdfast.result(
      done?.type === 'done' ? (done.result as { id: string }).id : '',
    )
    const gaveWay = attempts.flatMap(({ target, failure }) => (failure?.code === 'gave_way' ? [target] : []))
    expect(gaveWay.sort()).toEqual(['beta/m', 'gamma/m'])
  })

  it('race: when all fail in the end, none was called more often than it may be', async () => {
    const { simulator } = stack
    for (const [index, name] of ['alpha', ...others].entries())
      simulator.script(name, [
        { answer: TEXT, latency: `${index * 40}ms`, tokenLatency: '10ms', cut: { after: 10 } },
      ])
    const error = await holdfastError(stream('race'))
    expect(error).toMatchObject({ kind: 'all_failed', failureClass: 'bad_response' })
    for (const name of ['alpha', ...others]) expect(calls(name)).toBeLessThanOrEqual(3)
  })
})
