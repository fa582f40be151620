/**
 * One reading after the other for all viewers of the same view.
 *
 * UI-WATCH-1 Nothing is read while nobody looks, and one reading at a time serves all who do.
 * UI-WATCH-2 A viewer gets the names of the parts that have changed, and takes these when it is ready: what it has not taken yet is replaced, not
 *    queued.
 * UI-WATCH-3 A part that could not be read stays as it was; `status` says since when, and why.
 */
export interface Watch {
  /** The JSON of each part, as it was last read. */
  parts: ReadonlyMap<string, string>
  /** `onNews` is called with the names of parts that have changed. The returned function ends it. */
  subscribe(onNews: (names: readonly string[]) => void): () => void
}

/** A reading: parts by name; null: that part could not be read. */
export type Parts = { [name: string]: unknown }

export interface WatchOptions {
  /** Never rejects. */
  read(): Promise<Parts>
  /** From the end of one reading to the next. */
  pauseMs: number
  /** Nobody looks any more, since IDLE_MS. */
  onIdle(): void
}

/** Who loads the page again, or comes back to its tab, finds what was read before. */
const IDLE_MS = 60_000
/** Says how current all the others are. */
const STATUS = 'status'

export function createWatch({ read, pauseMs, onIdle }: WatchOptions): Watch {
  const parts = new Map<string, string>()
  const listeners = new Set<(names: readonly string[]) => void>()
  let timer: NodeJS.Timeout | undefined
  let reading = false

  async function turn(): Promise<void> {
    // Of a viewer that has gone meanwhile: who comes next gets it.
    if (reading) return
    reading = true
    const found = await read()
    reading = false
    const changed: string[] = []
    for (const [name, value] of Object.entries(found)) {
      // UI-WATCH-3
      if (value === null) continue
      const text = JSON.stringify(value)
      if (parts.get(name) === text) continue
      parts.set(name, text)
      changed.push(name)
    }
    if (listeners.size === 0) {
      parts.delete(STATUS)
      return
    }
    for (const listener of listeners) listener(changed)
    timer = setTimeout(turn, pauseMs)
  }

  return {
    parts,
    subscribe(onNews) {
      listeners.add(onNews)
      if (listeners.size === 1) {
        clearTimeout(timer)
        void turn()
      }
      return () => {
        if (!listeners.delete(onNews) || listeners.size > 0) return
        clearTimeout(timer)
        parts.delete(STATUS)
        timer = setTimeout(onIdle, IDLE_MS).unref()
      }
    },
  }
}
