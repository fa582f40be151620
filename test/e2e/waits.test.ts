/** Callers that wait do not take the long polls that workers live on. Many more: test/long/waits.test.ts. */
import { waitInACrowd } from '../helpers/waits'

it('70 callers at a server that lets 40 long polls stand: all are answered, and who comes late is served at once', async () => {
  const { answers, late, failed, cancelled, standing, places } = await waitInACrowd({
    longPolls: 40,
    callers: 70,
  })
  expect(answers).toEqual(Array(70).fill('held no more'))
  expect(late.text).not.toBe('')
  process.stderr.write(
    `waits: ${standing} long polls at once, the late one took ${Math.round(late.tookMs)} ms, the failed one ${Math.round(failed.tookMs)}, the cancelled one ${Math.round(cancelled.tookMs)}\n`,
  )
  expect(Math.max(late.tookMs, failed.tookMs, cancelled.tookMs)).toBeLessThan(5_000)
  expect([failed.code, cancelled.code]).toEqual(['invalid_request', 'cancelled'])
  expect(standing).toBeLessThanOrEqual(places)
  expect(standing).toBeGreaterThan(0)
}, 120_000)
