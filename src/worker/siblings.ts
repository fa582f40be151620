/**
 * The calls of one generation that run at the same time on this worker: the winner hangs up on the others at once,
 * long before the server's word reaches them.
 */
import type { ActivityDeps } from '../../activities'

export function createSiblings(): ActivityDeps['siblings'] {
  const families = new Map<string, Set<AbortController>>()
  return {
    join(generation) {
      const family = families.get(generation) ?? new Set()
      families.set(generation, family)
      const own = new AbortController()
      family.add(own)
      return {
        beaten: own.signal,
        won() {
          for (const sibling of family) if (sibling !== own) sibling.abort()
        },
        leave() {
          family.delete(own)
          if (family.size === 0 && families.get(generation) === family) families.delete(generation)
        },
      }
    },
  }
}
