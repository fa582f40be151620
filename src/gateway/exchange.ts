/**
 * One HTTP request from its arrival to the close of its answer: who asks, whether they are still there, and what is
 * said of it in log and metrics.
 *
 * X1 `signal` is aborted when the client has gone before the end of its answer.
 * X2 At the end of a drain what is left is cut: the caller is told how to go on, and the generation is left alone.
 */
import type { ServerResponse } from 'node:http'
import type { Dialect } from './problems'

export interface Exchange {
  dialect: Dialect
  /** null: no keys are asked for. */
  tenant: string | null
  /** Epoch milliseconds. */
  arrivedAt: number
  /** X1 */
  signal: AbortSignal
  /** X2: aborted when the gateway has to go. */
  cut: AbortSignal
  /** The client's side has taken the whole answer. */
  taken: boolean
  /** For the log line, once it is known. */
  generationId: string | null
}

export interface Exchanges {
  open(raw: ServerResponse, fields: Pick<Exchange, 'dialect'>): Exchange
  /** Those that work for a caller: health checks are not among them. */
  working(exchange: Exchange): void
  workingCount(): number
  /** Of those, this tenant's. */
  workingOf(tenant: string | null): number
  /** This request's body is to be received: false where it would be more than may be in flight. */
  receives(exchange: Exchange, bytes: number, limits: { all: number; tenant: number }): boolean
  /** Its body has been read and sent on; what it took is free. */
  received(exchange: Exchange): void
  /** One more waits for this generation, till it closes: false where `most` do already. */
  waitsFor(exchange: Exchange, generationId: string, most: number): boolean
  draining(): boolean
  /** Resolves when all have ended; past `graceMs` they are cut, and get CUT_MS to say so. */
  drain(graceMs: number): Promise<void>
}

/** Writing one last event takes no time; a client that takes none of it is not waited for. */
const CUT_MS = 1_000

export function createExchanges(): Exchanges {
  const open = new Map<Exchange, AbortController>()
  const working = new Set<Exchange>()
  const byTenant = new Map<string | null, number>()
  const byGeneration = new Map<string, number>()
  const waiting = new WeakMap<Exchange, string>()
  const bytesByTenant = new Map<string | null, number>()
  const receiving = new Map<Exchange, number>()
  let allBytes = 0

  function received(exchange: Exchange): void {
    const bytes = receiving.get(exchange)
    if (bytes === undefined) return
    receiving.delete(exchange)
    allBytes -= bytes
    less(bytesByTenant, exchange.tenant, bytes)
  }

  let draining = false
  let onEmpty = (): void => undefined

  const empty = (limitMs: number): Promise<void> =>
    new Promise((resolve) => {
      if (open.size === 0) return resolve()
      const timer = setTimeout(resolve, limitMs)
      onEmpty = () => {
        clearTimeout(timer)
        resolve()
      }
    })

  return {
    open(raw, fields) {
      const gone = new AbortController()
      const cut = new AbortController()
      const exchange: Exchange = {
        ...fields,
        tenant: null,
        arrivedAt: Date.now(),
        signal: gone.signal,
        cut: cut.signal,
        taken: false,
        generationId: null,
      }
      open.set(exchange, cut)
      const { socket } = raw
      raw.once('finish', () => {
        // What a socket that is destroyed had still to send counts as sent for Node.
        exchange.taken = socket?.destroyed === false
      })
      raw.once('close', () => {
        open.delete(exchange)
        if (working.delete(exchange)) less(byTenant, exchange.tenant)
        received(exchange)
        const id = waiting.get(exchange)
        if (id !== undefined) less(byGeneration, id)
        // X1, and X2: whoever was cut has not gone by their own will.
        if (!exchange.taken && !cut.signal.aborted) gone.abort()
        if (open.size === 0) onEmpty()
      })
      return exchange
    },
    working: (exchange) => {
      working.add(exchange)
      more(byTenant, exchange.tenant)
    },
    workingCount: () => working.size,
    workingOf: (tenant) => byTenant.get(tenant) ?? 0,
    receives(exchange, bytes, { all, tenant }) {
      const own = bytesByTenant.get(exchange.tenant) ?? 0
      if (allBytes + bytes > all || (exchange.tenant !== null && own + bytes > tenant)) return false
      allBytes += bytes
      more(bytesByTenant, exchange.tenant, bytes)
      receiving.set(exchange, bytes)
      return true
    },
    received,
    waitsFor(exchange, id, most) {
      const before = byGeneration.get(id) ?? 0
      if (before >= most) return false
      byGeneration.set(id, before + 1)
      waiting.set(exchange, id)
      return true
    },
    draining: () => draining,
    async drain(graceMs) {
      draining = true
      await empty(graceMs)
      for (const cut of open.values()) cut.abort()
      await empty(CUT_MS)
    },
  }
}

function more<K>(counts: Map<K, number>, key: K, by = 1): void {
  counts.set(key, (counts.get(key) ?? 0) + by)
}

function less<K>(counts: Map<K, number>, key: K, by = 1): void {
  const left = (counts.get(key) ?? by) - by
  if (left > 0) counts.set(key, left)
  else counts.delete(key)
}

/** The caller's wait has ended (they have gone, or X2), and their generation has not. `shared`: it outlives its caller. */
export const goesOn = ({ signal, cut }: Exchange, shared: boolean): boolean =>
  cut.aborted || (signal.aborted && shared)

/** The work's outcome, or what `onCut` says when the gateway has to go before (X2). */
export async function untilCut<T>(work: Promise<T>, cut: AbortSignal, onCut: () => Error): Promise<T> {
  let stop = (): void => undefined
  const cutOff = new Promise<never>((_, reject) => {
    stop = () => reject(onCut())
    if (cut.aborted) stop()
    else cut.addEventListener('abort', stop, { once: true })
  })
  try {
    return await Promise.race([work, cutOff])
  } finally {
    cut.removeEventListener('abort', stop)
    // Whichever was slower may still reject.
    work.catch(() => undefined)
    cutOff.catch(() => undefined)
  }
}
