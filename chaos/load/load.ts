/** So many callers at all times, until it is stopped: whoever has an end is followed by the next. */
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { promptOf } from '../verdict/answers'
import type { Final, RequestRecord } from '../verdict/types'
import { callOnce, finalOf } from './caller'
import { type CallerKind, pick } from './mix'
import { promisePool } from './pool'

export interface LoadSettings {
  inFlight: number
  gatewayUrls: readonly string[]
  /** From 0 to 1. */
  random: () => number
  patienceMs: number
  mix?: readonly CallerKind[]
}

export interface Load {
  /** Those that have ended so far. */
  ended(): readonly RequestRecord[]
  /** No new ones; resolves with all, when the last one has its end and the cluster has said how each ended. */
  stop(): Promise<RequestRecord[]>
}

/** Prompts of the cached route: few enough to be asked again. */
const CACHED_PROMPTS = 40
/** They don't come all in the same moment. */
const SPREAD_MS = 3_000
const READS_AT_ONCE = 8
const FINAL_LIMIT_MS = 60_000

export function startLoad({ inFlight, gatewayUrls, random, patienceMs, mix }: LoadSettings): Load {
  const records: RequestRecord[] = []
  const cachedPrompts = Array.from({ length: CACHED_PROMPTS }, () => promptOf(random))
  let stopped = false
  let count = 0

  const next = (): Promise<RequestRecord> => {
    const kind = pick(random, mix)
    const cached = cachedPrompts[Math.floor(random() * CACHED_PROMPTS)] ?? ''
    const prompt = kind.route === 'cached' ? cached : promptOf(random)
    const key = kind.keyed ? randomUUID() : null
    return callOnce({ kind, prompt, key, first: count++, gatewayUrls, patienceMs })
  }
  const slot = async (delayMs: number): Promise<void> => {
    await sleep(delayMs)
    while (!stopped) records.push(await next())
  }
  const slots = Array.from({ length: inFlight }, () => slot(random() * SPREAD_MS))

  return {
    ended: () => records,
    async stop() {
      stopped = true
      await Promise.all(slots)
      return promisePool(records, READS_AT_ONCE, async (record) => ({
        ...record,
        final: record.id === null ? null : await readFinal(gatewayUrls, record.id),
      }))
    },
  }
}

async function readFinal(gatewayUrls: readonly string[], id: string): Promise<Final> {
  const status = await finalOf(gatewayUrls, id, FINAL_LIMIT_MS)
  return status.state === 'unreadable' ? { state: 'unreadable', reason: status.reason } : status
}
