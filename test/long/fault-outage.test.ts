/** The fault table's last row: down 60 s, a request every 4 s, circuits open for 8 s. */
import { primaryOutage } from '../helpers/primary-outage'

const OUTAGE = { downMs: 60_000, everyMs: 4_000, openForMs: 8_000 }

it('all are answered, and the primary is used again within 15 s of its recovery', async () => {
  const { unanswered, callsWhileDown, mostCalls, backAfterMs, backFor } = await primaryOutage(OUTAGE)
  expect(unanswered).toEqual([])
  expect(callsWhileDown).toBeLessThanOrEqual(mostCalls)
  expect(backFor).toEqual(['plain', 'stream'])
  expect(backAfterMs).toBeLessThanOrEqual(15_000)
}, 180_000)
