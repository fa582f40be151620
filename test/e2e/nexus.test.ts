/** The Nexus service: generations for a workflow of another namespace, which reaches this one through an endpoint alone. */
import { randomUUID } from 'node:crypto'
import path from 'node:path'
import { Client, type Connection, WorkflowFailedError } from '@temporalio/client'
import type { ApplicationFailure, NexusOperationFailure } from '@temporalio/common'
import { asyncLocalStorage, type HandlerContext } from '@temporalio/nexus/lib/context'
import type { temporal } from '@temporalio/proto'
import { bundleWorkflowCode, type NativeConnection, Worker } from '@temporalio/worker'
import { type Config, parseConfig } from '../../src/config'
import { createMissingEndpoints } from '../../src/temporal/nexus-endpoints'
import { cancelGeneration } from '../../src/worker/nexus/generate'
import { clientsOf } from '../helpers/clients'
import { doctorStand, KEYLESS } from '../helpers/doctor'
import { holdfastError, type Stack, startStack, twoProviders } from '../helpers/stack'
import { testServer } from '../helpers/temporal'

/** The example's, and one that sends what no types would let through. */
const WORKFLOWS = path.resolve(__dirname, '..', 'fixtures', 'nexus', 'workflows.ts')

type History = temporal.api.history.v1.IHistory

