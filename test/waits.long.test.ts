/** As waits.test.ts, with as many callers as a busy gateway has. */
import { waitInACrowd } from './helpers/waits'

it('300 callers at a server that lets 60 long polls stand: all are answered, and who comes late is served at once', async () => {
  const { answers, late, standing, places } = await waitInACrowd({ longPolls: 60, callers: 300 })
  expect(answers).toEqual(Array(300).fill('held no more'))
  process.stderr.write(
    `waits: ${standing} long polls at once, the late one took ${Math.round(late.tookMs)} ms\n`,
  )
  expect(late.tookMs).toBeLessThan(5_000)
  expect(standing).toBeLessThanOrEqual(places)
}, 240_000)
