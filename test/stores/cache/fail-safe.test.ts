/** The fail-safe: whatever a store does, a request goes on. FAIL-SAFE-1 to FAIL-SAFE-4: src/stores/cache/fail-safe.ts. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import * as net from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { CacheSettings } from '../../../src/config'
import type { CacheEntry } from '../../../src/domain/caching/cache'
import { type CacheEvent, failSafe } from '../../../src/stores/cache/fail-safe'
import { type CacheDeps, openCacheStore } from '../../../src/stores/cache/open'
import type { CacheStore } from '../../../src/stores/cache/types'
import { entryOf, HOUR, keyOf, recordedLog } from '../../helpers/cache'
import { until } from '../../helpers/processes'
import { describeRedis, type RedisServer, startRedis } from '../../helpers/redis'
import { type Listening, listen, timed } from '../../helpers/sockets'

const KEY = keyOf('a')
const entry = entryOf('hello', Date.now())
/** What the guard grants, and what a busy machine may add to it. */
const LIMIT_MS = 100
const SLACK_MS = 60

type Ops = Pick<CacheStore, 'get' | 'put' | 'claim' | 'close'>
const never = <T>() => new Promise<T>(() => undefined)
const working: Ops = {
  get: async () => entry,
  put: async () => undefined,
  claim: async () => true,
  close: async () => undefined,
}

function guarded(store: Partial<Ops>) {
  const log = recordedLog()
  const events: CacheEvent[] = []
  const guard = failSafe(
    { ...working, ...store },
    { logger: log.logger, onEvent: (event) => events.push(event) },
  )
  return { ...log, events: events, loggedEvents: log.events, guard }
}

describe('a store that works', () => {
  it('is passed through, hits and misses are counted, nothing is logged', async () => {
    const entries: (CacheEntry | null)[] = [entry, null]
    const { guard, events, lines } = guarded({ get: async () => entries.shift() ?? null })
    expect(await guard.get(KEY)).toBe(entry)
    expect(await guard.get(KEY)).toBeNull()
    expect(await guard.claim(KEY, 1)).toBe(true)
    await guard.put(KEY, entry)
    await guard.close()
    expect(events).toEqual([
      { type: 'hit', operation: 'get' },
      { type: 'miss', operation: 'get' },
    ])
    expect(lines).toEqual([])
  })

  it('is waited for longer where its caller says so', async () => {
    let answer = (): void => undefined
    const slow = new Promise<void>((resolve) => {
      answer = resolve
    })
    const { guard } = guarded({ get: () => slow.then(() => entry) })
    const patient = guard.get(KEY, 60_000)
    expect(await guard.get(KEY)).toBeNull()
    answer()
    expect(await patient).toBe(entry)
  })

  it('a get while an entry is being put returns that entry, for this key only', async () => {
    const kept = new Map<string, CacheEntry>()
    let write = (): void => undefined
    const { guard } = guarded({
      get: async (key) => kept.get(key) ?? null,
      put: (key, value) =>
        new Promise((resolve) => {
          write = () => {
            kept.set(key, value)
            resolve()
          }
        }),
    })
    const put = guard.put(KEY, entry)
    const reads = guard.get(KEY)
    expect(await guard.get(keyOf('b'))).toBeNull()
    write()
    expect(await reads).toBe(entry)
    await put
    expect(await guard.get(KEY)).toBe(entry)
  })

  it('is not blamed for a process that was busy', async () => {
    const { guard, events } = guarded({
      get: () => new Promise((resolve) => setImmediate(() => setImmediate(() => resolve(entry)))),
    })
    const getting = guard.get(KEY)
    const busyUntil = performance.now() + 3 * LIMIT_MS
    while (performance.now() < busyUntil);
    expect(await getting).toBe(entry)
    expect(events).toEqual([{ type: 'hit', operation: 'get' }])
  })
})

const BROKEN: [string, Ops, string][] = [
  ['hangs', { get: never, put: never, claim: never, close: never }, 'timeout'],
  [
    'rejects',
    {
      get: () => Promise.reject(Object.assign(new Error('secret'), { code: 'EIO' })),
      put: () => Promise.reject(Object.assign(new Error('secret'), { code: 'EIO' })),
      claim: () => Promise.reject(Object.assign(new Error('secret'), { code: 'EIO' })),
      close: () => Promise.reject(new Error('secret')),
    },
    'EIO',
  ],
  [
    'throws',
    {
      get: () => {
        throw new TypeError('secret')
      },
      put: () => {
        throw new TypeError('secret')
      },
      claim: () => {
        throw new TypeError('secret')
      },
      close: () => {
        throw new TypeError('secret')
      },
    },
    'TypeError',
  ],
]

