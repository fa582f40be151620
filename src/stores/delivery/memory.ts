/**
 * The log in this process: gateway and worker in one process share it by reference. It goes with the process.
 *
 * MEMORY-1 Bounded: over `maxBytes` the logs that were used least lately make room, those that are being read
 *    last.
 * MEMORY-2 A log makes room in two steps. Before its answer is committed it only loses its events, for good:
 *    its calls are still distinguished, and its readers end rather than get half of it. After that it is
 *    forgotten.
 * MEMORY-3 A log that is only read and never opened is gone with its last reader.
 */
import { type Kept, keep, newKept, pageOf, restOf } from './pieces'
import { append, baseOf, commit, fail, type LogState, NEW_LOG, open, type Step, takeLead } from './rules'
import { type DeliveryStore, LogLost, PAGE_EVENTS } from './store'
import type { DeliveryEvent } from './types'

export interface MemoryLimits {
  /** Of all logs together, estimated. */
  maxBytes: number
  /** After the commit. */
  committedMs: number
  /** After the last event, where nobody reads. */
  idleMs: number
}

export const MEMORY_LIMITS: MemoryLimits = {
  // Some 700 answers of 1,000 tokens, or the longest answer there is in pieces of 4 bytes.
  maxBytes: 64 * 1024 ** 2,
  // Several times what it takes to notice that a worker is gone: the retry finds its answer here, and who was cut off
  // is back by then. Later, the workflow's result serves.
  committedMs: 60_000,
  // A generation may wait long between two calls, and who comes back wants to go on in the same words.
  idleMs: 3_600_000,
}

/** Measured: a line, and what a text that grows by it holds on to until somebody reads it. */
const LINE_BYTES = 84
const LOG_BYTES = 1_100
const SWEEP_MS = 10_000

interface Entry {
  /** null: nobody has opened it yet. */
  state: LogState | null
  /** null: lost (MEMORY-2). */
  kept: Kept | null
  bytes: number
  /** Monotonic ms of the last change, and of the leader's last words. */
  usedAt: number
  saidAt: number
  notifiers: Set<() => void>
}

