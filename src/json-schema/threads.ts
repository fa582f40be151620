/**
 * Threads that compile and check schemas: one job each at a time, the rest wait in order.
 *
 * T1 A job that takes longer than its limit ends with its thread; the next job gets a fresh one.
 * T2 A schema that took too long to compile is known for it: the next job with it ends at once.
 * T3 Threads are made when they are needed, and keep no process alive.
 */
import { createHash } from 'node:crypto'
import path from 'node:path'
import { Worker } from 'node:worker_threads'
import { LRUCache } from 'lru-cache'
import type { JsonObject, JsonValue } from '../domain/json'

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

interface Waiting {
  job: SchemaJob
  done(verdict: SchemaVerdict): void
}

const slow = new LRUCache<string, true>({ max: SLOW_KNOWN })
const waiting: Waiting[] = []
const idle: Worker[] = []
let threads = 0

const keyOf = ({ schema }: SchemaJob): string =>
  createHash('sha256').update(JSON.stringify(schema)).digest('base64')

/** Never rejects. */
export async function runInThread(job: SchemaJob, limitMs: number): Promise<SchemaVerdict> {
  const key = keyOf(job)
  // T2
  if (slow.has(key)) return 'too_slow'
  const verdict = await new Promise<SchemaVerdict>((done) => {
    waiting.push({ job, done })
    next(limitMs)
  })
  if (verdict === 'too_slow' && !job.checks) slow.set(key, true)
  return verdict
}

function next(limitMs: number): void {
  if (waiting.length === 0) return
  const thread = idle.pop() ?? (threads < THREADS ? started() : undefined)
  const one = thread === undefined ? undefined : waiting.shift()
  if (thread === undefined || one === undefined) return
  const end = (verdict: SchemaVerdict, usable: boolean): void => {
    clearTimeout(timer)
    thread.removeAllListeners('message')
    thread.removeAllListeners('error')
    thread.unref()
    if (usable) idle.push(thread)
    else {
      threads -= 1
      thread.on('error', () => undefined)
      void thread.terminate()
    }
    one.done(verdict)
    next(limitMs)
  }
  // T1
  const timer = setTimeout(() => end('too_slow', false), limitMs)
  thread.once('message', (verdict: SchemaVerdict) => end(verdict, true))
  thread.once('error', (error: Error) => end({ ok: false, reason: error.message }, false))
  thread.ref()
  thread.postMessage(one.job)
}

/** T3 */
function started(): Worker {
  threads += 1
  // A schema that compiles to very much takes its own thread down, and not the process.
  return new Worker(PROGRAM, { resourceLimits: { maxOldGenerationSizeMb: 256 }, execArgv: [] })
}
