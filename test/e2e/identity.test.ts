/** An idempotency key: one body, one generation, from wherever it is called. */
import { Connection } from '@temporalio/client'
import { createHoldfast } from '../../src/client'
import { parseConfig } from '../../src/config'
import { type Clients, clientsOf } from '../helpers/clients'
import { holdfastError, type Stack, startStack, twoProviders } from '../helpers/stack'
import { testServer } from '../helpers/temporal'

/** This connection, but what reads a run has to wait for `release`. `reading`: something waits. */
function lateReads(connection: Connection) {
  let release = (): void => undefined
  const released = new Promise<void>((resolve) => {
    release = resolve
  })
  const service = connection.workflowService
  let read = (): void => undefined
  const reading = new Promise<void>((resolve) => {
    read = resolve
  })
  const late = {
    describeWorkflowExecution: async (requestOf: object) => {
      read()
      await released
      return service.describeWorkflowExecution(requestOf)
    },
    getWorkflowExecutionHistory: async (requestOf: object) => {
      read()
      await released
      return service.getWorkflowExecutionHistory(requestOf)
    },
  }
  const workflowService = Object.assign(Object.create(service), late)
  const wrapped: Connection = Object.create(connection, { workflowService: { value: workflowService } })
  return { connection: wrapped, reading, release }
}

describe('an idempotency key', () => {
  let stack: Stack
  let clients: Clients
  beforeAll(async () => {
    stack = await startStack()
    clients = clientsOf(stack)
  })
  afterAll(async () => {
    await clients.close()
    await stack.close()
  })
  beforeEach(() => stack.simulator.reset())

  let keys = 0
  const requestOf = (prompt: string) => {
    keys += 1
    return { prompt, idempotencyKey: `key ${keys} of ${stack.taskQueue}` }
  }

  it('and its body attach to the running generation, and to the finished one, from other clients too', async () => {
    const { holdfast, simulator } = stack
    const other = await clients.open()
    simulator.script('alpha', [{ answer: 'once', latency: '500ms' }])
    const request = requestOf('the same')
    const running = holdfast.generate(request)
    await simulator.waitForCalls(1)
    const attached = await other.generate(request)
    const first = await running
    expect(attached).toEqual(first)
    expect(await other.generate(request)).toEqual(first)
    expect(await holdfast.start(request)).toEqual({ id: first.id, webUrl: first.webUrl })
    expect(simulator.calls()).toHaveLength(1)
  })

  it('asks for the same, however its body is written', async () => {
    const { holdfast, simulator } = stack
    const { prompt, idempotencyKey } = requestOf('hi')
    const first = await holdfast.generate({ prompt, idempotencyKey, params: { seed: 1, maxTokens: 50 } })
    const again = await holdfast.generate({
      params: { maxTokens: 50, seed: 1, temperature: undefined },
      idempotencyKey,
      messages: [{ content: prompt, role: 'user' }],
      override: { deadline: '1m' },
      cache: 'no-store',
    })
    expect(again).toEqual(first)
    expect(simulator.calls()).toHaveLength(1)
  })

  it('with another body is a conflict while the first runs and after it: nothing is accepted or paid', async () => {
    const { holdfast, simulator } = stack
    const other = await clients.open()
    simulator.script('alpha', [{ answer: 'first', latency: '500ms' }])
    const request = requestOf('first')
    const refused = [
      { ...request, prompt: 'second' },
      { ...request, route: 'alpha/model-a' },
      { ...request, params: { temperature: 0 } },
    ]
    const conflicts = async () => {
      for (const client of [holdfast, other])
        for (const body of refused)
          expect(await holdfastError(client.generate(body))).toMatchObject({
            kind: 'conflict',
            accepted: false,
          })
    }
    const running = holdfast.generate(request)
    await simulator.waitForCalls(1)
    await conflicts()
    expect((await running).text).toBe('first')
    await conflicts()
    expect((await holdfast.generate(request)).text).toBe('first')
    expect(simulator.calls()).toHaveLength(1)
  })

  it.each([
    ['failed', 'all_failed'],
    ['was cancelled', 'cancelled'],
  ])('whose generation %s may run again, with another body too', async (_how, kind) => {
    const { holdfast, simulator } = stack
    const request = requestOf('try')
    const end = async () => {
      if (kind === 'all_failed') {
        simulator.script('alpha', [{ status: 503 }])
        simulator.script('beta', [{ status: 503 }])
        return holdfastError(holdfast.generate(request))
      }
      simulator.script('alpha', [{ fault: 'silent' }])
      const failing = holdfastError(holdfast.generate(request))
      await simulator.waitForCalls(1)
      await holdfast.cancel((await holdfast.start(request)).id)
      return failing
    }
    expect(await end()).toMatchObject({ kind, accepted: true })
    simulator.reset()
    simulator.script('alpha', [{ answer: 'at last' }])
    const again = { ...request, prompt: 'try again' }
    expect((await holdfast.generate(again)).text).toBe('at last')
    expect(await holdfastError(holdfast.generate(request))).toMatchObject({ kind: 'conflict' })
    expect(simulator.calls()).toHaveLength(1)
  })

  it('that two bodies share after a failure gives neither the end of the other', async () => {
    const { holdfast, simulator, taskQueue } = stack
    const { address } = testServer()
    const connection = await Connection.connect({ address })
    const late = lateReads(connection)
    const config = parseConfig(twoProviders(simulator.url))
    const slow = await createHoldfast({ config, connection: late.connection, taskQueue })
    simulator.script('alpha', [{ status: 503, times: 2 }, { answer: 'for the second' }])
    simulator.script('beta', [{ status: 503 }])
    const request = requestOf('the first')
    const first = holdfastError(slow.generate(request))
    await late.reading
    const { id } = await holdfast.start(request)
    expect(await holdfastError(holdfast.result(id))).toMatchObject({ kind: 'all_failed' })
    expect((await holdfast.generate({ ...request, prompt: 'the second' })).text).toBe('for the second')
    late.release()
    expect(await first).toMatchObject({ kind: 'all_failed', generationId: id })
    await connection.close()
  })

  it('is any text: one with half a character, one with a colon, a very long one', async () => {
    const { holdfast, simulator } = stack
    const keys = ['\ud800', '\ufffd', '"\\ud800"', 'a:b', 'x'.repeat(100_000)]
    const ids = new Set<string>()
    for (const idempotencyKey of keys)
      ids.add(
        (await holdfast.generate({ prompt: 'hi', idempotencyKey: `${stack.taskQueue}${idempotencyKey}` })).id,
      )
    expect(ids.size).toBe(keys.length)
    expect(simulator.calls()).toHaveLength(keys.length)
  })
})

