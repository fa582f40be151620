/**
 * How many calls of the express lane a worker has at a time: each holds a slot for workflow tasks.
 *
 * EXPRESS-PLACES-1 There are fewer places than slots: other workflow tasks always find one.
 * EXPRESS-PLACES-2 A worker that shuts down takes no more, and after its grace hands over those that still run.
 */
import type { ActivityDeps } from '../../activities'

/** Of a worker with somebody else's options: half of the SDK's slots for workflow tasks. */
export const DEFAULT_EXPRESS_CALLS = 20

export type ExpressPlaces = ActivityDeps['express'] & {
  /** EXPRESS-PLACES-2 */
  close(graceMs: number): void
}

export function createExpressPlaces(most: number): ExpressPlaces {
  // One for each call: a signal that outlives calls keeps a note of each (test/activities/call-provider-signals.test.ts).
  const taken = new Set<AbortController>()
  let closed = false
  return {
    enter() {
      if (closed || taken.size >= most) return null
      const own = new AbortController()
      taken.add(own)
      return {
        closing: own.signal,
        leave() {
          taken.delete(own)
        },
      }
    },
    close(graceMs) {
      closed = true
      setTimeout(() => {
        for (const one of taken) one.abort()
      }, graceMs).unref()
    },
  }
}
