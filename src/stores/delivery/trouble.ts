/**
 * Whether a store can be used: reported when that changes.
 *
 * TROUBLE-1 Once when something is refused and once when it is granted again, however many operations run meanwhile.
 * TROUBLE-2 What is granted proves nothing for what was refused: a Redis that is full still answers its
 *    readers, and opens a log.
 */

/** `try`: a step that may be granted where a `write` is not. */
export type Use = 'read' | 'try' | 'write'

/** `onTrouble` is called with the first error, and with null once it is over. */
export function createTroubleWatch(onTrouble: (error: unknown) => void) {
  const refused = new Set<Use>()
  return async <T>(use: Use, operation: Promise<T>): Promise<T> => {
    try {
      const reply = await operation
      if (refused.delete(use) && refused.size === 0) onTrouble(null)
      return reply
    } catch (error) {
      if (refused.size === 0) onTrouble(error)
      refused.add(use === 'try' ? 'write' : use)
      throw error
    }
  }
}
