/**
 * Large bodies are read a few at a time: each is held whole until it is parsed, and a worker has two thousand calls. The
 * rest wait with what they have, and their senders with them: nothing is read from a socket meanwhile.
 *
 * L1 A body waits once, when it passes LARGE_BYTES, and its call's own timers bound the wait.
 * L2 Each provider's bodies wait for one another alone: a slow one makes no other's calls time out.
 */
import type { Exchange, Head } from './exchange'

/** Nearly every answer is smaller. */
export const LARGE_BYTES = 1024 * 1024
const LARGE_AT_ONCE = 4

export interface LargeBodies {
  /** Resolves with what gives the place back; null: its call ended before it got one. */
  enter(origin: string, exchange: Exchange, head: Head): Promise<(() => void) | null>
}

export function createLargeBodies(atOnce = LARGE_AT_ONCE): LargeBodies {
  const byOrigin = new Map<string, ReturnType<typeof createPlaces>>()
  return {
    enter(origin, exchange, head) {
      // L2
      const places = byOrigin.get(origin) ?? createPlaces(atOnce, () => byOrigin.delete(origin))
      byOrigin.set(origin, places)
      return places.enter(exchange, head)
    },
  }
}

function createPlaces(atOnce: number, onEmpty: () => void) {
  const waiting: (() => void)[] = []
  let inside = 0
  const leave = (): void => {
    const next = waiting.shift()
    if (next === undefined) inside -= 1
    else next()
    if (inside === 0) onEmpty()
  }
  return {
    enter(exchange: Exchange, { body }: Head): Promise<(() => void) | null> {
      if (inside < atOnce) {
        inside += 1
        return Promise.resolve(leave)
      }
      return new Promise((resolve) => {
        const granted = (): void => {
          body.off('close', gone)
          resolve(leave)
        }
        const gone = (): void => {
          const at = waiting.indexOf(granted)
          if (at !== -1) waiting.splice(at, 1)
          resolve(null)
        }
        if (exchange.failure() !== null || body.destroyed) return resolve(null)
        body.once('close', gone)
        waiting.push(granted)
      })
    },
  }
}
