/** What `accepted` says: may the caller send the request elsewhere without paying twice? */
import { Client } from '@temporalio/client'
import { createHoldfast } from '../../src/client'
import { mayHaveArrived } from '../../src/client/grpc-errors'
import { startGeneration } from '../../src/client/start'
import { awaitResult } from '../../src/client/wait'
import { parseConfig } from '../../src/config'
import { prepare } from '../../src/request'
import { holdfastError, type Stack, startStack, twoProviders } from '../helpers/stack'
import { ownTaskQueue, testServer } from '../helpers/temporal'

/** As grpc-js makes it. */
const grpcError = (code: number): Error =>
  Object.assign(new Error(`code ${code}`), { code, details: `code ${code}`, metadata: {} })

describe('a start call that ends with gRPC status', () => {
  it.each([
    ['INVALID_ARGUMENT', 3],
    ['PERMISSION_DENIED', 7],
    ['RESOURCE_EXHAUSTED', 8],
    ['UNAUTHENTICATED', 16],
  ])('%s was refused', (_name, code) => expect(mayHaveArrived(grpcError(code))).toBe(false))

  it.each([
    ['CANCELLED', 1],
    ['UNKNOWN', 2],
    ['DEADLINE_EXCEEDED', 4],
    ['ABORTED', 10],
    ['INTERNAL', 13],
    ['UNAVAILABLE', 14],
  ])('%s may have arrived', (_name, code) => expect(mayHaveArrived(grpcError(code))).toBe(true))

  it('none at all may have arrived', () => expect(mayHaveArrived(new Error('socket hang up'))).toBe(true))
})

describe('a Temporal that is not there', () => {
  const lonely = createHoldfast({
    config: parseConfig(twoProviders('http://127.0.0.1:9')),
    env: { TEMPORAL_ADDRESS: '127.0.0.1:9' },
  })
  afterAll(async () => (await lonely).close())

  it('has not accepted what was to be started', async () => {
    const error = await holdfastError((await lonely).start({ prompt: 'hi' }))
    expect(error).toMatchObject({ kind: 'unavailable', accepted: false })
  })

  it.each(['result', 'cancel', 'attempts'] as const)(
    'may have accepted the generation that `%s` asks for',
    async (call) => {
      const error = await holdfastError((await lonely)[call]('gen-started-elsewhere'))
      expect(error).toMatchObject({ kind: 'unavailable', accepted: 'unknown' })
    },
  )
})

describe('a namespace that is not there', () => {
  it('has not accepted what was to be started', async () => {
    const { address } = testServer()
    const astray = await createHoldfast({
      config: parseConfig(twoProviders('http://127.0.0.1:9')),
      env: { TEMPORAL_ADDRESS: address, TEMPORAL_NAMESPACE: 'nowhere' },
    })
    const error = await holdfastError(astray.start({ prompt: 'hi' }))
    await astray.close()
    expect(error).toMatchObject({ kind: 'unavailable', accepted: false })
    expect(error.message).toContain('nowhere')
  })
})

describe('a generation that was started', () => {
  let stack: Stack
  beforeAll(async () => {
    stack = await startStack()
  })
  afterAll(() => stack.close())

  it('whose key could not be compared is a HoldfastError, accepted unknown', async () => {
    const { client, taskQueue, simulator } = stack
    const describe = async () => {
      throw grpcError(14)
    }
    const broken = new Client({
      connection: client.connection,
      namespace: client.options.namespace,
      interceptors: { workflow: [{ describe }] },
    })
    const { route, request } = prepare(parseConfig(twoProviders(simulator.url)), { prompt: 'hi' })
    const deadlineAt = Date.now() + route.deadlineMs
    const input = {
      id: `gen-${taskQueue}`,
      tenant: null,
      route,
      request,
      deadlineAt,
      searchAttributes: false,
    }
    const error = await holdfastError(
      startGeneration(broken, input, {
        ...{ body: 'a hash', unlabelled: 'a hash', metadata: {}, searchable: [] },
        ...{ taskQueue, eager: false, shared: 'key' },
      }),
    )
    expect(error).toMatchObject({ kind: 'unavailable', accepted: 'unknown', generationId: input.id })
  })

  it('and whose result can no longer be read is an error with accepted true', async () => {
    const { client, holdfast } = stack
    const { id } = await holdfast.generate({ prompt: 'hi' })
    const denied = { getWorkflowExecutionHistory: () => Promise.reject(grpcError(7)) }
    const broken = Object.create(client, { workflowService: { value: denied } })
    const error = await holdfastError(awaitResult(broken, id, { accepted: true }))
    expect(error).toMatchObject({ kind: 'unavailable', accepted: true, generationId: id })
  })

  it('and was ended by an operator, with no worker to report its attempts, is an error all the same', async () => {
    const { client, simulator } = stack
    const { connection, options } = client
    const config = parseConfig(twoProviders(simulator.url))
    const { namespace } = options
    const alone = await createHoldfast({
      config,
      env: {},
      connection,
      namespace,
      taskQueue: ownTaskQueue('nobody'),
    })
    const { id } = await alone.start({ prompt: 'hi' })
    await client.workflow.getHandle(id).terminate()
    expect(await alone.status(id)).toMatchObject({ state: 'cancelled', attempts: [] })
    expect(await holdfastError(alone.result(id))).toMatchObject({ kind: 'cancelled', attempts: [] })
    await alone.close()
  })

  it('and has ended is not disturbed by a cancel; one that does not exist is an error', async () => {
    const { holdfast } = stack
    const { id, text } = await holdfast.generate({ prompt: 'hi' })
    await holdfast.cancel(id)
    expect((await holdfast.result(id)).text).toBe(text)
    const error = await holdfastError(holdfast.cancel('gen-nobody'))
    expect(error).toMatchObject({ kind: 'not_found', accepted: false })
  })
})
