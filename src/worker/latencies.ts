/**
 * How long calls take, as this worker sees it: what `order: latency` goes by. Each worker goes by its own view
 * (docs/decisions/0050-order-of-candidates.md). Callers may name any target as a route: only the KEPT_AT_MOST that were used
 * last are kept.
 */
import type { ActivityDeps } from '../../activities'
import {
  expectedMs,
  FORGOTTEN_AFTER_MS,
  type Latency,
  type TargetLatency,
  type TimedCall,
  withCall,
  withCut,
  withFailure,
} from '../domain/routing/latency'

const KEPT_AT_MOST = 1_000

interface Seen {
  latency: Latency | null
  /** When each call began that has neither answered nor ended yet. */
  inFlight: Set<{ startedAt: number }>
  lastBeganAt: number
}

export function createLatencies(now: () => number): ActivityDeps['latencies'] {
  const all = new Map<string, Seen>()
  const name = (route: string, target: string, streamed: boolean): string =>
    [route, target, streamed].join('\n')
  const keep = (key: string, seen: Seen): void => {
    all.delete(key)
    all.set(key, seen)
    const [oldest] = all.keys()
    if (all.size > KEPT_AT_MOST && oldest !== undefined) all.delete(oldest)
  }

  return {
    began(route, target, streamed) {
      const key = name(route, target, streamed)
      const seen: Seen = all.get(key) ?? { latency: null, inFlight: new Set(), lastBeganAt: 0 }
      const call = { startedAt: now() }
      const beside = seen.inFlight.size
      seen.inFlight.add(call)
      seen.lastBeganAt = call.startedAt
      keep(key, seen)
      const timed = (): TimedCall => ({ tookMs: Math.max(0, now() - call.startedAt), beside })
      const answered = (): void => {
        // Its first token has counted.
        if (!seen.inFlight.delete(call)) return
        seen.latency = withCall(seen.latency, timed(), now())
      }
      return {
        firstToken() {
          if (streamed) answered()
        },
        ended(how) {
          if (how === 'answered') return answered()
          if (how === 'failed') seen.latency = withFailure(seen.latency, timed(), now())
          if (seen.inFlight.delete(call) && how === 'cut')
            seen.latency = withCut(seen.latency, timed(), now())
        },
      }
    },
    known(route, targets, streamed) {
      const at = now()
      return targets.flatMap((target): TargetLatency[] => {
        const seen = all.get(name(route, target, streamed))
        if (seen === undefined) return []
        const { latency, inFlight, lastBeganAt } = seen
        const ageMs = Math.round(Math.max(0, at - lastBeganAt))
        if (latency !== null && at - Math.max(latency.at, lastBeganAt) < FORGOTTEN_AFTER_MS)
          return [{ target, ms: Math.round(expectedMs(latency, inFlight.size)), ageMs }]
        // In the order in which they began.
        const [oldest] = inFlight
        return oldest === undefined
          ? []
          : [{ target, silentMs: Math.round(Math.max(0, at - oldest.startedAt)), ageMs }]
      })
    },
  }
}