const calls = ['result', 'cancel', 'attempts'] as const

describe('a generation’s id', () => {
  let stack: Stack
  beforeAll(async () => {
    stack = await startStack()
  })
  afterAll(() => stack.close())

  const none = ['\ud800', 'gen-\udfff', '', undefined as never, 5 as never]

  it.each(calls)('that can be none is an invalid request to %s', async (call) => {
    for (const id of none)
      expect(await holdfastError(stack.holdfast[call](id))).toMatchObject({
        kind: 'invalid_request',
        accepted: false,
      })
  })

  it.each(calls)('that is longer than any is not found by %s', async (call) => {
    const error = await holdfastError(stack.holdfast[call]('x'.repeat(2_000)))
    expect(error).toMatchObject({ kind: 'not_found', accepted: false })
  })

  it('is no other workflow’s: none can be read, looked into or cancelled', async () => {
    const { client, holdfast, taskQueue } = stack
    const workflowId = `not-a-generation-${taskQueue}`
    const handle = await client.workflow.start('somethingElse', {
      workflowId,
      taskQueue: `${taskQueue}-nobody`,
    })
    for (const call of calls)
      expect(await holdfastError(holdfast[call](workflowId))).toMatchObject({ kind: 'not_found' })
    expect((await handle.describe()).status.name).toBe('RUNNING')
    await handle.terminate()
  })
})

describe('a client that is closed', () => {
  it('says so, and opens nothing again', async () => {
    const stack = await startStack()
    try {
      const clients = clientsOf(stack)
      const closed = await clients.open()
      const { id } = await closed.generate({ prompt: 'hi' })
      await closed.close()
      const begun = [() => closed.start({ prompt: 'hi' }), () => closed.generate({ prompt: 'hi' })]
      for (const begin of begun)
        expect(await holdfastError(begin())).toMatchObject({ kind: 'unavailable', accepted: false })
      for (const call of calls) {
        const error = await holdfastError(closed[call](id))
        expect(error).toMatchObject({ kind: 'unavailable', accepted: 'unknown' })
        expect(error.message).toContain('closed')
      }
      await closed.close()
      expect(stack.simulator.calls()).toHaveLength(1)
    } finally {
      await stack.close()
    }
  })
})
