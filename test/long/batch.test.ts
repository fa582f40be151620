/** A long batch, and much that goes wrong on its way. */
import { expectComplete, runKilledBatch } from '../helpers/killed-batch'

describe('a batch of 5,000 lines', () => {
  it('whose command and whose workers are killed twice is complete and in order, and nothing is paid twice', async () => {
    const scenario = {
      lines: 5_000,
      concurrency: 100,
      workersDieAt: [800, 2_600],
      commandDiesAt: [1_500, 3_500],
    }
    expectComplete(scenario, await runKilledBatch(scenario))
  }, 1_800_000)
})
