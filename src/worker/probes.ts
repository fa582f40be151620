/** The probes that this worker makes: they outlive their callers, and end with it. */
import type { ActivityDeps } from '../../activities'

export function createProbes(): ActivityDeps['probes'] & { close(): Promise<void> } {
  const running = new Map<Promise<unknown>, () => void>()
  return {
    began(ended, hangUp) {
      running.set(ended, hangUp)
      const gone = (): void => {
        running.delete(ended)
      }
      ended.then(gone, gone)
    },
    async close() {
      for (const hangUp of running.values()) hangUp()
      await Promise.allSettled(running.keys())
    },
  }
}
