/** The cache through the whole stack: what is served from it, what never gets into it, and what a broken store costs. */
import { rmSync } from 'node:fs'
import { createHoldfast } from '../../src/client'
import { parseConfig } from '../../src/config'
import { MAX_CACHED_ANSWER_BYTES } from '../../src/contract/generation'
import type { JsonObject } from '../../src/domain/request/json'
import {
  type CacheStack,
  cacheConfig,
  onDisk,
  ownFolder,
  PAST_FRESH_MS,
  startCacheStack,
} from '../helpers/cache-stack'
import { describeRedis, startRedis } from '../helpers/redis'
import { eventTypes, holdfastError } from '../helpers/stack'

const ROUTES = `
  default: { candidates: [alpha/model-a, beta/model-b], cache: { ttl: 1h } }
  alone: { candidates: [alpha/model-a], cache: { ttl: 1h } }
  other: { candidates: [alpha/model-a, beta/model-b], cache: { ttl: 1h } }`

const CITY = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] } as JsonObject
const WEATHER = { name: 'weather', description: 'Now', parameters: CITY }

describe('a route with a cache', () => {
  let stack: CacheStack
  beforeAll(async () => {
    stack = await startCacheStack({ routes: ROUTES })
  })
  afterAll(() => stack.close())
  beforeEach(() => stack.simulator.reset())

  it('pays once: the second answer is the first, with its age, for nothing, in at most 6 events', async () => {
    const { holdfast, client, simulator } = stack
    const first = await holdfast.generate({ prompt: 'once' })
    await stack.age({ prompt: 'once' }, 60_000)
    const second = await holdfast.generate({ prompt: 'once' })
    expect([first.served, first.cacheAgeMs]).toEqual(['provider', undefined])
    expect(first.costUsd).toBeGreaterThan(0)
    const { text, finishReason, usage, model, target, route } = first
    expect(second).toMatchObject({ text, finishReason, usage, model, target, route, toolCalls: [] })
    expect(second).toMatchObject({ served: 'cache', costUsd: 0, attempts: [] })
    expect(second.cacheAgeMs).toBeGreaterThanOrEqual(60_000)
    expect(second.cacheAgeMs).toBeLessThan(90_000)
    expect(second.id).not.toBe(first.id)
    expect(simulator.calls()).toHaveLength(1)
    expect((await eventTypes(client, second.id)).length).toBeLessThanOrEqual(6)
  })

  it('names the target that had answered', async () => {
    const { holdfast, simulator } = stack
    simulator.script('alpha', [{ status: 503 }])
    await holdfast.generate({ prompt: 'fallback' })
    simulator.script('alpha', [])
    expect(await holdfast.generate({ prompt: 'fallback' })).toMatchObject({
      served: 'cache',
      target: 'beta/model-b',
    })
  })

  it('gives tool calls and typed output as they were', async () => {
    const { holdfast, simulator } = stack
    simulator.script('alpha', [
      { answer: '{"city":"Oslo"}' },
      { toolCalls: [{ name: 'weather', arguments: { city: 'Oslo' } }] },
    ])
    const typed = () => holdfast.generate({ prompt: 'where', schema: CITY })
    const tool = () => holdfast.generate({ prompt: 'weather', tools: [WEATHER] })
    const first = [await typed(), await tool()]
    const again = [await typed(), await tool()]
    expect(first[0]?.output).toEqual({ city: 'Oslo' })
    expect(again.map(({ served }) => served)).toEqual(['cache', 'cache'])
    expect(again.map(({ output, toolCalls }) => ({ output, toolCalls }))).toEqual(
      first.map(({ output, toolCalls }) => ({ output, toolCalls })),
    )
  })

  it('keeps routes, requests and tenants apart', async () => {
    const { holdfast, simulator, client, taskQueue } = stack
    const config = parseConfig(cacheConfig(simulator.url, onDisk('unused'), ROUTES))
    const { connection } = client
    const acme = await createHoldfast({ config, connection, env: {}, taskQueue, tenant: 'acme' })
    await holdfast.generate({ prompt: 'apart' })
    const answers = await Promise.all([
      holdfast.generate({ prompt: 'apart', route: 'other' }),
      holdfast.generate({ prompt: 'apart', params: { temperature: 1 } }),
      acme.generate({ prompt: 'apart' }),
    ])
    expect(answers.map(({ served }) => served)).toEqual(['provider', 'provider', 'provider'])
    expect(await acme.generate({ prompt: 'apart' })).toMatchObject({ served: 'cache' })
    await acme.close()
  })

  it('asks anew what is past its freshness, and what an override calls too old', async () => {
    const { holdfast, simulator } = stack
    await holdfast.generate({ prompt: 'old' })
    await stack.age({ prompt: 'old' }, PAST_FRESH_MS)
    expect(await holdfast.generate({ prompt: 'old' })).toMatchObject({ served: 'provider' })
    await stack.age({ prompt: 'old' }, 60_000)
    const ask = (ttl: string) => holdfast.generate({ prompt: 'old', override: { cache: { ttl } } })
    expect((await ask('2m')).served).toBe('cache')
    expect((await ask('30s')).served).toBe('provider')
    expect(simulator.calls()).toHaveLength(3)
  })

  it.each([
    ['cut', [{ finish: 'length' }]],
    ['filtered', [{ finish: 'content_filter' }]],
    ['too large', [{ answer: 'x'.repeat(MAX_CACHED_ANSWER_BYTES) }]],
  ] as const)('keeps no answer that is %s', async (name, steps) => {
    const { holdfast, simulator } = stack
    simulator.script('alpha', steps)
    const ask = () => holdfast.generate({ prompt: `kept? ${name}`, route: 'alone' }).catch((error) => error)
    await ask()
    expect(await stack.kept({ prompt: `kept? ${name}`, route: 'alone' })).toBeNull()
    await ask()
    expect(simulator.calls()).toHaveLength(2)
  })

  it('serves the largest answer that it keeps', async () => {
    const { holdfast, simulator } = stack
    const answer = 'x'.repeat(MAX_CACHED_ANSWER_BYTES - 1_000)
    simulator.script('alpha', [{ answer }])
    await holdfast.generate({ prompt: 'largest' })
    const again = await holdfast.generate({ prompt: 'largest' })
    expect([again.served, again.text === answer]).toEqual(['cache', true])
  })

  it('keeps no failure, and keeps the answer that comes after it', async () => {
    const { holdfast, simulator } = stack
    simulator.script('alpha', [{ status: 503, times: 1 }])
    const ask = () => holdfast.generate({ prompt: 'at first not', route: 'alone' })
    expect((await holdfastError(ask())).kind).toBe('all_failed')
    expect([(await ask()).served, (await ask()).served]).toEqual(['provider', 'cache'])
  })

  it('takes a kept answer that breaks the schema for none: a new call', async () => {
    const { holdfast, simulator } = stack
    simulator.script('alpha', [{ answer: '{"city":"Oslo"}', times: 1 }, { answer: '{"city":"Bergen"}' }])
    const generateRequest = { prompt: 'schema', schema: CITY }
    await holdfast.generate(generateRequest)
    await stack.alter(generateRequest, { text: '{"town":"Oslo"}' })
    expect(await holdfast.generate(generateRequest)).toMatchObject({
      served: 'provider',
      output: { city: 'Bergen' },
    })
    expect(await holdfast.generate(generateRequest)).toMatchObject({
      served: 'cache',
      output: { city: 'Bergen' },
    })
    expect(simulator.calls()).toHaveLength(2)
  })
})

it('what is kept on disk outlives its worker', async () => {
  const folder = ownFolder()
  const start = () => startCacheStack({ routes: ROUTES, store: onDisk(folder) })
  try {
    const first = await start()
    const { text } = await first.holdfast.generate({ prompt: 'for later' })
    await first.close()
    const second = await start()
    expect(await second.holdfast.generate({ prompt: 'for later' })).toMatchObject({ served: 'cache', text })
    expect(second.simulator.calls()).toEqual([])
    await second.close()
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})

describeRedis('what is kept in Redis', () => {
  it('is shared by workers that have nothing else in common', async () => {
    const redis = await startRedis()
    const store = { store: 'redis', url: redis.url } as const
    const start = () => startCacheStack({ routes: ROUTES, store })
    const [one, other] = await Promise.all([start(), start()])
    try {
      const { text } = await one.holdfast.generate({ prompt: 'shared' })
      expect(await other.holdfast.generate({ prompt: 'shared' })).toMatchObject({ served: 'cache', text })
      expect(other.simulator.calls()).toEqual([])
    } finally {
      await Promise.all([one.close(), other.close()])
      await redis.close()
    }
  })
})
