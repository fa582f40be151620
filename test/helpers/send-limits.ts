/** Limits of an HTTP call that no quick test meets by accident. */
import type { SendLimits } from '../../src/http/types'

export const LIMITS: SendLimits = {
  connectMs: 25_000,
  attemptMs: 25_000,
  firstTokenMs: 25_000,
  idleMs: 25_000,
  maxBytes: 1_000_000,
}
