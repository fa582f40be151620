/** `holdfast/workflow`: a generation from a workflow of the user's own, which knows neither config nor key. */
import path from 'node:path'
import { WorkflowFailedError } from '@temporalio/client'
import type { ApplicationFailure } from '@temporalio/common'
import { bundleWorkflowCode, Worker, type WorkflowBundle } from '@temporalio/worker'
import { clientsOf } from '../helpers/clients'
import { holdfastError, type Stack, startStack } from '../helpers/stack'

const WORKFLOWS = path.resolve(__dirname, '..', '..', 'examples', 'own-workflow', 'workflows.ts')

describe('a workflow of the user’s own', () => {
  let stack: Stack
  let workflowBundle: WorkflowBundle
  let worker: Worker
  let running: Promise<void>
  beforeAll(async () => {
    stack = await startStack()
    workflowBundle = await bundleWorkflowCode({ workflowsPath: WORKFLOWS })
    const { connection } = stack.client
    worker = await Worker.create({
      // The same native connection as the stack's own worker.
      connection: connection as never,
      namespace: 'default',
      taskQueue: `${stack.taskQueue}-own`,
      workflowBundle,
    })
    running = worker.run()
  }, 60_000)
  afterAll(async () => {
    worker.shutdown()
    await running
    await stack.close()
  })
  beforeEach(() => stack.simulator.reset())

  const start = (workflowId: string, ticket: string, tenant?: string) =>
    stack.client.workflow.start('answerTicket', {
      workflowId,
      taskQueue: `${stack.taskQueue}-own`,
      args: [{ ticket, taskQueue: stack.taskQueue, ...(tenant === undefined ? {} : { tenant }) }],
    })

  it('runs a generation as its child, with an id from its own run, and replays', async () => {
    const { simulator, client } = stack
    simulator.script('alpha', [{ status: 503 }])
    simulator.script('beta', [{ answer: '{"reply":"Turn it off and on","urgent":false}' }])
    const handle = await start(`ticket-${Date.now()}`, 'It is broken')
    expect(await handle.result()).toEqual({ reply: 'Turn it off and on', by: 'beta/model-b' })

    const history = await handle.fetchHistory()
    const child = history.events?.flatMap(
      ({ startChildWorkflowExecutionInitiatedEventAttributes: it }) => it ?? [],
    )[0]
    expect(child?.workflowId).toContain(`gen-${handle.firstExecutionRunId}-`)
    expect((await client.workflow.getHandle(child?.workflowId ?? '').describe()).status.name).toBe(
      'COMPLETED',
    )
    expect((await stack.holdfast.status(child?.workflowId ?? '')).metadata).toEqual({ feature: 'tickets' })
    await expect(Worker.runReplayHistory({ workflowBundle }, history)).resolves.toBeUndefined()
  }, 60_000)

  it('gets the one failure with all attempts, or why the request was no good', async () => {
    const { simulator } = stack
    simulator.script('alpha', [{ status: 503 }])
    simulator.script('beta', [{ status: 503 }])
    const failed = await (await start(`ticket-failed-${Date.now()}`, 'x')).result().catch((error) => error)
    expect(failed).toBeInstanceOf(WorkflowFailedError)
    const cause = failed.cause as ApplicationFailure
    const refused = { failure: { class: 'overloaded' } }
    const attempts = [refused, refused, refused, refused]
    expect(cause).toMatchObject({ type: 'GenerationFailed', details: [{ kind: 'all_failed', attempts }] })

    const empty = await (await start(`ticket-empty-${Date.now()}`, '')).result().catch((error) => error)
    expect(empty.cause).toMatchObject({ type: 'GenerationFailed', details: [{ kind: 'invalid_request' }] })
  }, 60_000)

  it('has the generation of its tenant for that tenant alone', async () => {
    const { simulator } = stack
    simulator.script('alpha', [{ answer: '{"reply":"Yours","urgent":false}' }])
    const handle = await start(`ticket-tenant-${Date.now()}`, 'whose is it?', 'acme')
    await handle.result()
    const [child] =
      (await handle.fetchHistory()).events?.flatMap(
        ({ startChildWorkflowExecutionInitiatedEventAttributes: it }) => it?.workflowId ?? [],
      ) ?? []
    const clients = clientsOf(stack)
    try {
      const [acme, other, nobody] = [
        await clients.open('acme'),
        await clients.open('other'),
        await clients.open(),
      ]
      expect((await acme.result(child ?? '')).text).toContain('Yours')
      expect(await acme.attempts(child ?? '')).toHaveLength(1)
      for (const stranger of [other, nobody])
        expect(await holdfastError(stranger.result(child ?? ''))).toMatchObject({ kind: 'not_found' })
    } finally {
      await clients.close()
    }
    const refused = await (await start(`ticket-no-tenant-${Date.now()}`, 'x', ''))
      .result()
      .catch((error) => error)
    expect(refused.cause).toMatchObject({ details: [{ kind: 'invalid_request' }] })
  }, 60_000)

  it('cancelled takes its generation with it, down to the socket', async () => {
    const { simulator } = stack
    simulator.script('alpha', [{ fault: 'silent' }])
    const handle = await start(`ticket-cancelled-${Date.now()}`, 'never mind')
    await simulator.waitForCalls(1)
    await handle.cancel()
    await simulator.waitForCalls(1, { outcome: 'client_aborted' })
    await expect(handle.result()).rejects.toThrow(WorkflowFailedError)
    expect((await handle.describe()).status.name).toBe('CANCELLED')
  }, 60_000)
})
