/**
 * Between requests and a store: whatever the store does, a request goes on.
 *
 * FAIL-SAFE-1 Nothing rejects: a store that fails or is late is a miss, a no-op, or a lost claim.
 * FAIL-SAFE-2 Nothing takes longer than `timeoutMs`, or than its caller says, but for the time in which this very process did
 *    not get to run.
 * FAIL-SAFE-3 One log line when the store goes, one when it is back; an event for every operation that
 *    suffered.
 * FAIL-SAFE-4 What hangs is not piled up: while MAX_OVERDUE operations are overdue, the store is not called at
 *    all.
 * FAIL-SAFE-5 A read in this process while an entry is being put gets it: its answer was delivered already.
 */
import type { Logger } from 'pino'
import type { CacheEntry } from '../../domain/caching/cache'
import { reasonOf } from '../redis/reason'
import type { CacheStore } from './types'

export type CacheEvent =
  | { type: 'hit' | 'miss'; operation: 'get' }
  | { type: 'error'; operation: 'get' | 'put' | 'claim' }

export interface FailSafeDeps {
  logger: Logger
  /** For metrics. */
  onEvent: (event: CacheEvent) => void
  /** Default 100. */
  timeoutMs?: number | undefined
}

/** What requests need of a store. Never rejects. */
export interface FailSafeStore {
  /** null: a miss, for whatever reason. `limitMs`: instead of `timeoutMs`, where nothing but an error waits behind it. */
  get(key: string, limitMs?: number): Promise<CacheEntry | null>
  put(key: string, entry: CacheEntry): Promise<void>
  /** false: somebody else's, or nobody knows. */
  claim(key: string, forMs: number): Promise<boolean>
  close(): Promise<void>
}

export const DEFAULT_TIMEOUT_MS = 100
/** Under the four threads that Node has for files and for DNS: a hanging disk must not stop the calls to providers. */
const MAX_OVERDUE = 3
/** A timer this late says that this process was busy, not that the store is slow. */
const LATE_TIMER_MS = 20

type StoreOutcome<T> =
  | { state: 'done'; value: T }
  | { state: 'failed'; reason: string }
  | { state: 'overdue' }

export function failSafe(
  store: Pick<CacheStore, 'get' | 'put' | 'claim' | 'close'>,
  { logger, onEvent, timeoutMs = DEFAULT_TIMEOUT_MS }: FailSafeDeps,
): FailSafeStore {
  /** FAIL-SAFE-5 */
  const puts = new Map<string, Promise<unknown>>()
  let overdue = 0
  let downSince: number | null = null

  function isDown(reason: string): void {
    if (downSince !== null) return
    downSince = performance.now()
    logger.warn({ event: 'cache_down', reason }, 'the cache does not answer: requests go on without it')
  }

  function isUp(): void {
    if (downSince === null) return
    const downMs = Math.round(performance.now() - downSince)
    downSince = null
    logger.info({ event: 'cache_back', downMs }, 'the cache answers again')
  }

  async function guarded<T>(
    operation: 'get' | 'put' | 'claim',
    work: () => Promise<T>,
    otherwise: T,
    limitMs = timeoutMs,
  ): Promise<{ ok: boolean; value: T }> {
    const suffers = () => {
      onEvent({ type: 'error', operation })
      return { ok: false, value: otherwise }
    }
    if (overdue >= MAX_OVERDUE) return suffers()
    const running = outcomeOf(work)
    const outcome = await within(running, limitMs)
    if (outcome.state === 'done') {
      isUp()
      return { ok: true, value: outcome.value }
    }
    if (outcome.state === 'overdue') {
      overdue += 1
      running.then(() => {
        overdue -= 1
      })
    }
    isDown(outcome.state === 'failed' ? outcome.reason : 'timeout')
    return suffers()
  }

  return {
    async get(key, limitMs) {
      const read = async () => {
        await puts.get(key)
        return store.get(key)
      }
      const { ok, value } = await guarded('get', read, null, limitMs)
      if (ok) onEvent({ type: value === null ? 'miss' : 'hit', operation: 'get' })
      return value
    },
    async put(key, entry) {
      const putting = guarded('put', () => store.put(key, entry), undefined)
      puts.set(key, putting)
      await putting
      if (puts.get(key) === putting) puts.delete(key)
    },
    async claim(key, forMs) {
      return (await guarded('claim', () => store.claim(key, forMs), false)).value
    },
    async close() {
      const closed = await within(
        outcomeOf(() => store.close()),
        CLOSE_LIMIT_MS,
      )
      if (closed.state !== 'done') logger.warn({ event: 'cache_not_closed' }, 'the cache could not be closed')
    },
  }
}

/** Clearing away may be under way: it ends by itself, and nothing is lost if it does not. */
const CLOSE_LIMIT_MS = 2_000

/** Never rejects. */
async function outcomeOf<T>(work: () => Promise<T>): Promise<StoreOutcome<T>> {
  try {
    return { state: 'done', value: await work() }
  } catch (error) {
    return { state: 'failed', reason: reasonOf(error) }
  }
}

/** FAIL-SAFE-2 */
function within<T>(running: Promise<StoreOutcome<T>>, limitMs: number): Promise<StoreOutcome<T>> {
  return new Promise((resolve) => {
    let timer: NodeJS.Timeout
    const wait = (ms: number, mayExtend: boolean): void => {
      const dueAt = performance.now() + ms
      timer = setTimeout(() => {
        const lateMs = performance.now() - dueAt
        if (mayExtend && lateMs > LATE_TIMER_MS) wait(Math.min(lateMs, limitMs), false)
        else resolve({ state: 'overdue' })
      }, ms)
    }
    wait(limitMs, true)
    running.then((outcome) => {
      clearTimeout(timer)
      resolve(outcome)
    })
  })
}
