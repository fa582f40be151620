/** The fault table's outage, a tenth as long; `test/long/fault-outage.test.ts` has it in full. */
import { primaryOutage } from '../helpers/primary-outage'

const OUTAGE = { downMs: 6_000, everyMs: 400, openForMs: 800 }

it('a primary that is down for long and then well: all are answered, it is spared, and then used again', async () => {
  const { unanswered, callsWhileDown, mostCalls, backAfterMs, backFor } = await primaryOutage(OUTAGE)
  expect(unanswered).toEqual([])
  expect(callsWhileDown).toBeLessThanOrEqual(mostCalls)
  expect(backFor).toEqual(['plain', 'stream'])
  // A tenth of the 15 s that are promised.
  expect(backAfterMs).toBeLessThanOrEqual(1_500)
})
