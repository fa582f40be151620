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
  const closing = new AbortController()
  let used = 0
  let closed = false
  return {
    enter() {
      if (closed || used >= most) return null
      used += 1
      return {
        closing: closing.signal,
        leave() {
          used -= 1
        },
      }
    },
    close(graceMs) {
      closed = true
      setTimeout(() => closing.abort(), graceMs).unref()
    },
  }
}
