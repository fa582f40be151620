/**
 * Which key of a provider to use: the first that is not held. With a single key there is no choice, and
 * what its failures mean is the circuits' business. Holds are this worker's own.
 *
 * KEY-RING-1 A key that was refused, or has no quota left, is tried by one call in a period: somebody may
 *    have mended it. A call whose end says nothing of the key (callers-part.ts) does not try it.
 */
import type { ActivityDeps } from '../../activities'
import { keyHoldOf, UNTIL_MENDED_MS } from '../domain/failures/key-hold'

interface Held {
  /** Epoch milliseconds. */
  until: number
  /** KEY-RING-1: no provider said how long. */
  probe: boolean
}

/** `held`: how many keys are held now, by provider. */
export function createKeyRing(
  now: () => number,
): ActivityDeps['keyRing'] & { held(): [provider: string, count: number][] } {
  /** By provider, variable and, for a rate limit, model. */
  const holds = new Map<string, Held>()
  const name = (...parts: string[]): string => parts.join('\n')
  const isHeld = (provider: string, model: string, variable: string): boolean =>
    [name(provider, variable), name(provider, variable, model)].some(
      (hold) => (holds.get(hold)?.until ?? 0) > now(),
    )

  const usable: ActivityDeps['keyRing']['usable'] = ({ provider, model }, keys, reports) => {
    const untried = (key: { name: string }): boolean =>
      !reports && holds.get(name(provider, key.name))?.probe === true
    const free = keys.filter((key) => !isHeld(provider, model, key.name) && !untried(key))
    return free.length > 0 ? free : keys.slice(0, 1)
  }

  return {
    held() {
      const keys = new Map<string, Set<string>>()
      for (const [hold, { until }] of holds) {
        const [provider = '', variable = ''] = hold.split('\n')
        const held = keys.get(provider) ?? new Set()
        keys.set(provider, held)
        if (until > now()) held.add(variable)
      }
      return [...keys].map(([provider, held]) => [provider, held.size])
    },
    usable,
    choose(target, keys, reports) {
      const { provider } = target
      const chosen = usable(target, keys, reports)[0] ?? null
      const hold = chosen === null ? undefined : holds.get(name(provider, chosen.name))
      // KEY-RING-1
      if (reports && hold?.probe && hold.until <= now()) hold.until = now() + UNTIL_MENDED_MS
      return chosen
    },
    hold({ provider, model }, keys, variable, failure) {
      const hold = keyHoldOf(failure)
      if (hold === null || keys.length < 2) return false
      const held = hold.scope === 'key' ? name(provider, variable) : name(provider, variable, model)
      const until = Math.max(holds.get(held)?.until ?? 0, now() + hold.forMs)
      holds.set(held, { until, probe: hold.scope === 'key' && failure.retryAfterMs === undefined })
      return keys.some((key) => !isHeld(provider, model, key.name))
    },
    worked({ provider }, variable) {
      const held = name(provider, variable)
      if (holds.get(held)?.probe) holds.delete(held)
    },
  }
}
