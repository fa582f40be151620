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
  /** Nobody looks any more. */
  onIdle(): void
}

export function createWatch({ read, pauseMs, onIdle }: WatchOptions): Watch {
  const parts = new Map<string, string>()
  const listeners = new Set<(names: readonly string[]) => void>()
  let timer: NodeJS.Timeout | undefined

  async function turn(): Promise<void> {
    const found = await read()
    const changed: string[] = []
    for (const [name, value] of Object.entries(found)) {
      // UI-WATCH-3
      if (value === null) continue
      const text = JSON.stringify(value)
      if (parts.get(name) === text) continue
      parts.set(name, text)
      changed.push(name)
    }
    if (listeners.size === 0) return
    for (const listener of listeners) listener(changed)
    timer = setTimeout(turn, pauseMs)
  }

  return {
    parts,
    subscribe(onNews) {
      listeners.add(onNews)
      if (listeners.size === 1) void turn()
      return () => {
        if (!listeners.delete(onNews) || listeners.size > 0) return
        clearTimeout(timer)
        onIdle()
      }
    },
  }
}
