/** As hang-ups.test.ts, with as many callers as the report of the fault had. */
import { hangUpAtOnce } from '../helpers/hang-ups'

it('of 400 callers that hang up at once, every generation is cancelled and every call hung up on', async () => {
  const { ends, tookMs, failed, pending } = await hangUpAtOnce(400, false)
  process.stderr.write(`hang-ups: the last call was hung up on after ${Math.round(tookMs)} ms\n`)
  expect({ ends, failed, pending }).toEqual({ ends: { CANCELLED: 400 }, failed: 0, pending: 0 })
  expect(tookMs).toBeLessThan(30_000)
}, 240_000)
