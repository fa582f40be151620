/** What no worker takes, and what breaks each time, ends all the same: with a sentence that says what to do. */
import path from 'node:path'
import { Worker } from '@temporalio/worker'
import { parseConfig } from '../../src/config'
import { GENERATION_WORKFLOW, type GenerationInput } from '../../src/contract/generation'
import { prepare } from '../../src/request'
import { workflowBundle } from '../../src/temporal/workflow-bundle'
import type { ChildRequest } from '../../src/workflow'
import { type Stack, startStack, twoProviders } from '../helpers/stack'

const WORKFLOWS = path.resolve(__dirname, '..', 'fixtures', 'programs', 'own-workflow.ts')

describe('a generation without a caller', () => {
  let stack: Stack
  let workers: Worker[]
  let running: Promise<unknown>
  const broken = (): Promise<never> => Promise.reject(new Error('a bug'))
  beforeAll(async () => {
    stack = await startStack()
    const { client, taskQueue } = stack
    // The same native connection as the stack's own worker.
    const common = { connection: client.connection as never, namespace: 'default' }
    workers = [
      await Worker.create({ ...common, taskQueue: `${taskQueue}-own`, workflowsPath: WORKFLOWS }),
      await Worker.create({
        ...common,
        taskQueue: `${taskQueue}-broken`,
        workflowBundle: await workflowBundle(),
        activities: { resolveRequest: broken, readCircuits: broken, lookupCache: broken },
      }),
      await Worker.create({
        ...common,
        taskQueue: `${taskQueue}-calls`,
        workflowBundle: await workflowBundle(),
        activities: { readCircuits: broken, lookupCache: broken, callProvider: async () => ANSWERED },
      }),
    ]
    running = Promise.all(workers.map((worker) => worker.run()))
  }, 60_000)
  afterAll(async () => {
    for (const worker of workers ?? []) worker.shutdown()
    await running
    await stack?.close()
  })

  const ask = (request: ChildRequest) =>
    stack.client.workflow
      .execute('ask', {
        workflowId: `ask-${Math.random()}`,
        taskQueue: `${stack.taskQueue}-own`,
        args: [request],
      })
      .catch((error: { cause: unknown }) => error.cause)

  it('of a workflow of the user’s own: no worker polls the queue it was sent to', async () => {
    const error = await ask({ prompt: 'anybody there?', taskQueue: 'nobody-polls-this', timeout: '1s' })
    expect(error).toMatchObject({
      type: 'GenerationFailed',
      message: expect.stringMatching(/is a Holdfast worker running on the task queue nobody-polls-this/),
      details: [{ kind: 'deadline_exceeded' }],
    })
  }, 20_000)

  it('of a workflow of the user’s own: an invalid timeout starts nothing', async () => {
    const error = await ask({ prompt: 'go', taskQueue: stack.taskQueue, timeout: 'soon' })
    expect(error).toMatchObject({ type: 'GenerationFailed', details: [{ kind: 'invalid_request' }] })
    expect(stack.simulator.calls()).toHaveLength(0)
  }, 20_000)

  it('of a workflow of the user’s own: its worker breaks on the request each time', async () => {
    const error = await ask({ prompt: 'go', taskQueue: `${stack.taskQueue}-broken` })
    expect(error).toMatchObject({ type: 'GenerationFailed', details: [{ kind: 'unavailable' }] })
  }, 20_000)

  it('whose circuits and cache can’t be called is answered without them', async () => {
    const { client, simulator, taskQueue } = stack
    const config = twoProviders(simulator.url, 'cache: { ttl: 1h }')
    const { route, request, cache } = prepare(parseConfig(config), { prompt: 'go' })
    const { deadlineMs } = route
    const id = `unasked-${Date.now()}`
    const input: GenerationInput = {
      id,
      tenant: null,
      route,
      request,
      cache,
      deadlineAt: 0,
      deadlineMs,
      searchAttributes: false,
    }
    const options = { workflowId: id, taskQueue: `${taskQueue}-calls`, args: [input] }
    expect(await client.workflow.execute(GENERATION_WORKFLOW, options)).toMatchObject({ text: 'here it is' })
  }, 20_000)
})

const ANSWERED = {
  answer: {
    text: 'here it is',
    toolCalls: [],
    finishReason: { unified: 'stop', raw: 'stop' },
    usage: null,
    model: null,
    responseId: null,
  },
  records: [],
}