describe.each(BROKEN)('a store that %s', (_, store, reason) => {
  it('is a miss, a no-op and a lost claim, in time (FAIL-SAFE-1, FAIL-SAFE-2)', async () => {
    const { guard, events } = guarded(store)
    for (const [work, expected] of [
      [() => guard.get(KEY), null],
      [() => guard.put(KEY, entry), undefined],
      [() => guard.claim(KEY, 1), false],
    ] as const) {
      const { value, ownMs } = await timed<unknown>(work)
      expect(value).toBe(expected)
      expect(ownMs).toBeLessThan(LIMIT_MS + SLACK_MS)
    }
    expect(events).toEqual([
      { type: 'error', operation: 'get' },
      { type: 'error', operation: 'put' },
      { type: 'error', operation: 'claim' },
    ])
  })

  it('is one log line, that says why in a word (FAIL-SAFE-3)', async () => {
    const { guard, lines } = guarded(store)
    await Promise.all(Array.from({ length: 20 }, () => guard.get(KEY)))
    await guard.put(KEY, entry)
    expect(lines).toMatchObject([{ event: 'cache_down', level: 'warn', reason }])
    expect(JSON.stringify(lines)).not.toContain('secret')
  })

  it('can be closed all the same', async () => {
    const { guard, loggedEvents } = guarded(store)
    await guard.close()
    expect(loggedEvents()).toEqual(['cache_not_closed'])
  })
})

it('an outage is logged once when it begins and once when it ends, each time (FAIL-SAFE-3)', async () => {
  let down = true
  const { guard, loggedEvents } = guarded({
    get: () => (down ? Promise.reject(new Error('x')) : Promise.resolve(null)),
  })
  for (const now of [true, true, false, false, true, true, true, false]) {
    down = now
    await guard.get(KEY)
  }
  expect(loggedEvents()).toEqual(['cache_down', 'cache_back', 'cache_down', 'cache_back'])
})

it('a store that hangs is not called while three operations are overdue, and called again when one has ended (FAIL-SAFE-4)', async () => {
  let reads = 0
  const waiting: (() => void)[] = []
  const { guard, loggedEvents } = guarded({
    get: () => {
      reads += 1
      return new Promise((resolve) => waiting.push(() => resolve(entry)))
    },
  })
  await Promise.all([guard.get(KEY), guard.get(KEY), guard.get(KEY)])
  const { ownMs } = await timed(() => Promise.all(Array.from({ length: 50 }, () => guard.get(KEY))))
  expect(reads).toBe(3)
  expect(ownMs).toBeLessThan(LIMIT_MS / 2)
  waiting.shift()?.()
  await until('it is called again', async () => {
    await guard.get(KEY)
    return reads === 4
  })
  const answered = guard.get(KEY)
  for (const answer of waiting) answer()
  await answered
  expect(loggedEvents()[0]).toBe('cache_down')
})

/** A store as a worker opens it. */
async function opened(settings: CacheSettings, env: CacheDeps['env'] = {}) {
  const log = recordedLog()
  const events: CacheEvent[] = []
  const store = await openCacheStore(settings, {
    env,
    logger: log.logger,
    onEvent: (event) => events.push(event),
    now: Date.now,
  })
  return { store, seen: events, lines: log.lines, loggedEvents: log.events }
}

