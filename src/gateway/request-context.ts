/**
 * One HTTP request from its arrival to the close of its answer: whose it is, whether they are still there, and what is
 * said of it in log and metrics.
 *
 * REQUEST-CONTEXT-1 `signal` is aborted when the client has gone before the end of its answer.
 * REQUEST-CONTEXT-2 At the end of a drain what is left is cut: the caller gets the way to go on, and the
 *    generation goes on.
 */
import type { ServerResponse } from 'node:http'
import type { Grant } from './keys'
import type { Dialect } from './problems'
import type { RequestTrace } from './server-span'

export interface RequestContext {
  dialect: Dialect
  /** The caller's, or our own (request-id.ts). */
  requestId: string
  /** Of the key that came along; null: none that is known. */
  grant: Grant | null
  /** null: no keys are required, or the key is of no tenant. */
  tenant: string | null
  /** May it open and close circuits, and see the generations of all tenants? */
  operates: boolean
  /** Whose key to operate with came along; null: nobody's. */
  operator: string | null
  /** Epoch milliseconds. */
  arrivedAt: number
  /** REQUEST-CONTEXT-1 */
  signal: AbortSignal
  /** REQUEST-CONTEXT-2: aborted when the gateway has to go. */
  cut: AbortSignal
  /** The client's side has taken the whole answer. */
  taken: boolean
  /** For the log line, once it is known. */
  generationId: string | null
  /** Its place in its caller's trace. */
  trace: RequestTrace
}

export interface RequestContexts {
  open(
    raw: ServerResponse,
    fields: Pick<RequestContext, 'dialect' | 'requestId' | 'trace' | 'arrivedAt'>,
  ): RequestContext
  /** Those that work for a caller: health checks are not among them. */
  working(context: RequestContext): void
  workingCount(): number
  /** Of those, this tenant's. */
  workingOf(tenant: string | null): number
  /** This request's body is to be received: false where it would be more than may be in flight. */
  receives(context: RequestContext, bytes: number, limits: { all: number; tenant: number }): boolean
  /** Its body has been read and sent on; what it took is free. */
  received(context: RequestContext): void
  /** One more waits for this generation, till it closes: false where `most` do already. */
  waitsFor(context: RequestContext, generationId: string, most: number): boolean
  draining(): boolean
  /** Aborted when a drain begins: what waits for nothing but news ends then. */
  drains: AbortSignal
  /** Resolves when all have ended; past `graceMs` they are cut, and get CUT_MS to say so. */
  drain(graceMs: number): Promise<void>
}

/** Writing one last event takes no time; a client that takes none of it is not waited for. */
const CUT_MS = 1_000

export function createRequestContexts(): RequestContexts {
  const open = new Map<RequestContext, AbortController>()
  const working = new Set<RequestContext>()
  const byTenant = new Map<string | null, number>()
  const byGeneration = new Map<string, number>()
  const waiting = new WeakMap<RequestContext, string>()
  const bytesByTenant = new Map<string | null, number>()
  const receiving = new Map<RequestContext, number>()
  let allBytes = 0

  function received(context: RequestContext): void {
    const bytes = receiving.get(context)
    if (bytes === undefined) return
    receiving.delete(context)
    allBytes -= bytes
    less(bytesByTenant, context.tenant, bytes)
  }

  const drains = new AbortController()
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
      const context: RequestContext = {
        ...fields,
        grant: null,
        tenant: null,
        operates: false,
        operator: null,
        signal: gone.signal,
        cut: cut.signal,
        taken: false,
        generationId: null,
      }
      open.set(context, cut)
      const { socket } = raw
      raw.once('finish', () => {
        // What a socket that is destroyed had still to send counts as sent for Node.
        context.taken = socket?.destroyed === false
      })
      raw.once('close', () => {
        open.delete(context)
        if (working.delete(context)) less(byTenant, context.tenant)
        received(context)
        const id = waiting.get(context)
        if (id !== undefined) less(byGeneration, id)
        // REQUEST-CONTEXT-1, and REQUEST-CONTEXT-2: a caller that was cut has not left by itself.
        if (!context.taken && !cut.signal.aborted) gone.abort()
        if (open.size === 0) onEmpty()
      })
      return context
    },
    working: (context) => {
      working.add(context)
      more(byTenant, context.tenant)
    },
    workingCount: () => working.size,
    workingOf: (tenant) => byTenant.get(tenant) ?? 0,
    receives(context, bytes, { all, tenant }) {
      const own = bytesByTenant.get(context.tenant) ?? 0
      if (allBytes + bytes > all || (context.tenant !== null && own + bytes > tenant)) return false
      allBytes += bytes
      more(bytesByTenant, context.tenant, bytes)
      receiving.set(context, bytes)
      return true
    },
    received,
    waitsFor(context, id, most) {
      const before = byGeneration.get(id) ?? 0
      if (before >= most) return false
      byGeneration.set(id, before + 1)
      waiting.set(context, id)
      return true
    },
    draining: () => drains.signal.aborted,
    drains: drains.signal,
    async drain(graceMs) {
      drains.abort()
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

/** The caller's wait has ended (they have gone, or REQUEST-CONTEXT-2), and their generation has not. `shared`: it outlives its caller. */
export const goesOn = ({ signal, cut }: RequestContext, shared: boolean): boolean =>
  cut.aborted || (signal.aborted && shared)
