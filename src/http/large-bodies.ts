/**
 * Large bodies are read a few at a time: each is held whole until it is parsed, and a worker has two thousand calls. The
 * rest wait with what they have, and their senders with them: nothing is read from a socket meanwhile.
 *
 * LARGE-BODIES-1 A body waits once, when it passes LARGE_BYTES, and its call's own timers bound the wait.
 * LARGE-BODIES-2 A provider's bodies wait for one another: a slow one has a few of the places, and makes no
 *    other's calls time out.
 * LARGE-BODIES-3 All of them together have a bound too, however many providers there are. The provider with
 *    the fewest goes first.
 */
import type { Head, HttpCall } from './http-call'

/** Nearly every answer is smaller. */
export const LARGE_BYTES = 1024 * 1024
/** Of one provider, and of all: with the most that is read of a body, 64 and 256 MiB. */
const LARGE_OF_ONE = 4
const LARGE_IN_ALL = 16

type Leave = () => void

export interface LargeBodies {
  /** Resolves with what gives the place back; null: its call ended before it got one. */
  enter(origin: string, call: HttpCall, head: Head): Promise<Leave | null>
}

interface Waiter {
  origin: string
  grant(leave: Leave): void
}

export function createLargeBodies(ofOne = LARGE_OF_ONE, inAll = LARGE_IN_ALL): LargeBodies {
  const waiting: Waiter[] = []
  const inside = new Map<string, number>()
  let all = 0

  const insideOf = (origin: string): number => inside.get(origin) ?? 0
  const hasRoom = (origin: string): boolean => all < inAll && insideOf(origin) < ofOne

  const hold = (origin: string): Leave => {
    all += 1
    inside.set(origin, insideOf(origin) + 1)
    return () => {
      all -= 1
      const left = insideOf(origin) - 1
      if (left === 0) inside.delete(origin)
      else inside.set(origin, left)
      handOn()
    }
  }

  function handOn(): void {
    const free = waiting.filter(({ origin }) => hasRoom(origin))
    const next = free.toSorted((a, b) => insideOf(a.origin) - insideOf(b.origin))[0]
    if (next === undefined) return
    waiting.splice(waiting.indexOf(next), 1)
    next.grant(hold(next.origin))
  }

  return {
    enter(origin, call, { body }) {
      if (hasRoom(origin)) return Promise.resolve(hold(origin))
      if (call.failure() !== null || body.destroyed) return Promise.resolve(null)
      return new Promise((resolve) => {
        const gone = (): void => {
          waiting.splice(waiting.indexOf(waiter), 1)
          resolve(null)
        }
        const waiter: Waiter = {
          origin,
          grant(leave) {
            body.off('close', gone)
            resolve(leave)
          },
        }
        body.once('close', gone)
        waiting.push(waiter)
      })
    },
  }
}
