/** Runs that met the cache, replayed: what was found stands in the history, and what follows from it is the same again. */
import { Worker } from '@temporalio/worker'
import { DeterminismViolationError } from '@temporalio/workflow'
import { workflowBundle } from '../../src/temporal/workflow-bundle'
import { type CacheStack, PAST_FRESH_MS, startCacheStack } from '../helpers/cache-stack'
import { type History, typesOf } from '../helpers/histories'
import { holdfastError } from '../helpers/stack'

const ROUTES = `
  default: { candidates: [alpha/model-a], cache: { ttl: 1h, staleIfError: 24h } }
  renewed: { candidates: [alpha/model-a], cache: { ttl: 1h, staleWhileRevalidate: 24h } }`

let stack: CacheStack
beforeAll(async () => {
  stack = await startCacheStack({ routes: ROUTES })
})
afterAll(() => stack.close())
beforeEach(() => stack.simulator.reset())

const historyOf = (id: string): Promise<History> => stack.client.workflow.getHandle(id).fetchHistory()
const replay = async (history: History) =>
  Worker.runReplayHistory({ workflowBundle: await workflowBundle() }, history, 'replayed')

async function kept(prompt: string, route: string, agedMs: number): Promise<void> {
  await stack.holdfast.generate({ prompt, route })
  await stack.age({ prompt, route }, agedMs)
}

const LOCAL_ONLY = [
  'EVENT_TYPE_WORKFLOW_EXECUTION_STARTED',
  'EVENT_TYPE_WORKFLOW_TASK_SCHEDULED',
  'EVENT_TYPE_WORKFLOW_TASK_STARTED',
  'EVENT_TYPE_WORKFLOW_TASK_COMPLETED',
  'EVENT_TYPE_MARKER_RECORDED',
]

it('a hit', async () => {
  await kept('hit', 'default', 0)
  const { id } = await stack.holdfast.generate({ prompt: 'hit' })
  const history = await historyOf(id)
  expect(typesOf(history)).toEqual([...LOCAL_ONLY, 'EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED'])
  await expect(replay(history)).resolves.toBeUndefined()
})

it('a miss that may not ask', async () => {
  const error = await holdfastError(stack.holdfast.generate({ prompt: 'miss', cache: 'only-if-cached' }))
  await expect(replay(await historyOf(error.generationId ?? ''))).resolves.toBeUndefined()
})

it('an old answer in place of an error', async () => {
  await kept('stale', 'default', PAST_FRESH_MS)
  stack.simulator.script('alpha', [{ status: 503 }])
  const { id, served } = await stack.holdfast.generate({ prompt: 'stale' })
  expect(served).toBe('stale')
  await expect(replay(await historyOf(id))).resolves.toBeUndefined()
})

it('a renewal, and the run that began it; not by a run that begins none', async () => {
  await kept('renewed', 'renewed', PAST_FRESH_MS)
  const { id } = await stack.holdfast.generate({ prompt: 'renewed', route: 'renewed' })
  const renewal = `renew-${stack.keyOf({ prompt: 'renewed', route: 'renewed' })}`
  await stack.client.workflow.getHandle(renewal).result()
  const began = await historyOf(id)
  expect(typesOf(began)).toContain('EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_INITIATED')
  await expect(replay(began)).resolves.toBeUndefined()
  await expect(replay(await historyOf(renewal))).resolves.toBeUndefined()

  const initiated = began.events?.find(({ startChildWorkflowExecutionInitiatedEventAttributes: it }) => it)
  const attributes = initiated?.startChildWorkflowExecutionInitiatedEventAttributes
  if (attributes == null) throw new Error('no child in this history')
  attributes.workflowId = 'another'
  await expect(replay(began)).rejects.toThrow(DeterminismViolationError)
})
