/**
 * Who waits for something that comes back piece by piece: in the order of arrival, and between several owners as the
 * caller ranks them.
 */

export interface Waiter<Given, About> {
  owner: string | null
  about: About
  /** Ends the wait. null: in vain. */
  give(given: Given | null): void
}

export interface Waiters<Given, About> {
  all(): readonly Waiter<Given, About>[]
  /** Till it is given something, for at most `limitMs` (null then), or till the signal is aborted (null). */
  wait(owner: string | null, about: About, limitMs: number, signal: AbortSignal): Promise<Given | null>
  /** The first of those whose owner ranks lowest; null: this owner may not have any now. */
  next(rank: (owner: string | null) => number | null): Waiter<Given, About> | undefined
}

export function createWaiters<Given, About>(): Waiters<Given, About> {
  const waiters: Waiter<Given, About>[] = []
  return {
    all: () => waiters,
    wait: (owner, about, limitMs, signal) =>
      new Promise((resolve) => {
        const end = (): void => waiter.give(null)
        const waiter: Waiter<Given, About> = {
          owner,
          about,
          give(given) {
            clearTimeout(timer)
            signal.removeEventListener('abort', end)
            const place = waiters.indexOf(waiter)
            if (place >= 0) waiters.splice(place, 1)
            resolve(given)
          },
        }
        const timer = setTimeout(end, limitMs)
        signal.addEventListener('abort', end, { once: true })
        waiters.push(waiter)
      }),
    next(rank) {
      let first: Waiter<Given, About> | undefined
      let lowest = Number.POSITIVE_INFINITY
      const ranks = new Map<string | null, number | null>()
      for (const waiter of waiters) {
        const known = ranks.get(waiter.owner)
        const own = known === undefined ? rank(waiter.owner) : known
        ranks.set(waiter.owner, own)
        if (own === null || own >= lowest) continue
        first = waiter
        lowest = own
      }
      return first
    },
  }
}