describe('on disk', () => {
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'holdfast-cache-'))
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))
  const settings = (at = folder): CacheSettings => ({ store: 'disk', path: at, maxBytes: 4 * 1024 * 1024 })

  it('a folder that can not be written: requests go on, one line', async () => {
    writeFileSync(path.join(folder, 'file'), '')
    const { store, seen, lines } = await opened(settings(path.join(folder, 'file')))
    await store.put(KEY, entry)
    expect(await store.get(KEY)).toBeNull()
    expect(await store.claim(KEY, 1)).toBe(false)
    expect(lines).toMatchObject([{ event: 'cache_down', reason: 'ENOTDIR' }])
    expect(seen.map(({ type }) => type)).toEqual(['error', 'error', 'error'])
  })

  it('a damaged file: a miss, an error event, one line, and gone', async () => {
    const { store, seen, loggedEvents } = await opened(settings())
    await store.put(KEY, entry)
    const file = path.join(folder, KEY.slice(0, 2), KEY)
    writeFileSync(file, readFileSync(file).subarray(0, 60))
    expect(await store.get(KEY)).toBeNull()
    expect(await store.get(KEY)).toBeNull()
    expect(loggedEvents()).toEqual(['cache_entry_damaged'])
    expect(seen.filter(({ type }) => type === 'error')).toEqual([{ type: 'error', operation: 'get' }])
    expect(readdirSync(path.dirname(file))).toEqual([])
    await store.put(KEY, entry)
    expect(await store.get(KEY)).toEqual(entry)
    await store.close()
  })
})

describe('in Redis', () => {
  let silent: Listening
  beforeEach(async () => {
    // Takes connections and never says a word.
    silent = await listen(net.createServer((socket) => socket.resume()))
  })
  afterEach(() => silent.close())

  it('a server that never answers: opened at once, a miss in time, one line', async () => {
    const { value, ownMs } = await timed(() =>
      opened({ store: 'redis', url: `redis://127.0.0.1:${silent.port}` }),
    )
    expect(ownMs).toBeLessThan(1_000)
    for (let round = 0; round < 3; round += 1) {
      const got = await timed(() => value.store.get(KEY))
      expect(got.value).toBeNull()
      expect(got.ownMs).toBeLessThan(LIMIT_MS + SLACK_MS)
    }
    const { ownMs: putMs } = await timed(() => value.store.put(KEY, entry))
    expect(putMs).toBeLessThan(LIMIT_MS + SLACK_MS)
    expect(value.loggedEvents()).toEqual(['cache_down'])
    // It is cut off, and tried anew.
    await until('there is a second connection', async () => {
      await value.store.get(KEY)
      return silent.connections() > 1
    })
    expect(silent.open()).toBeLessThanOrEqual(2)
    expect(value.loggedEvents()).toEqual(['cache_down'])
    await value.store.close()
    await until('no connection is left', () => silent.open() === 0)
  })

  it('a server that is down when a worker starts: opened at once, a miss, one line without the password', async () => {
    await silent.close()
    const url = `redis://:hunter2@127.0.0.1:${silent.port}`
    const { value, ownMs } = await timed(() =>
      opened({ store: 'redis', url: '$' + '{CACHE}' }, { CACHE: url }),
    )
    expect(ownMs).toBeLessThan(1_000)
    const got = await timed(() => value.store.get(KEY))
    expect(got.value).toBeNull()
    expect(got.ownMs).toBeLessThan(LIMIT_MS + SLACK_MS)
    for (let round = 0; round < 5; round += 1) await value.store.put(KEY, entry)
    expect(value.lines).toMatchObject([{ event: 'cache_down', reason: 'ECONNREFUSED' }])
    expect(JSON.stringify(value.lines)).not.toContain('hunter2')
    await value.store.close()
  })
})

