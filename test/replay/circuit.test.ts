/**
 * A saved history of a circuit entity, replayed against today's reducer. Where it no longer replays, CIRCUIT_BUILD
 * has to be raised: a worker of the new build then ends the running entities and starts them anew from their memo.
 */
import { Worker } from '@temporalio/worker'
import { DeterminismViolationError } from '@temporalio/workflow'
import type { ProviderBoard } from '../../src/circuits/board'
import { CIRCUIT_BUILD, circuitWorkflowId } from '../../src/contract/circuits'
import { workflowBundle } from '../../src/temporal/workflow-bundle'
import { boardsOn, call, FAILED, ownProvider, policyOf, SUCCEEDED } from '../helpers/boards'
import { phaseOf, untilPublished } from '../helpers/circuits'
import { type History, recording, savedHistory, saveHistory, typesOf } from '../helpers/histories'
import { type Stack, startStack } from '../helpers/stack'

const NAME = `circuit-build-${CIRCUIT_BUILD}`

/** It opens, a probe fails, another one closes it: as saved. */
async function openedAndClosed(stack: Stack): Promise<History> {
  const provider = ownProvider()
  const policy = policyOf({ openForMs: 200, maxOpenForMs: 200 })
  const [board] = boardsOn(stack, provider, 1) as [ProviderBoard]
  const probe = async (verdicts: typeof FAILED): Promise<void> => {
    while ((await call(board, verdicts, policy))?.probe !== true)
      await new Promise((resolve) => setTimeout(resolve, 20))
  }
  for (let n = 0; n < 5; n++) await call(board, FAILED, policy)
  await untilPublished(stack, provider, (state) => phaseOf(state, 'm') === 'open')
  await probe(FAILED)
  await probe(SUCCEEDED)
  await untilPublished(stack, provider, (state) => phaseOf(state, 'm') === 'closed')
  await board.close()
  return stack.client.workflow.getHandle(circuitWorkflowId(provider, stack.taskQueue)).fetchHistory()
}

describe('the saved history of a circuit', () => {
  beforeAll(async () => {
    if (!recording(NAME)) return
    const stack = await startStack()
    saveHistory(NAME, await openedAndClosed(stack))
    await stack.close()
  })

  const replay = async (history: History): Promise<void> =>
    Worker.runReplayHistory({ workflowBundle: await workflowBundle() }, history, 'circuit-replayed')

  it('replays', async () => {
    const history = savedHistory(NAME)
    const published = typesOf(history).filter((type) => type.endsWith('WORKFLOW_PROPERTIES_MODIFIED'))
    // Watched, open, half open, open, half open, closed.
    expect(published.length).toBeGreaterThanOrEqual(5)
    await expect(replay(history)).resolves.toBeUndefined()
  })

  it('does not replay where the reducer would have published less', async () => {
    const history = savedHistory(NAME)
    const signal = history.events?.find(({ workflowExecutionSignaledEventAttributes: it }) => it != null)
    const attributes = signal?.workflowExecutionSignaledEventAttributes
    if (attributes == null) throw new Error('no signal in the saved history')
    attributes.signalName = 'unknownSignal'
    await expect(replay(history)).rejects.toThrow(DeterminismViolationError)
  })
})
