/** Wakes one who waits. A ring while nobody waits is kept for the next who does. */
export interface Bell {
  ring(): void
  /** Resolves when it is rung, when `limitMs` have passed, or when the signal is aborted. */
  rung(limitMs: number, signal: AbortSignal): Promise<void>
}

export function createBell(): Bell {
  let kept = false
  let wake: (() => void) | null = null
  return {
    ring() {
      if (wake === null) kept = true
      else wake()
    },
    async rung(limitMs, signal) {
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
