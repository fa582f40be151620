/** A worker's slots, shared out: one hung provider never has more than half of them, so that the others stay in use. */
import type { ActivityDeps } from '../../activities'

export function createSlots(total: number): ActivityDeps['slots'] {
  const most = Math.max(1, Math.floor(total / 2))
  const taken = new Map<string, number>()
  return {
    take(provider) {
      const before = taken.get(provider) ?? 0
      if (before >= most) return null
      taken.set(provider, before + 1)
      let held = true
      return () => {
        if (!held) return
        held = false
        taken.set(provider, (taken.get(provider) ?? 1) - 1)
      }
    },
  }
}
