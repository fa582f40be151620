/** Lets so many calls through at a time. The rest wait: those of one `who` in order, and several of them by turns. */
export function createSemaphore(
  atOnce: number,
): <T>(act: () => Promise<T>, who?: string | null) => Promise<T> {
  let running = 0
  /** In the order of their turns. */
  const waiting = new Map<string | null, (() => void)[]>()

  const takeNext = (): (() => void) | undefined => {
    for (const [who, own] of waiting) {
      const first = own.shift()
      waiting.delete(who)
      if (own.length > 0) waiting.set(who, own)
      return first
    }
    return undefined
  }

  return async (act, who = null) => {
    if (running >= atOnce)
      await new Promise<void>((resolve) => {
        const own = waiting.get(who)
        if (own === undefined) waiting.set(who, [resolve])
        else own.push(resolve)
      })
    else running += 1
    try {
      return await act()
    } finally {
      // The next one that waits takes this turn over; else it is free.
      const next = takeNext()
      if (next === undefined) running -= 1
      else next()
    }
  }
}
