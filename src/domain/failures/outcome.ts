/** Expected failures are values. They become exceptions in one place: `activities/call-provider.ts`. */
import type { Failure } from './failure'

export type Outcome<T> = { ok: true; value: T } | { ok: false; failure: Failure }

export const success = <T>(value: T): Outcome<T> => ({ ok: true, value })
export const failed = (failure: Failure): Outcome<never> => ({ ok: false, failure })
