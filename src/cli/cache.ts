/** `holdfast cache`: read the store that the config names, and empty it. Answers are printed only on request. */
import { Argument, type Command } from 'commander'
import { type Config, formatBytes, formatDuration, loadConfig } from '../config'
import type { CacheEntry } from '../domain/caching/cache'
import { unknownKeyText } from '../encryption'
import { type CacheStats, type CacheStore, isCacheKey, openStore, type Trouble } from '../stores/cache'

interface CacheOptions {
  config?: string
  data?: string
  json?: boolean
  all?: boolean
}

const ACTIONS = ['stats', 'get', 'purge'] as const
type Action = (typeof ACTIONS)[number]

/** What to print: `data` with --json, else `text`. */
interface Output {
  data: unknown
  text: string
  /** Default 0. */
  exitCode?: number
}

export function registerCache(program: Command): void {
  program
    .command('cache')
    .description('read the cache, and empty it')
    .addArgument(new Argument('[action]', 'what to do').choices(ACTIONS).default('stats'))
    .argument('[key]', 'a cache key: 64 hex digits')
    .option('--all', 'with purge: everything')
    .option('--config <file>', 'config file (default: holdfast.yaml, else the built-in defaults)')
    .option('--data <folder>', 'the folder that `up --data` was given')
    .option('--json', 'print as JSON')
    .action(async (action: Action, key: string | undefined, options: CacheOptions) => {
      checkArguments(action, key, options)
      const config = await loadConfig({ file: options.config, dataFolder: options.data })
      const {
        data,
        text,
        exitCode = 0,
      } = await withStore(config, (store) => RUN[action](store, key, config.cache))
      process.stdout.write(`${options.json === true ? JSON.stringify(data, null, 2) : text}\n`)
      process.exitCode = exitCode
    })
}

function checkArguments(action: Action, key: string | undefined, { all }: CacheOptions): void {
  if (key !== undefined && !isCacheKey(key)) throw new Error('A cache key has 64 hex digits')
  if (action === 'get' && key === undefined) throw new Error('Which key? holdfast cache get KEY')
  if (action === 'stats' && key !== undefined) throw new Error('stats takes no key; cache get KEY shows one')
  if (action !== 'purge' && all === true) throw new Error('--all belongs to purge')
  if (action === 'purge' && (key === undefined) === (all !== true))
    throw new Error('Say what to purge: holdfast cache purge KEY, or holdfast cache purge --all')
}

async function withStore<T>(config: Config, run: (store: CacheStore) => Promise<T>): Promise<T> {
  if (config.cache.store === 'memory')
    throw new Error('With store: memory the cache is inside each worker; nothing of it can be seen from here')
  const store = await openStore(config.cache, { env: process.env, now: Date.now, onTrouble: logTrouble })
  try {
    return await run(store)
  } finally {
    await store.close()
  }
}

const RUN: {
  [A in Action]: (store: CacheStore, key: string | undefined, cache: Config['cache']) => Promise<Output>
} = {
  async stats(store, _key, cache) {
    const stats = await store.stats()
    return { data: stats, text: statsText(stats, cache) }
  },
  async get(store, key = '') {
    const entry = await store.get(key)
    if (entry === null) return { data: null, text: 'Not in the cache', exitCode: 1 }
    return { data: entry, text: entryText(entry, Date.now()) }
  },
  async purge(store, key) {
    const purged = key === undefined ? await store.purge() : Number(await store.delete(key))
    return { data: { purged }, text: `${purged} ${purged === 1 ? 'entry' : 'entries'} removed` }
  },
}

function statsText({ store, entries, bytes, maxBytes }: CacheStats, cache: Config['cache']): string {
  const where = cache.store === 'disk' ? `disk, ${cache.path}` : store
  const of = maxBytes === null ? '' : ` of ${formatBytes(maxBytes)}`
  return `Store: ${where}\nEntries: ${entries}\nBytes: ${bytes}${of}`
}

function entryText({ answer, target, storedAt, freshUntil, staleUntil }: CacheEntry, now: number): string {
  const calls = answer.toolCalls.map(({ name, arguments: given }) => `${name}(${JSON.stringify(given)})`)
  return [
    `Target: ${target}`,
    `Age: ${formatDuration(Math.max(0, now - storedAt))}`,
    `Fresh until: ${new Date(freshUntil).toISOString()}`,
    `Kept until: ${new Date(staleUntil).toISOString()}`,
    '',
    ...(answer.text === '' ? [] : [answer.text]),
    ...calls,
  ].join('\n')
}

function logTrouble(trouble: Trouble): void {
  process.stderr.write(`holdfast: ${troubleText(trouble)}\n`)
}

function troubleText(trouble: Trouble): string {
  switch (trouble.kind) {
    case 'damaged_entry':
      return 'It was damaged, and is removed'
    case 'unknown_key':
      return unknownKeyText('It', trouble.keyId)
    case 'cleanup_failed':
      return 'Clearing away failed'
  }
}
