/** The fault table's last row: down 60 s, a request every 4 s, circuits open for 8 s. */
import { mostCalls, primaryOutage } from './helpers/primary-outage'

const OUTAGE = { downMs: 60_000, everyMs: 4_000, openForMs: 8_000 }

it('all are answered, and the primary is used again within 15 s of its recovery', async () => {
  const { statuses, callsWhileDown, backAfterMs } = await primaryOutage(OUTAGE)
  expect(new Set(statuses)).toEqual(new Set([200]))
  expect(callsWhileDown).toBeLessThanOrEqual(mostCalls(OUTAGE))
  expect(backAfterMs ?? Number.POSITIVE_INFINITY).toBeLessThanOrEqual(15_000)
}, 180_000)
