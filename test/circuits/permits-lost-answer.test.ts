/**
 * A permit request whose answer is lost, although the entity granted it: is the permit given back before its lease
 * ends?
 */
import { createProviderBoard } from '../../src/circuits/board'
import { call, entityOf, FAILED, ownProvider, policyOf, SUCCEEDED, silent } from '../helpers/boards'
import { untilPublished } from '../helpers/circuits'
import { startStack } from '../helpers/stack'

it('gives a permit back whose grant was lost', async () => {
  const stack = await startStack()
  try {
    const provider = ownProvider()
    const real = entityOf(stack, provider)
    let lose = true
    const entity = {
      ...real,
      // The entity answers; the answer comes after the deadline.
      async requestPermit(request: Parameters<typeof real.requestPermit>[0]) {
        const answer = await real.requestPermit(request)
        if (!lose) return answer
        lose = false
        throw new Error('DEADLINE_EXCEEDED')
      },
    }
    const board = createProviderBoard({
      provider,
      entity,
      peers: { count: () => 1, rank: () => 0, refresh: async () => undefined },
      worker: 'w',
      logger: silent,
      onUnreadable: () => undefined,
      now: Date.now,
      random: Math.random,
    })
    const policy = policyOf({ consecutive: 1 })
    await call(board, FAILED, policy)
    await untilPublished(stack, provider, ({ circuits }) => circuits.models.m?.phase.name === 'open')
    const startedAt = Date.now()
    let probed = null
    while (probed?.probe !== true && Date.now() - startedAt < 8_000) {
      probed = await call(board, SUCCEEDED, policy)
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
    process.stderr.write(
      `probed after ${Date.now() - startedAt} ms (openFor 1000, attempt 1000, lease 3000)\n`,
    )
    expect(Date.now() - startedAt).toBeLessThan(3_000)
    await board.close()
  } finally {
    await stack.close()
  }
})
