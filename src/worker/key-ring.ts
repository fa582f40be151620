/**
 * Which key of a provider to use: the first that is not held. With a single key there is no choice, and
 * what its failures mean is the circuits' business. Holds are this worker's own.
 */
import type { ActivityDeps } from '../../activities'
import { keyHoldOf } from '../domain/key-hold'

export function createKeyRing(now: () => number): ActivityDeps['keyRing'] {
  /** By provider, variable and, for a rate limit, model -> epoch milliseconds. */
  const heldUntil = new Map<string, number>()
  const name = (...parts: string[]): string => parts.join('\n')
  const isHeld = (provider: string, model: string, variable: string): boolean =>
    [name(provider, variable), name(provider, variable, model)].some(
      (hold) => (heldUntil.get(hold) ?? 0) > now(),
    )

  return {
    choose: ({ provider, model }, keys) =>
      keys.find((key) => !isHeld(provider, model, key.name)) ?? keys[0] ?? null,
    hold({ provider, model }, keys, variable, failure) {
      const hold = keyHoldOf(failure)
      if (hold === null || keys.length < 2) return false
      const held = hold.scope === 'key' ? name(provider, variable) : name(provider, variable, model)
      heldUntil.set(held, Math.max(heldUntil.get(held) ?? 0, now() + hold.forMs))
      return keys.some((key) => !isHeld(provider, model, key.name))
    },
  }
}
