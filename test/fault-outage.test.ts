/** The fault table's outage, a tenth as long; `fault-outage.long.test.ts` has it in full. */
import { mostCalls, primaryOutage } from './helpers/primary-outage'

const OUTAGE = { downMs: 6_000, everyMs: 400, openForMs: 800 }

it('a primary that is down for long and then well: all are answered, it is spared, and then used again', async () => {
  const { statuses, callsWhileDown, backAfterMs } = await primaryOutage(OUTAGE)
  expect(new Set(statuses)).toEqual(new Set([200]))
  expect(callsWhileDown).toBeLessThanOrEqual(mostCalls(OUTAGE))
  expect(backAfterMs).not.toBeNull()
})
