/** Many generations from one client at once. */
import { startStack } from '../helpers/stack'

const BURST = 100

it(`${BURST} at once are all answered, each with one call`, async () => {
  const stack = await startStack()
  try {
    const burst = Array.from({ length: BURST }, (_, index) =>
      stack.holdfast.generate({ prompt: `burst ${index}` }),
    )
    const results = await Promise.all(burst)
    expect(new Set(results.map(({ id }) => id)).size).toBe(BURST)
    expect(stack.simulator.calls()).toHaveLength(BURST)
  } finally {
    await stack.close()
  }
}, 120_000)