describeRedis('a real Redis', () => {
  let server: RedisServer
  const running: { close(): Promise<void> }[] = []
  afterEach(async () => {
    for (const one of running.splice(0).reverse()) await one.close()
  })
  const start = async (args: string[] = []) => {
    server = await startRedis(args)
    running.push(server)
    const one = await opened({ store: 'redis', url: server.url })
    running.push(one.store)
    return one
  }

  it('killed in the middle of it all, and back: misses, then hits again, two lines', async () => {
    const { store, loggedEvents, seen } = await start()
    await store.put(KEY, entry)
    expect(await store.get(KEY)).toEqual(entry)
    const reading = Promise.all(Array.from({ length: 500 }, () => store.get(KEY)))
    await server.kill()
    await reading
    for (let round = 0; round < 10; round += 1) {
      const { value, ownMs } = await timed(() => store.get(KEY))
      expect(value).toBeNull()
      expect(ownMs).toBeLessThan(LIMIT_MS + SLACK_MS)
    }
    expect(loggedEvents()).toEqual(['cache_down'])
    await server.start()
    await until('it is found again', async () => {
      await store.put(KEY, entry)
      return (await store.get(KEY)) !== null
    })
    expect(loggedEvents()).toEqual(['cache_down', 'cache_back'])
    expect(seen.at(-1)).toEqual({ type: 'hit', operation: 'get' })
  })

  it('gone while nobody asks: it is tried again and again, and found when it is back', async () => {
    const { store } = await start()
    await store.put(KEY, entry)
    await server.kill()
    const inItsPlace = net.createServer((socket) => socket.destroy())
    const place = await listen(inItsPlace, server.port)
    await until('it was tried three times', () => place.connections() >= 3)
    await place.close()
    await server.start()
    await until('it is found again', async () => {
      await store.put(KEY, entry)
      return (await store.get(KEY)) !== null
    })
  })

  it('stopped without a word, and going on: misses in time, then hits again', async () => {
    const { store, loggedEvents } = await start()
    await store.put(KEY, entry)
    process.kill(server.pid(), 'SIGSTOP')
    for (let round = 0; round < 6; round += 1) {
      const { value, ownMs } = await timed(() => store.get(KEY))
      expect(value).toBeNull()
      expect(ownMs).toBeLessThan(LIMIT_MS + SLACK_MS)
    }
    process.kill(server.pid(), 'SIGCONT')
    await until('it is found again', async () => (await store.get(KEY)) !== null)
    expect(loggedEvents()).toEqual(['cache_down', 'cache_back'])
  })

  it('an entry goes when it is of no more use, a claim when its time is up', async () => {
    const { store } = await start()
    await store.put(KEY, entry)
    await store.claim(KEY, HOUR)
    const { createClient } = await import('@redis/client')
    const client = createClient({ url: server.url })
    await client.connect()
    const left = await client.pTTL(`holdfast:cache:${KEY}`)
    expect(left).toBeGreaterThan(23 * HOUR)
    expect(left).toBeLessThanOrEqual(24 * HOUR)
    const claimLeft = await client.pTTL(`holdfast:cache-claim:${KEY}`)
    expect(claimLeft).toBeGreaterThan(HOUR - 60_000)
    client.destroy()
  })

  it('that wants a password, or is full: requests go on, the line says which', async () => {
    const locked = await start(['--requirepass', 'hunter2'])
    expect(await locked.store.get(KEY)).toBeNull()
    expect(locked.lines).toMatchObject([{ event: 'cache_down', reason: 'NOAUTH' }])
    const full = await start(['--maxmemory', '1'])
    await full.store.put(KEY, entry)
    expect(full.lines).toMatchObject([{ event: 'cache_down', reason: 'OOM' }])
  })
})

it('no store is loaded before it is opened, and Redis for Redis alone', () => {
  const hook = path.join(__dirname, '..', '..', 'helpers', 'ts.cjs')
  const cache = JSON.stringify(path.join(__dirname, '..', '..', '..', 'src', 'stores', 'cache', 'index.ts'))
  const code = `
    const { openStore } = require(${cache})
    const loaded = () => ['/@redis/', '/lru-cache/', '/cache/disk.ts'].filter((part) =>
      Object.keys(require.cache).some((file) => file.includes(part)))
    const deps = { env: {}, now: Date.now, onTrouble: () => undefined }
    const states = [loaded()]
    openStore({ store: 'disk', path: '/nowhere', maxBytes: 1 }, deps)
      .then(() => states.push(loaded()))
      .then(() => console.log(JSON.stringify(states)))`
  const out = execFileSync(process.execPath, ['-r', hook, '-e', code]).toString()
  expect(JSON.parse(out)).toEqual([[], ['/cache/disk.ts']])
})

it('a variable that is not set: one line that names it, and everything is a miss', async () => {
  const { store, lines } = await opened({ store: 'redis', url: '$' + '{NOT_SET}' })
  await store.put(KEY, entry)
  expect(await store.get(KEY)).toBeNull()
  expect(await store.claim(KEY, 1)).toBe(false)
  await store.close()
  expect(lines).toMatchObject([{ event: 'cache_off', reason: 'cache.url needs NOT_SET, which is not set' }])
})

it('the error of an invalid URL does not repeat it', async () => {
  const { lines } = await opened({ store: 'redis', url: '$' + '{URL}' }, { URL: 'hunter2' })
  expect(lines).toMatchObject([
    {
      event: 'cache_off',
      reason: expect.stringMatching(/^cache\.url is not a redis:\/\/ or rediss:\/\/ URL/),
    },
  ])
  expect(JSON.stringify(lines)).not.toContain('hunter2')
})
