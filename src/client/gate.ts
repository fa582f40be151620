/** Lets so many calls through at a time; the rest wait their turn, in order. */
export function createGate(atOnce: number): <T>(act: () => Promise<T>) => Promise<T> {
  let running = 0
  const waiting: (() => void)[] = []
  return async (act) => {
    if (running >= atOnce) await new Promise<void>((resolve) => waiting.push(resolve))
    else running += 1
    try {
      return await act()
    } finally {
      // Whoever waits takes this place over; else it is free.
      const next = waiting.shift()
      if (next === undefined) running -= 1
      else next()
    }
  }
}
