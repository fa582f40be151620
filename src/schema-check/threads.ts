/**
 * Threads that compile and check schemas: one job each at a time. The rest wait: those of one tenant in order, and several
 * tenants by turns.
 *
 * THREADS-1 A job that takes longer than its limit ends with its thread; the next job gets a fresh one.
 * THREADS-2 A schema that took too long to compile is known for it: the next job with it ends at once.
 * THREADS-3 Threads are made when they are needed, and keep no process alive.
 */
import { createHash } from 'node:crypto'
import path from 'node:path'
import { Worker } from 'node:worker_threads'
import { LRUCache } from 'lru-cache'
import type { JsonObject, JsonValue } from '../domain/request/json'
import { createSemaphore } from '../util/semaphore'

export interface SchemaJob {
  schema: JsonObject
  value?: JsonValue
  /** false: the schema is only compiled. */
  checks: boolean
}

export type SchemaVerdict = { ok: true; faults: string | null } | { ok: false; reason: string } | 'too_slow'

const THREADS = 2
const SLOW_KNOWN = 1_000
const PROGRAM = path.join(__dirname, 'check.cjs')

const slow = new LRUCache<string, true>({ max: SLOW_KNOWN })
const idle: Worker[] = []
const turns = createSemaphore(THREADS)

const keyOf = ({ schema }: SchemaJob): string =>
  createHash('sha256').update(JSON.stringify(schema)).digest('base64')

/** Never rejects. `tenant`: whose schema it is. */
export async function runInThread(
  job: SchemaJob,
  limitMs: number,
  tenant: string | null,
): Promise<SchemaVerdict> {
  const key = keyOf(job)
  return turns(async () => {
    // THREADS-2
    if (slow.has(key)) return 'too_slow'
    const verdict = await run(job, limitMs)
    if (verdict === 'too_slow' && !job.checks) slow.set(key, true)
    return verdict
  }, tenant)
}

function run(job: SchemaJob, limitMs: number): Promise<SchemaVerdict> {
  const thread = idle.pop() ?? started()
  return new Promise((done) => {
    const end = (verdict: SchemaVerdict, usable: boolean): void => {
      clearTimeout(timer)
      thread.removeAllListeners('message')
      thread.removeAllListeners('error')
      thread.unref()
      if (usable) idle.push(thread)
      else {
        thread.on('error', () => undefined)
        void thread.terminate()
      }
      done(verdict)
    }
    // THREADS-1
    const timer = setTimeout(() => end('too_slow', false), limitMs)
    thread.once('message', (verdict: SchemaVerdict) => end(verdict, true))
    thread.once('error', (error: Error) => end({ ok: false, reason: error.message }, false))
    thread.ref()
    thread.postMessage(job)
  })
}

/** THREADS-3 */
function started(): Worker {
  // A schema that compiles to very much takes its own thread down, and not the process.
  return new Worker(PROGRAM, { resourceLimits: { maxOldGenerationSizeMb: 256 }, execArgv: [] })
}
