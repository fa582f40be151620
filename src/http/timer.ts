/**
 * One timer that can be moved.
 *
 * TIMER-1 A due timer lets what has already arrived have its turn first. A worker that was busy for longer
 *    than a timer would else time out all its calls at once, and open circuits on healthy providers.
 */

/** Node turns a longer delay into 1 ms. */
const MAX_DELAY_MS = 2 ** 31 - 1

export interface ResettableTimer {
  /** (Re)starts it: `expire` runs after `limitMs` unless it is moved or cleared before. */
  set(limitMs: number, expire: () => void): void
  clear(): void
}

export const createTimer = (): ResettableTimer => {
  let timer: NodeJS.Timeout | undefined
  let due: NodeJS.Immediate | undefined

  const clear = (): void => {
    clearTimeout(timer)
    clearImmediate(due)
  }
  return {
    clear,
    set(limitMs, expire) {
      clear()
      timer = setTimeout(
        () => {
          // The event loop reads its sockets between its timers and its immediates (TIMER-1).
          due = setImmediate(expire)
        },
        Math.min(limitMs, MAX_DELAY_MS),
      )
    },
  }
}
