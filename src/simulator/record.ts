/**
 * What the simulator received: every call with its times and its end. The oldest are forgotten
 * beyond MAX_CALLS, so that a long benchmark doesn't eat the memory.
 */
import type { JsonValue } from '../domain/request/json'
import type { Usage } from '../domain/streaming/answer'
import type { Api } from '../formats/outbound/wire-format'

/** `faulted`: the simulator played a fault of its script instead of a whole answer. */
export type CallOutcome = 'answered' | 'faulted' | 'client_aborted' | 'in_flight'

export interface RecordedCall {
  /** From 0, counted on when old calls are forgotten. */
  index: number
  provider: string
  model: string
  path: string
  api: Api
  stream: boolean
  /** Epoch milliseconds, like all `…At`. */
  receivedAt: number
  headersSentAt?: number
  finishedAt?: number
  /** When the caller hung up before the answer was finished. */
  abortedAt?: number
  outcome: CallOutcome
  /** null: no status line was sent. */
  status: number | null
  /** What its provider charges for it; absent: nothing. */
  billed?: Usage
  /** The script entry that it used (provider or target), null for the default answer. */
  script: string | null
  /** The place of its step in that entry, from 0. */
  step: number | null
  body: JsonValue
  /** How the key came: `bearer`, or the header's name. */
  authorization: string | null
  /** Distinguishes keys without holding them: see `keyHash`. */
  keyHash: string | null
  /** Names in lower case, keys masked. */
  headers: { [name: string]: string }
}

export interface CallFilter {
  provider?: string
  model?: string
  /** `provider/model` */
  target?: string
  api?: Api
  outcome?: CallOutcome
  stream?: boolean
}

export const MAX_CALLS = 50_000
/** Forgetting in lots keeps the cost per call flat. */
const FORGET = 1_000

function matches(call: RecordedCall, filter: CallFilter): boolean {
  return (
    (filter.provider === undefined || call.provider === filter.provider) &&
    (filter.model === undefined || call.model === filter.model) &&
    (filter.target === undefined || `${call.provider}/${call.model}` === filter.target) &&
    (filter.api === undefined || call.api === filter.api) &&
    (filter.outcome === undefined || call.outcome === filter.outcome) &&
    (filter.stream === undefined || call.stream === filter.stream)
  )
}

export interface Recorder {
  add(call: Omit<RecordedCall, 'index'>): RecordedCall
  /** To be called when a call's outcome has changed. */
  changed(): void
  calls(filter?: CallFilter): RecordedCall[]
  waitForCalls(count: number, filter?: CallFilter, timeoutMs?: number): Promise<RecordedCall[]>
  clear(): void
  /** Rejects whoever still waits. */
  close(): void
}

interface Waiter {
  check(): boolean
  fail(reason: string): void
}

export function createRecorder(): Recorder {
  let calls: RecordedCall[] = []
  let nextIndex = 0
  const waiters = new Set<Waiter>()

  const find = (filter: CallFilter = {}) => calls.filter((call) => matches(call, filter))
  const changed = () => {
    for (const waiter of waiters) if (waiter.check()) waiters.delete(waiter)
  }
  const summary = () => {
    const seen = calls
      .slice(-20)
      .map((call) => `#${call.index} ${call.provider}/${call.model} ${call.outcome}`)
    return seen.length === 0 ? 'no call was received' : `received: ${seen.join(', ')}`
  }

  return {
    add(call) {
      const recorded: RecordedCall = { index: nextIndex++, ...call }
      calls.push(recorded)
      if (calls.length > MAX_CALLS + FORGET) calls = calls.slice(FORGET)
      if (waiters.size > 0) changed()
      return recorded
    },
    changed,
    calls: find,
    waitForCalls(count, filter, timeoutMs = 5_000) {
      return new Promise((resolve, reject) => {
        const fail = (reason: string) => {
          clearTimeout(timer)
          waiters.delete(waiter)
          const wanted = `${count} call(s)${filter ? ` with ${JSON.stringify(filter)}` : ''}`
          reject(new Error(`waited for ${wanted}, ${reason}; ${summary()}`))
        }
        const check = () => {
          const matching = find(filter)
          if (matching.length < count) return false
          clearTimeout(timer)
          resolve(matching)
          return true
        }
        const waiter: Waiter = { check, fail }
        const timer = setTimeout(() => fail(`got ${find(filter).length} in ${timeoutMs} ms`), timeoutMs)
        if (!check()) waiters.add(waiter)
      })
    },
    clear() {
      calls = []
      nextIndex = 0
    },
    close() {
      for (const waiter of waiters) waiter.fail('but the simulator was closed')
    },
  }
}