describe('a workflow of another namespace', () => {
  const suffix = randomUUID().slice(0, 8)
  const namespace = `callers-${suffix}`
  const taskQueue = 'callers'
  const [open, acme, unknown] = [`open-${suffix}`, `acme-${suffix}`, `unknown-${suffix}`]
  let config: Config
  let stack: Stack
  let worker: Worker
  let running: Promise<void>
  let callers: Client
  beforeAll(async () => {
    stack = await startStack({
      config: (url) => {
        config = parseConfig(
          `${twoProviders(url)}nexus: { endpoints: { ${open}: {}, ${acme}: { tenant: acme } } }`,
        )
        return config
      },
    })
    const connection = stack.client.connection as Connection
    const place = { namespace: testServer().namespace, taskQueue: stack.taskQueue }
    await createMissingEndpoints(connection, [open, acme, unknown], place)
    await connection.workflowService.registerNamespace({
      namespace,
      workflowExecutionRetentionPeriod: { seconds: 86_400 as never },
    })
    const workflowBundle = await bundleWorkflowCode({ workflowsPath: WORKFLOWS })
    worker = await Worker.create({
      connection: connection as unknown as NativeConnection,
      namespace,
      taskQueue,
      workflowBundle,
    })
    running = worker.run()
    callers = new Client({ connection, namespace })
  }, 60_000)
  afterAll(async () => {
    worker.shutdown()
    await running
    await stack.close()
  })
  beforeEach(() => stack.simulator.reset())

  type Input = { ticket: string; endpoint?: string; idempotencyKey?: string }
  const start = (input: Input) =>
    callers.workflow.start('answerTicketByNexus', {
      workflowId: `ticket-${randomUUID()}`,
      taskQueue,
      args: [{ endpoint: open, ...input }],
    })
  /** Why the caller's workflow failed. */
  const failureOf = async (input: Input): Promise<NexusOperationFailure & ApplicationFailure> => {
    const error = await (await start(input)).result().catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(WorkflowFailedError)
    return (error as WorkflowFailedError).cause as NexusOperationFailure & ApplicationFailure
  }
  /** The generation of a caller's operation, by the link in its history. */
  const generationOf = async (handle: { fetchHistory(): Promise<History> }): Promise<string> => {
    const { events } = await handle.fetchHistory()
    const links = events?.flatMap(({ nexusOperationStartedEventAttributes: it, links: all }) =>
      it ? all : [],
    )
    return links?.[0]?.workflowEvent?.workflowId ?? ''
  }

  it('has its answer, of a generation that the history of the caller links to', async () => {
    stack.simulator.script('alpha', [{ status: 503 }, { answer: 'Turn it off and on' }])
    const handle = await start({ ticket: 'broken' })
    expect(await handle.result()).toBe('Turn it off and on (alpha/model-a)')
    const id = await generationOf(handle)
    expect(await stack.holdfast.attempts(id)).toHaveLength(2)
    expect((await stack.holdfast.status(id)).metadata).toEqual({ feature: 'tickets' })
  }, 60_000)

  it('has one generation per idempotency key, running or ended, and a conflict for another body', async () => {
    const { simulator } = stack
    const idempotencyKey = randomUUID()
    simulator.script('alpha', [{ latency: '500ms', answer: 'Once' }])
    const twice = await Promise.all([1, 2].map(() => start({ ticket: 'same', idempotencyKey })))
    expect(await Promise.all(twice.map((handle) => handle.result()))).toEqual([
      'Once (alpha/model-a)',
      'Once (alpha/model-a)',
    ])
    expect(await (await start({ ticket: 'same', idempotencyKey })).result()).toBe('Once (alpha/model-a)')
    expect(simulator.calls()).toHaveLength(1)
    expect(await failureOf({ ticket: 'another', idempotencyKey })).toMatchObject({
      name: 'NexusOperationFailure',
      cause: { type: 'CONFLICT', retryable: false },
    })
    // Of the library's callers too: it is one generation.
    const request = { prompt: 'Answer in one sentence: same', metadata: { feature: 'tickets' } }
    expect((await stack.holdfast.generate({ ...request, idempotencyKey })).text).toBe('Once')
    expect(simulator.calls()).toHaveLength(1)
  }, 60_000)

  it('has a failed key tried anew', async () => {
    const idempotencyKey = randomUUID()
    stack.simulator.script('alpha', [{ status: 503 }])
    stack.simulator.script('beta', [{ status: 503 }])
    expect(await failureOf({ ticket: 'x', idempotencyKey })).toMatchObject({ type: 'GenerationFailed' })
    stack.simulator.script('alpha', [{ answer: 'Now' }])
    expect(await (await start({ ticket: 'x', idempotencyKey })).result()).toBe('Now (alpha/model-a)')
  }, 60_000)

  it('gets the one failure with all attempts', async () => {
    const { simulator } = stack
    simulator.script('alpha', [{ status: 503 }])
    simulator.script('beta', [{ status: 503 }])
    const refused = { failure: { class: 'overloaded' } }
    const attempts = [refused, refused, refused, refused]
    expect(await failureOf({ ticket: 'x' })).toMatchObject({
      type: 'GenerationFailed',
      details: [{ kind: 'all_failed', attempts }],
    })
  }, 60_000)

  it('cancelled takes its generation with it, down to the socket', async () => {
    const { simulator } = stack
    simulator.script('alpha', [{ fault: 'silent' }])
    const handle = await start({ ticket: 'never mind' })
    await simulator.waitForCalls(1)
    await handle.cancel()
    await simulator.waitForCalls(1, { outcome: 'client_aborted' })
    await expect(handle.result()).rejects.toThrow(WorkflowFailedError)
    expect((await handle.describe()).status.name).toBe('CANCELLED')
    const id = await generationOf(handle)
    expect((await stack.client.workflow.getHandle(id).describe()).status.name).toBe('CANCELLED')
  }, 60_000)

  it('has the generations of its endpoint’s tenant, and of no other', async () => {
    const { simulator } = stack
    const idempotencyKey = randomUUID()
    simulator.script('alpha', [{ answer: 'Of acme' }, { answer: 'Of nobody' }])
    const handle = await start({ ticket: 'whose?', endpoint: acme, idempotencyKey })
    await handle.result()
    const id = await generationOf(handle)
    expect(await holdfastError(stack.holdfast.result(id))).toMatchObject({ kind: 'not_found' })
    const clients = clientsOf(stack)
    try {
      expect((await (await clients.open('acme')).result(id)).text).toBe('Of acme')
    } finally {
      await clients.close()
    }
    // The same key through another endpoint is another tenant's.
    expect(await (await start({ ticket: 'whose?', idempotencyKey })).result()).toBe(
      'Of nobody (alpha/model-a)',
    )
  }, 60_000)

  it('is refused at once through an endpoint that the config does not name', async () => {
    expect(await failureOf({ ticket: 'x', endpoint: unknown })).toMatchObject({
      cause: { type: 'UNAUTHORIZED', message: expect.stringContaining(`${unknown} is none of those`) },
    })
  }, 60_000)

  it.each<[string, unknown, string]>([
    ['no route of this name', { route: 'nowhere', prompt: 'x' }, 'nowhere'],
    ['no prompt', {}, 'Give either `prompt` or `messages`'],
    ['a tenant of its own', { prompt: 'x', tenant: 'acme' }, 'tenant'],
    ['fields of other calls', { prompt: 'x', task: { type: 'embed', input: ['x'] } }, 'task'],
    ['text in the place of a request', 'hello', 'request'],
    ['a list', [{ prompt: 'x' }], 'request'],
    ['nothing', null, 'request'],
    ['a schema that is none', { prompt: 'x', schema: 'x' }, 'schema'],
    ['numbers for names', { prompt: 'x', route: 5, idempotencyKey: {} }, 'idempotencyKey'],
    ['more than a route allows', { prompt: 'x', override: { deadline: '400d' } }, 'deadline'],
  ])(
    'with %s is refused at once',
    async (_, request, reason) => {
      const handle = await callers.workflow.start('sendByNexus', {
        workflowId: `raw-${randomUUID()}`,
        taskQueue,
        args: [open, request],
      })
      const error = await handle.result().catch((thrown: unknown) => thrown)
      const { cause } = (error as WorkflowFailedError).cause as NexusOperationFailure
      expect(cause).toMatchObject({ type: 'BAD_REQUEST', message: expect.stringContaining(reason) })
      expect(cause?.stack).not.toContain('/src/')
      expect(stack.simulator.calls()).toHaveLength(0)
    },
    60_000,
  )

  it('finds no generation of another tenant to cancel, whatever token it sends', async () => {
    const { simulator } = stack
    simulator.script('alpha', [{ fault: 'silent' }])
    const handle = await start({ ticket: 'mine', endpoint: acme })
    await simulator.waitForCalls(1)
    const id = await generationOf(handle)
    // Only the server's HTTP API takes a token from a caller.
    const cancelThrough = (endpoint: string) =>
      asyncLocalStorage.run({ endpoint } as HandlerContext, () =>
        cancelGeneration({ config }, stack.client, id),
      )
    expect(await holdfastError(cancelThrough(open))).toMatchObject({ kind: 'not_found' })
    await expect(cancelThrough(unknown)).rejects.toMatchObject({ type: 'UNAUTHORIZED' })
    expect((await stack.client.workflow.getHandle(id).describe()).status.name).toBe('RUNNING')
    await cancelThrough(acme)
    await expect(handle.result()).rejects.toThrow(WorkflowFailedError)
  }, 60_000)

  it('is looked after by the doctor: where each endpoint leads, and who serves it', async () => {
    const doctor = doctorStand(`${KEYLESS}nexus: { endpoints: { ${open}: {}, ${unknown}x: {} } }`)
    const env = { TEMPORAL_ADDRESS: testServer().address, HOLDFAST_TASK_QUEUE: stack.taskQueue }
    const [found, missing, served] = await doctor
      .findings(['nexus'], env)
      .then((all) => all.filter(({ check }) => check.startsWith('nexus.')))
    expect(found).toMatchObject({ status: 'ok', message: expect.stringContaining(stack.taskQueue) })
    expect(missing).toMatchObject({ status: 'error', fix: expect.stringContaining(`--name ${unknown}x`) })
    expect(served).toMatchObject({ status: 'ok', message: '1 worker polls for Nexus operations' })
    const elsewhere = await doctor.findings(['nexus'], { ...env, HOLDFAST_TASK_QUEUE: 'other' })
    expect(elsewhere.filter(({ check }) => check.startsWith('nexus.'))).toMatchObject([
      { status: 'error', message: `${open} leads to the task queue ${stack.taskQueue} in default` },
      { status: 'error' },
      { status: 'warn' },
    ])
    doctor.close()
  }, 60_000)

  it('may write null for what it leaves out', async () => {
    stack.simulator.script('alpha', [{ answer: 'Fine' }])
    const request = { prompt: 'x', messages: null, schema: null, idempotencyKey: null, metadata: null }
    const result = await callers.workflow.execute('sendByNexus', {
      workflowId: `raw-${randomUUID()}`,
      taskQueue,
      args: [open, request],
    })
    expect(result).toMatchObject({
      text: 'Fine',
      served: 'provider',
      usage: { outputTokens: expect.any(Number) },
    })
  }, 60_000)
})
