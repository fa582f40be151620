/** One row of the tables that name a failure's class, and the statuses that rows share. */
import type { FailureClass } from './failure'

export interface HttpRule {
  class: FailureClass
  status?: (status: number | null) => boolean
  /** Against code, type and reasons, each on its own. */
  word?: RegExp
  message?: RegExp
  /** Does the provider say how long to wait? */
  waits?: true
}

type StatusTest = NonNullable<HttpRule['status']>

export const is =
  (...statuses: number[]): StatusTest =>
  (status) =>
    status !== null && statuses.includes(status)

/** One of these, or an error inside a stream, which has none. */
export const isOrNone =
  (...statuses: number[]): StatusTest =>
  (status) =>
    status === null || statuses.includes(status)

export const between =
  (from: number, to: number): StatusTest =>
  (status) =>
    status !== null && status >= from && status <= to

export const noStatus: StatusTest = (status) => status === null
