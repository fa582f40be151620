/**
 * Three workers and one provider that goes down: how few calls it sees, and that all find back. In short, and only
 * what a busy machine can't change: how soon is in test/long/circuits-cluster.test.ts.
 */
import { type Outage, type OutageNumbers, outageFacts, runOutage } from '../helpers/outage'

const SHORT: OutageNumbers = { perSecond: 6, atOnce: 8, outageMs: 5_000, openForMs: 2_500, afterMs: 0 }

describe('an outage of some seconds under 6 requests a second over three workers', () => {
  let outage: Outage
  beforeAll(async () => {
    outage = await runOutage(SHORT)
  }, 90_000)
  outageFacts(SHORT, () => outage)
})
