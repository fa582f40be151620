/** Wakes one who waits. A notification while nobody waits is kept for the next who does. */
export interface Notifier {
  notify(): void
  /** Resolves when it is notified, when `limitMs` have passed, or when the signal is aborted. */
  notified(limitMs: number, signal: AbortSignal): Promise<void>
}

export function createNotifier(): Notifier {
  let kept = false
  let wake: (() => void) | null = null
  return {
    notify() {
      if (wake === null) kept = true
      else wake()
    },
    async notified(limitMs, signal) {
      if (!kept && !signal.aborted)
        await new Promise<void>((resolve) => {
          const done = () => {
            clearTimeout(timer)
            signal.removeEventListener('abort', done)
            wake = null
            resolve()
          }
          const timer = setTimeout(done, limitMs)
          signal.addEventListener('abort', done)
          wake = done
        })
      kept = false
    },
  }
}
