/** A store that goes away in the middle of traffic: requests go on, hardly slower, and the log says it once. */
import { readdirSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { DEFAULT_TIMEOUT_MS } from '../../src/stores/cache/fail-safe'
import { type CacheStack, onDisk, ownFolder, startCacheStack } from '../helpers/cache-stack'
import { describeRedis, type RedisServer, startRedis } from '../helpers/redis'

const ROUTES = `
  default: { candidates: [alpha/model-a], cache: { ttl: 1h } }
  plain: { candidates: [alpha/model-a] }`

const ROUNDS = 10
/**
 * A store that hangs is waited for twice the guard's limit, at a lookup and again at the put (FAIL-SAFE-2), and without end where
 * nothing guards it. The rest is for a busy machine.
 */
const MOST_MS = 20 * DEFAULT_TIMEOUT_MS

let prompts = 0
/** A new request each time: a miss. Returns how long each took, in milliseconds, one after the other. */
async function misses(stack: CacheStack, route?: string): Promise<number[]> {
  const took: number[] = []
  for (let round = 0; round < ROUNDS; round += 1) {
    const startedAt = performance.now()
    prompts += 1
    const { served } = await stack.holdfast.generate({ prompt: `miss ${prompts}`, route })
    expect(served).toBe('provider')
    took.push(performance.now() - startedAt)
  }
  return took
}

const mean = (values: readonly number[]): number =>
  values.reduce((total, value) => total + value, 0) / values.length

function watchLog(stack: CacheStack) {
  const before = stack.lines().length
  return () =>
    stack
      .lines()
      .slice(before)
      .map(({ event }) => event)
      .filter((event) => String(event).startsWith('cache_'))
}

describeRedis('a Redis that', () => {
  let redis: RedisServer
  let stack: CacheStack
  beforeAll(async () => {
    redis = await startRedis()
    stack = await startCacheStack({ routes: ROUTES, store: { store: 'redis', url: redis.url } })
    await misses(stack, 'plain')
  })
  afterAll(async () => {
    await stack.close()
    await redis.close()
  })

  const served = async (prompt: string): Promise<string> => (await stack.holdfast.generate({ prompt })).served

  const signal = (name: NodeJS.Signals) => async (): Promise<void> => {
    process.kill(redis.pid(), name)
  }
  const [stop, goOn] = [signal('SIGSTOP'), signal('SIGCONT')]

  async function untilCached(prompt: string): Promise<void> {
    const endAt = Date.now() + 10_000
    while ((await served(prompt)) !== 'cache') if (Date.now() > endAt) throw new Error('not cached again')
  }

  it.each([
    ['hangs', stop, goOn],
    ['dies', (): Promise<void> => redis.kill(), (): Promise<void> => redis.start()],
  ])('%s is a miss for as long as it does', async (name, takeAway, bringBack) => {
    await untilCached(name)
    const events = watchLog(stack)
    const without = await misses(stack, 'plain')
    await takeAway()
    const away = await misses(stack)
    await bringBack()
    const added = mean(away) - mean(without)
    expect(added).toBeLessThan(MOST_MS)
    expect(events()).toEqual(['cache_down'])
    await untilCached(`${name} again`)
    expect(events()).toEqual(['cache_down', 'cache_back'])
  })
})

describe('a store on disk', () => {
  it('whose entry is damaged has none: it is called anew, and the log says it once', async () => {
    const folder = ownFolder()
    const stack = await startCacheStack({ routes: ROUTES, store: onDisk(folder) })
    try {
      const ask = async () => (await stack.holdfast.generate({ prompt: 'damaged' })).served
      expect([await ask(), await ask()]).toEqual(['provider', 'cache'])
      const events = watchLog(stack)
      const key = stack.keyOf({ prompt: 'damaged' })
      writeFileSync(path.join(folder, key.slice(0, 2), key), 'no entry at all')
      expect([await ask(), await ask()]).toEqual(['provider', 'cache'])
      expect(events()).toEqual(['cache_entry_damaged'])
    } finally {
      await stack.close()
      rmSync(folder, { recursive: true, force: true })
    }
  })

  it('whose folder is taken away is a miss, and is there again with the next answer', async () => {
    const folder = ownFolder()
    const stack = await startCacheStack({ routes: ROUTES, store: onDisk(folder) })
    try {
      const ask = async () => (await stack.holdfast.generate({ prompt: 'folder' })).served
      expect([await ask(), await ask()]).toEqual(['provider', 'cache'])
      const events = watchLog(stack)
      rmSync(folder, { recursive: true })
      writeFileSync(folder, 'a file is in its place')
      const away = await misses(stack)
      expect(away).toHaveLength(ROUNDS)
      expect(events()).toEqual(['cache_down'])
      rmSync(folder)
      expect([await ask(), await ask()]).toEqual(['provider', 'cache'])
      expect(readdirSync(folder)).toHaveLength(1)
      expect(events()).toEqual(['cache_down', 'cache_back'])
    } finally {
      await stack.close()
      rmSync(folder, { recursive: true, force: true })
    }
  })
})
