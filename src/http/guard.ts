/**
 * One timer that can be moved.
 *
 * G1 A due guard lets what has already arrived have its turn first. A worker that was busy for longer
 *    than a guard would else time out all its calls at once, and open circuits on healthy providers.
 */

/** Node turns a longer delay into 1 ms. */
const MAX_DELAY_MS = 2 ** 31 - 1

export interface Guard {
  /** (Re)starts it: `expire` runs after `limitMs` unless it is moved or cleared before. */
  set(limitMs: number, expire: () => void): void
  clear(): void
}

export const createGuard = (): Guard => {
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
          // The event loop reads its sockets between its timers and its immediates (G1).
          due = setImmediate(expire)
        },
        Math.min(limitMs, MAX_DELAY_MS),
      )
    },
  }
}
