/** `close` of a client: its waiting calls end with an error, and the generations go on. */
import { createHoldfast, type Holdfast } from '../../src/client'
import { parseConfig } from '../../src/config'
import { until } from '../helpers/processes'
import { holdfastError, type Stack, startStack, twoProviders } from '../helpers/stack'
import { testServer } from '../helpers/temporal'

let stack: Stack
beforeAll(async () => {
  stack = await startStack()
})
afterAll(() => stack.close())
beforeEach(() => stack.simulator.reset())

/** Over a connection of its own, or one that was given to it and stays open. */
const clientWith = (connection: 'own' | 'given'): Promise<Holdfast> => {
  const { address, namespace } = testServer()
  return createHoldfast({
    config: parseConfig(twoProviders(stack.simulator.url)),
    env: { TEMPORAL_ADDRESS: address },
    namespace,
    taskQueue: stack.taskQueue,
    ...(connection === 'given' ? { connection: stack.client.connection } : {}),
  })
}

const firstOf = <T>(events: AsyncIterable<T>): Promise<unknown> => events[Symbol.asyncIterator]().next()

const statusOf = async (id: string): Promise<string> =>
  (await stack.client.workflow.getHandle(id).describe()).status.name

it.each(['own', 'given'] as const)(
  'a client ends every wait when it is closed, and leaves the generations alone (connection: %s)',
  async (connection) => {
    stack.simulator.script('alpha', [{ fault: 'silent' }])
    const client = await clientWith(connection)
    const { id } = await client.start({ prompt: 'hi' })
    const waits = [
      client.generate({ prompt: 'hi' }),
      client.generate({ prompt: 'hi', idempotencyKey: `closed-${stack.taskQueue}-${connection}` }),
      firstOf(client.stream({ prompt: 'hi' })),
      firstOf(client.attach(id)),
      client.result(id),
    ].map(holdfastError)
    let ended = 0
    for (const wait of waits) wait.finally(() => ended++).catch(() => undefined)
    await stack.simulator.waitForCalls(4)
    // All others have read what was started before.
    await until('all wait', async () => (await client.status(id)).state === 'running')
    expect(ended).toBe(0)
    await client.close()
    await until('all waits have ended', () => ended === waits.length)
    for (const error of await Promise.all(waits)) {
      expect(error).toMatchObject({ kind: 'unavailable', accepted: true })
      expect(error.message).toContain('closed')
      expect(await statusOf(error.generationId ?? '')).toBe('RUNNING')
    }
  },
)