export function memoryStore(limits: MemoryLimits = MEMORY_LIMITS): DeliveryStore {
  /** What was used least lately stands first. */
  const logs = new Map<string, Entry>()
  let bytes = 0
  let closed = false
  const sweeper = setInterval(sweep, Math.min(SWEEP_MS, limits.committedMs)).unref()

  const entryOf = (log: string): Entry => {
    const known = logs.get(log)
    if (known !== undefined) return known
    const now = performance.now()
    const entry = {
      state: null,
      kept: newKept(0),
      bytes: 0,
      usedAt: now,
      saidAt: now,
      notifiers: new Set<() => void>(),
    }
    logs.set(log, entry)
    return entry
  }
  const weigh = (entry: Entry, added: number) => {
    entry.bytes += added
    bytes += added
  }
  const notifyAll = ({ notifiers }: Entry) => {
    for (const notify of [...notifiers]) notify()
  }

  function applyStep<R>(log: string, entry: Entry, { state, events, result }: Step<R>): R {
    // Else every read would notify its own reader.
    if (state === entry.state) return result
    entry.usedAt = performance.now()
    logs.delete(log)
    logs.set(log, entry)
    if (entry.kept === null) {
      entry.state = { ...state, text: '', reasoned: false }
    } else {
      keep(entry.kept, entry.state?.text.length ?? 0, events)
      entry.state = state
      const drops = events.some(({ type }) => type === 'restart')
      weigh(entry, drops ? sizeOf(entry.kept, state) - entry.bytes : addedBy(events))
    }
    notifyAll(entry)
    if (bytes > limits.maxBytes) makeRoom()
    return result
  }

  /** MEMORY-2 */
  function stepDown(log: string, entry: Entry): void {
    const { state } = entry
    const keeps = state !== null && state.commit === null && entry.kept !== null
    if (keeps) entry.state = { ...state, text: '', reasoned: false }
    else logs.delete(log)
    entry.kept = null
    weigh(entry, (keeps ? LOG_BYTES : 0) - entry.bytes)
    notifyAll(entry)
  }

  /** MEMORY-1 */
  function makeRoom(): void {
    for (const mayBeRead of [false, true])
      for (const [log, entry] of [...logs]) {
        if (bytes <= limits.maxBytes) return
        if (entry.state !== null && (mayBeRead || entry.notifiers.size === 0)) stepDown(log, entry)
      }
  }

  function sweep(): void {
    const now = performance.now()
    for (const [log, { state, usedAt, notifiers }] of [...logs]) {
      const idleMs = now - usedAt
      const over =
        state?.commit != null ? idleMs > limits.committedMs : notifiers.size === 0 && idleMs > limits.idleMs
      const entry = logs.get(log)
      if (over && entry !== undefined) stepDown(log, entry)
    }
  }

  /** A step of a log that has been opened. */
  function step<R>(log: string, rule: (state: LogState, entry: Entry) => Step<R>): R {
    const entry = logs.get(log)
    if (!entry?.state) throw new LogLost()
    return applyStep(log, entry, rule(entry.state, entry))
  }

  return {
    async open(log, epoch, exclusive) {
      if (closed) throw new LogLost()
      const entry = entryOf(log)
      if (entry.state === null) {
        entry.kept = newKept(baseOf(epoch))
        weigh(entry, LOG_BYTES)
      }
      const state = applyStep(log, entry, open(entry.state ?? NEW_LOG, epoch, exclusive))
      const { text, reasoned, commit } = entry.state ?? NEW_LOG
      if (commit !== null) return { state: 'committed', commit }
      return state === 'open' ? { state, text, reasoned } : { state: 'superseded' }
    },
    append: async (log, epoch, events) =>
      step(log, (state, entry) => {
        const appended = append(state, epoch, events)
        if (appended.events.length > 0) entry.saidAt = performance.now()
        return appended
      }),
    async fail(log, epoch, record) {
      if (logs.get(log)?.state) step(log, (state) => fail(state, epoch, record))
    },
    commit: async (log, epoch, own) => step(log, (state) => commit(state, epoch, own)),
    async takeLead(log, epoch, silentMs) {
      let silentInMs = 0
      const state = step(log, (state, { saidAt }) => {
        const quietMs = performance.now() - saidAt
        silentInMs = Math.ceil(silentMs - quietMs)
        return takeLead(state, epoch, silentMs, quietMs)
      })
      return state === 'led' ? { state, silentInMs } : { state }
    },
    async page(log, after) {
      const entry = logs.get(log)
      if (closed || entry?.kept === null) return { lost: true }
      const { state = null, kept = null } = entry ?? {}
      if (state === null || kept === null) return after > 0 ? { lost: true } : { lost: false, delivered: [] }
      const text = state.commit?.answer.text ?? state.text
      const delivered = pageOf(kept, after, PAGE_EVENTS, { text, commit: state.commit })
      return delivered === null ? { lost: true } : { lost: false, delivered }
    },
    async remove(log) {
      const entry = logs.get(log)
      if (entry === undefined) return
      logs.delete(log)
      weigh(entry, -entry.bytes)
      notifyAll(entry)
    },
    watch(log, notify) {
      const entry = entryOf(log)
      entry.notifiers.add(notify)
      return () => {
        entry.notifiers.delete(notify)
        // MEMORY-3
        if (entry.state === null && entry.notifiers.size === 0 && logs.get(log) === entry) logs.delete(log)
      }
    },
    async close() {
      closed = true
      clearInterval(sweeper)
      const entries = [...logs.values()]
      logs.clear()
      for (const entry of entries) notifyAll(entry)
    },
  }
}

function addedBy(events: readonly DeliveryEvent[]): number {
  return events.reduce((sum, event) => {
    const said =
      event.type === 'text' ? event.text : event.type === 'committed' ? JSON.stringify(event.commit) : ''
    return sum + LINE_BYTES + 2 * (said.length + restOf(event).rest.length)
  }, 0)
}

function sizeOf({ lines, past }: Kept, { text, commit }: LogState): number {
  const all = [...past.map(({ line }) => line), ...lines]
  const said = commit === null ? text.length : JSON.stringify(commit).length
  return LOG_BYTES + 2 * said + all.reduce((sum, line) => sum + LINE_BYTES + 2 * line.length, 0)
}
