/**
 * Saved histories, replayed against today's workflow code. A change that can't replay them would break
 * every run under way at its deploy.
 */

import { Worker } from '@temporalio/worker'
import { DeterminismViolationError } from '@temporalio/workflow'
import { workflowBundle } from '../../src/temporal/workflow-bundle'
import { type History, recording, savedHistory, saveHistory, typesOf } from '../helpers/histories'
import { holdfastError, type Stack, startStack, twoProviders } from '../helpers/stack'

const config = (url: string): string => `${twoProviders(url)}
  race: { candidates: [alpha/model-a, beta/model-b], strategy: race }
  hedge: { candidates: [alpha/model-a, beta/model-b], strategy: { hedge: { after: 200ms, budget: 100% } } }
  passes: { candidates: [alpha/model-a, beta/model-b], passes: 3, retry: { maximumAttempts: 1 } }
`

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

const saved = async ({ holdfast, client }: Stack, route: string): Promise<History> => {
  const { id } = await holdfast.generate({ route, prompt: route })
  return client.workflow.getHandle(id).fetchHistory()
}

/** Both start, beta answers, alpha is cancelled. */
async function race(stack: Stack): Promise<History> {
  stack.simulator.script('alpha', [{ fault: 'silent' }])
  stack.simulator.script('beta', [{ answer: 'won', latency: '300ms' }])
  return saved(stack, 'race')
}

/** Alpha keeps silent, the budget is queried, beta is started and answers. */
async function hedge(stack: Stack): Promise<History> {
  stack.simulator.script('alpha', [{ fault: 'silent' }])
  stack.simulator.script('beta', [{ answer: 'the hedge', latency: '300ms' }])
  return saved(stack, 'hedge')
}

/** Both fail, a pause, and alpha answers in the second pass. */
async function passes(stack: Stack): Promise<History> {
  stack.simulator.script('alpha', [{ status: 503, times: 1 }, { answer: 'well again' }])
  stack.simulator.script('beta', [{ status: 503 }])
  return saved(stack, 'passes')
}

/** Of calls that overlap, which one is recorded first is random; what the workflow decides is not. */
const overlapping = ['race', 'hedge']
const DECIDED = /ACTIVITY_TASK_(SCHEDULED|CANCEL_REQUESTED)|MARKER_RECORDED|UPSERT|EXECUTION_COMPLETED/
const decided = (history: History): string[] => typesOf(history).filter((type) => DECIDED.test(type))

describe.each([
  ['failed-over', failedOver],
  ['all-failed', allFailed],
  ['race', race],
  ['hedge', hedge],
  ['passes', passes],
])('the saved history of a %s generation', (name, scenario) => {
  let stack: Stack
  beforeAll(async () => {
    stack = await startStack({ config })
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
    const summaryOf = overlapping.includes(name) ? decided : typesOf
    expect(summaryOf(await scenario(stack))).toEqual(summaryOf(savedHistory(name)))
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

/**
 * Recorded with the build before records were bounded by bytes: what it was to be continued as new with was too long for
 * the cluster, so its last task failed again and again. A worker of today's build takes that task on.
 */
it('the saved history of a run that was jammed by its records replays up to the task that failed', async () => {
  const history = savedHistory('jammed', '0.1.0-alpha.1')
  expect(typesOf(history).filter((type) => type === 'EVENT_TYPE_WORKFLOW_TASK_FAILED')).toHaveLength(2)
  const bundle = { workflowBundle: await workflowBundle() }
  await expect(Worker.runReplayHistory(bundle, history, 'replayed')).resolves.toBeUndefined()
})
