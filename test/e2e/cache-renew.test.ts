/** `staleWhileRevalidate`: an answer past its freshness is served at once, and one of those who meet it renews it. */

import { HOUR } from '../helpers/cache'
import { type CacheStack, cacheConfig, PAST_FRESH_MS, startCacheStack } from '../helpers/cache-stack'
import { until } from '../helpers/processes'
import { startStack } from '../helpers/stack'

const ROUTES = `
  default: { candidates: [alpha/model-a], cache: { ttl: 1h, staleWhileRevalidate: 24h, staleIfError: 0ms } }
  short: { candidates: [alpha/model-a], cache: { ttl: 1s, staleWhileRevalidate: 24h } }`

let stack: CacheStack
beforeAll(async () => {
  stack = await startCacheStack({ routes: ROUTES })
})
afterAll(() => stack.close())
beforeEach(() => stack.simulator.reset())

const ask = async (prompt: string, route?: string): Promise<string> => {
  const { text, served } = await stack.holdfast.generate({ prompt, route })
  return `${text} of ${served}`
}

async function expired(prompt: string, route?: string): Promise<void> {
  stack.simulator.script('alpha', [{ answer: 'old' }])
  await stack.holdfast.generate({ prompt, route })
  await stack.age({ prompt, route }, PAST_FRESH_MS)
  stack.simulator.reset()
}

const renewal = (prompt: string) => stack.client.workflow.getHandle(`renew-${stack.keyOf({ prompt })}`)

it('50 requests at expiry: all get the old one, and one call renews it', async () => {
  // In memory: a disk that is slower than 100 ms for one of 50 reads at once would rightly be a miss.
  const memory = await startStack({
    config: (url) => cacheConfig(url, { store: 'memory', maxBytes: 2 ** 24 }, ROUTES),
  })
  try {
    const { simulator, holdfast } = memory
    const herd = () => holdfast.generate({ route: 'short', prompt: 'herd' })
    simulator.script('alpha', [{ answer: 'old' }])
    await herd()
    await new Promise((resolve) => setTimeout(resolve, 1_100))
    simulator.reset()
    // It does not come while they ask, however long that takes.
    simulator.script('alpha', [{ fault: 'silent' }])
    const answers = await Promise.all(Array.from({ length: 50 }, herd))
    expect(new Set(answers.map(({ text, served }) => `${text} of ${served}`))).toEqual(
      new Set(['old of cache']),
    )
    await simulator.waitForCalls(1)
    expect(simulator.calls()).toHaveLength(1)
  } finally {
    await memory.close()
  }
})

it('the renewal outlives the request that began it, and later ones get the new answer', async () => {
  await expired('outlived')
  stack.simulator.script('alpha', [{ answer: 'new', latency: '1s' }])
  const { id, served, text } = await stack.holdfast.generate({ prompt: 'outlived' })
  expect([text, served]).toEqual(['old', 'cache'])
  expect((await stack.client.workflow.getHandle(id).describe()).status.name).toBe('COMPLETED')
  const { status, raw } = await renewal('outlived').describe()
  expect(status.name).toBe('RUNNING')
  // The route's five minutes and one more: where no worker takes it, it ends.
  expect(Number(raw.executionConfig?.workflowExecutionTimeout?.seconds)).toBe(360)
  expect(await renewal('outlived').result()).toMatchObject({ text: 'new', served: 'provider' })
  expect(await ask('outlived')).toBe('new of cache')
})

it('a renewal that fails leaves the old one in place, and is not tried again at once', async () => {
  await expired('failed')
  stack.simulator.script('alpha', [{ status: 503 }])
  expect(await ask('failed')).toBe('old of cache')
  await until('it has failed', async () => (await renewal('failed').describe()).status.name === 'FAILED')
  expect(await ask('failed')).toBe('old of cache')
  expect(stack.simulator.calls()).toHaveLength(1)
})

it('a cut answer renews nothing', async () => {
  await expired('cut')
  stack.simulator.script('alpha', [{ answer: 'ne', finish: 'length' }])
  expect(await ask('cut')).toBe('old of cache')
  expect(await renewal('cut').result()).toMatchObject({ text: 'ne' })
  expect(await ask('cut')).toBe('old of cache')
})

it('after its time the old one is gone', async () => {
  await expired('gone')
  await stack.age({ prompt: 'gone' }, 24 * HOUR)
  stack.simulator.script('alpha', [{ answer: 'new' }])
  expect(await ask('gone')).toBe('new of provider')
})

it('a renewed answer is renewed in its turn, however short it is fresh', async () => {
  await expired('turns', 'short')
  stack.simulator.script('alpha', [{ answer: 'second', times: 1 }, { answer: 'third' }])
  for (const text of ['second', 'third'])
    await until(`it says ${text}`, async () => (await ask('turns', 'short')) === `${text} of cache`)
  expect(stack.simulator.calls().length).toBeGreaterThanOrEqual(2)
})

it('a renewal that takes longer than its claim lasts is not doubled, and no request fails', async () => {
  await expired('slow', 'short')
  stack.simulator.script('alpha', [{ answer: 'new', latency: '3s' }])
  const answers = new Set<string>()
  await until('it is renewed', async () => {
    answers.add(await ask('slow', 'short'))
    return answers.has('new of cache')
  })
  expect(answers).toEqual(new Set(['old of cache', 'new of cache']))
  expect(stack.simulator.calls()).toHaveLength(1)
})

it('no-cache and no-store start no renewal beside their own call', async () => {
  await expired('own')
  stack.simulator.script('alpha', [{ answer: 'new' }])
  for (const cache of ['no-store', 'no-cache'] as const)
    expect(await stack.holdfast.generate({ prompt: 'own', cache })).toMatchObject({ served: 'provider' })
  expect(await ask('own')).toBe('new of cache')
  expect(stack.simulator.calls()).toHaveLength(2)
})
