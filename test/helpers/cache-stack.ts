/** The whole stack with a cache on disk, in a folder of its own, that the test can read and make older. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { type CacheSettings, parseConfig } from '../../src/config'
import type { CacheEntry } from '../../src/domain/caching/cache'
import { type GenerateRequest, prepare, type SchemaInput } from '../../src/request'
import { type CacheStore, openStore } from '../../src/stores/cache'
import { HOUR } from './cache'
import { type Stack, type StackOptions, startStack } from './stack'

export const cacheConfig = (url: string, store: CacheSettings, routes: string): string => `
cache: ${JSON.stringify(store)}
providers:
  alpha: { api: openai-chat, baseUrl: ${url}/alpha/v1, auth: none }
  beta: { api: anthropic-messages, baseUrl: ${url}/beta/v1, auth: none }
models: { alpha/model-a: { inputPerMillion: 1000, outputPerMillion: 1000 } }
defaults: { circuit: false, retry: { maximumAttempts: 1 } }
routes:
${routes}
`

type Request = GenerateRequest<SchemaInput | undefined>

export interface CacheStack extends Stack {
  /** The store that the workers use, through a door of its own. */
  store: CacheStore
  keyOf(generateRequest: Request): string
  /** What is kept for the request; null: nothing. */
  kept(generateRequest: Request): Promise<CacheEntry | null>
  /** Makes what is kept older, as if so many milliseconds had passed. */
  age(generateRequest: Request, byMs: number): Promise<void>
  /** Replaces parts of the kept answer. */
  alter(generateRequest: Request, answer: Partial<CacheEntry['answer']>): Promise<void>
}

export interface CacheStackOptions extends Omit<StackOptions, 'config'> {
  /** Lines of YAML below `routes:`. */
  routes: string
  /** Default: a folder of this stack's own, which ends with it. */
  store?: CacheSettings
}

export const ownFolder = (): string => mkdtempSync(path.join(tmpdir(), 'holdfast-cache-'))
export const onDisk = (folder: string): CacheSettings => ({ store: 'disk', path: folder, maxBytes: 2 ** 26 })

export async function startCacheStack(options: CacheStackOptions): Promise<CacheStack> {
  const folder = ownFolder()
  const { routes, store: settings = onDisk(folder), ...more } = options
  const stack = await startStack({ ...more, config: (url) => cacheConfig(url, settings, routes) })
  const store = await openStore(settings, { env: {}, now: Date.now, onTrouble: () => undefined })
  const config = parseConfig(cacheConfig(stack.simulator.url, settings, routes))
  const keyOf = (generateRequest: Request): string => {
    const key = prepare(config, generateRequest, more.tenant ?? null).cache?.key
    if (key == null) throw new Error('this request has no cache')
    return key
  }
  const change = async (generateRequest: Request, how: (entry: CacheEntry) => CacheEntry): Promise<void> => {
    const entry = await store.get(keyOf(generateRequest))
    if (entry === null) throw new Error('nothing is kept for this request')
    await store.put(keyOf(generateRequest), how(entry))
  }
  return {
    ...stack,
    store,
    keyOf,
    kept: (generateRequest) => store.get(keyOf(generateRequest)),
    age: (generateRequest, byMs) =>
      change(generateRequest, (entry) => ({
        ...entry,
        storedAt: entry.storedAt - byMs,
        freshUntil: entry.freshUntil - byMs,
        // The store would not take one that is gone: by the route's own times it is gone all the same.
        staleUntil: Math.max(Date.now() + HOUR, entry.staleUntil - byMs),
      })),
    alter: (generateRequest, answer) =>
      change(generateRequest, (entry) => ({ ...entry, answer: { ...entry.answer, ...answer } })),
    async close() {
      await stack.close()
      await store.close()
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}

/** Past the hour for which the answers of these tests are fresh. */
export const PAST_FRESH_MS = 2 * HOUR
