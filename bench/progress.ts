/** What a run is at, on stderr. */
export type OnProgress = (message: string) => void

export const progress: OnProgress = (message) => {
  process.stderr.write(`${message}\n`)
}

const EVERY_MS = 10_000

/** Passes on a message now and then. */
export function atIntervals(onProgress: OnProgress): OnProgress {
  let saidAt = performance.now()
  return (message) => {
    if (performance.now() - saidAt < EVERY_MS) return
    saidAt = performance.now()
    onProgress(message)
  }
}
