/** A hold at its full length, and how soon all workers keep to it. */
import { expectHeldByRateLimit } from '../helpers/rate-limit'

it(
  'a 429 with Retry-After of 20 s keeps all workers away from that model, the longest one wins; others stay in use',
  () =>
    expectHeldByRateLimit({
      perSecond: 15,
      atOnce: Number.POSITIVE_INFINITY,
      retryAfterSeconds: 20,
      lagMs: 1_500,
    }),
  60_000,
)
