/**
 * Saved histories, replayed against today's workflow code. A change that can't replay them would break
 * every run under way at its deploy.
 */

import { Worker } from '@temporalio/worker'
import { DeterminismViolationError } from '@temporalio/workflow'
import { workflowBundle } from '../src/temporal/workflow-bundle'
import { type History, recording, savedHistory, saveHistory, typesOf } from './helpers/histories'
import { holdfastError, type Stack, startStack } from './helpers/stack'

/** Alpha refuses twice, then beta answers: as saved. */
async function failedOver({ simulator, holdfast, client }: Stack): Promise<History> {
  simulator.script('alpha', [{ status: 529 }, { status: 429, retryAfter: '0.2' }])
  simulator.script('beta', [{ answer: 'from beta' }])
  const { id } = await holdfast.generate({ prompt: 'fail over' })
  return client.workflow.getHandle(id).fetchHistory()
}

/** Both refuse: as saved. */
async function allFailed({ simulator, holdfast, client }: Stack): Promise<History> {
  simulator.script('alpha', [{ status: 503 }])
  simulator.script('beta', [{ status: 503 }])
  const { generationId } = await holdfastError(holdfast.generate({ prompt: 'nobody' }))
  return client.workflow.getHandle(generationId ?? '').fetchHistory()
}

describe.each([
  ['failed-over', failedOver],
  ['all-failed', allFailed],
])('the saved history of a %s generation', (name, scenario) => {
  let stack: Stack
  beforeAll(async () => {
    stack = await startStack()
    if (recording) saveHistory(name, await scenario(stack))
  })
  afterAll(() => stack.close())

  const replay = async (history: History) =>
    Worker.runReplayHistory({ workflowBundle: await workflowBundle() }, history, 'replayed')

  it('replays', async () => {
    await expect(replay(savedHistory(name))).resolves.toBeUndefined()
  })

  it('has the events of the same run today, one for one', async () => {
    stack.simulator.reset()
    expect(typesOf(await scenario(stack))).toEqual(typesOf(savedHistory(name)))
  })

  it('does not replay when its first call was to another activity', async () => {
    const history = savedHistory(name)
    const scheduled = history.events?.find(({ activityTaskScheduledEventAttributes: it }) => it != null)
    const attributes = scheduled?.activityTaskScheduledEventAttributes
    if (attributes == null) throw new Error('no activity in the saved history')
    attributes.activityType = { name: 'somethingElse' }
    await expect(replay(history)).rejects.toThrow(DeterminismViolationError)
  })
})
