/** As waits.test.ts, with as many callers as a busy gateway has. */
import { waitInACrowd } from '../helpers/waits'

it('300 callers at a server that lets 60 long polls stand: all are answered, and who comes late is served at once', async () => {
  const { answers, late, failed, cancelled, standing, places } = await waitInACrowd({
    longPolls: 60,
    callers: 300,
  })
  expect(answers).toEqual(Array(300).fill('held no more'))
  process.stderr.write(
    `waits: ${standing} long polls at once, the late one took ${Math.round(late.tookMs)} ms, the failed one ${Math.round(failed.tookMs)}, the cancelled one ${Math.round(cancelled.tookMs)}\n`,
  )
  expect(Math.max(late.tookMs, failed.tookMs, cancelled.tookMs)).toBeLessThan(5_000)
  expect([failed.code, cancelled.code]).toEqual(['invalid_request', 'cancelled'])
  expect(standing).toBeLessThanOrEqual(places)
}, 240_000)
