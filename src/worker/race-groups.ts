/**
 * The calls of one generation that run at the same time on this worker: the winner hangs up on the others at once,
 * long before the server's word reaches them.
 */
import type { ActivityDeps } from '../../activities'

export function createRaceGroups(): ActivityDeps['raceGroups'] {
  const groups = new Map<string, Set<AbortController>>()
  return {
    join(generation) {
      const group = groups.get(generation) ?? new Set()
      groups.set(generation, group)
      const own = new AbortController()
      group.add(own)
      return {
        beaten: own.signal,
        won() {
          for (const other of group) if (other !== own) other.abort()
        },
        leave() {
          group.delete(own)
          if (group.size === 0 && groups.get(generation) === group) groups.delete(generation)
        },
      }
    },
  }
}
