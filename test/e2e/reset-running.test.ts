/** An operator resets a generation that runs: whoever waits for it follows it (L3, N5), and what has ended is not paid again. */
import type { Client } from '@temporalio/client'
import { createInternalHoldfast } from '../../src/client/internal'
import { parseConfig } from '../../src/config'
import { gatewayOver, parseEvents } from '../helpers/gateway'
import { until } from '../helpers/processes'
import { resetRun } from '../helpers/reset'
import { holdfastError, type Stack, startStack, twoProviders } from '../helpers/stack'

const config = (url: string): string => twoProviders(url).replace('maximumAttempts: 2', 'maximumAttempts: 1')

let stack: Stack
beforeAll(async () => {
  stack = await startStack({ delivery: true, config })
})
afterAll(() => stack.close())
beforeEach(() => stack.simulator.reset())

const calls = (provider: string): number => stack.simulator.calls({ provider }).length

/** The first candidate has failed, and the second one hangs. */
async function halfway(): Promise<void> {
  stack.simulator.script('alpha', [{ fault: 'server_error' }])
  stack.simulator.script('beta', [{ fault: 'silent', times: 1 }, { answer: 'after the reset' }])
}

const started = async (client: Client, id: string): Promise<void> => {
  await until('it is there', () =>
    client.workflow
      .getHandle(id)
      .describe()
      .then(
        () => true,
        () => false,
      ),
  )
}

describe.each([
  ['to the call that hangs: the one that had failed is not made again', 'last', 1],
  ['to its beginning: everything is done anew', 'first', 2],
] as const)('a running generation that is reset %s', (_, point, alphaCalls) => {
  it('is answered to who waits for its result, to who attaches, and to another process without its log', async () => {
    await halfway()
    const { holdfast, client, taskQueue } = stack
    const { id } = await holdfast.start({ prompt: 'go' })
    await started(client, id)
    const apart = await createInternalHoldfast({
      config: parseConfig(config(stack.simulator.url)),
      env: {},
      connection: client.connection,
      namespace: client.options.namespace,
      taskQueue,
    })
    const found = await holdfast.find(id)
    const waits = [found.result(), holdfast.result(id), apart.result(id), (await apart.find(id)).result()]
    await until('the second one hangs', () => calls('beta') === 1)
    await resetRun(client, id, point)
    const results = await Promise.all(waits)
    expect(results.map(({ text }) => text)).toEqual(Array(waits.length).fill('after the reset'))
    expect([calls('alpha'), calls('beta')]).toEqual([alphaCalls, 2])
    await apart.close()
  })
})

it('a stream goes on with the text of the new run, under an unkeyed request and over the gateway', async () => {
  await halfway()
  const gateway = await gatewayOver(stack, config)
  try {
    const response = gateway.post('/v1/chat/completions', {
      model: 'default',
      stream: true,
      messages: [{ role: 'user', content: 'go' }],
    })
    await until('the second one hangs', () => calls('beta') === 1)
    const [running] = await runningOf(stack)
    await resetRun(stack.client, running ?? '', 'last')
    const body = await (await response).text()
    const words = parseEvents(body)
      .flatMap(({ data }) => (data === undefined || data === '[DONE]' ? [] : [JSON.parse(data)]))
      .map(({ choices }) => choices?.[0]?.delta?.content ?? '')
    expect(words.join('')).toBe('after the reset')
    expect(body).toContain('[DONE]')
  } finally {
    await gateway.close()
  }
})

it('a stream that had begun ends with an error, or gets a restart where it asks for that', async () => {
  const { holdfast, client, simulator } = stack
  const events = async (restarts: 'error' | 'event') => {
    simulator.reset()
    simulator.script('alpha', [
      { answer: 'words of the first run', stall: { after: 2 }, times: 1 },
      { answer: 'other words' },
    ])
    const running = await holdfast.open({ prompt: 'go', stream: true })
    const received: { type: string; position: number; text?: string }[] = []
    const all = (async () => {
      for await (const event of running.events({ restarts })) received.push(event)
    })()
    all.catch(() => undefined)
    await until('it has begun', () => received.some(({ type }) => type === 'text'))
    await resetRun(client, running.id, 'first')
    return { received, all }
  }
  const { received, all } = await events('event')
  await all
  const positions = received.map(({ position }) => position)
  expect([...positions].sort((a, b) => a - b)).toEqual(positions)
  const restart = received.findIndex(({ type }) => type === 'restart')
  expect(restart).toBeGreaterThan(0)
  const after = received.slice(restart).map(({ text = '' }) => text)
  expect(after.join('')).toBe('other words')
  expect(received.at(-1)).toMatchObject({ type: 'done', result: { text: 'other words' } })
  const strict = await events('error')
  expect(await holdfastError(strict.all)).toMatchObject({ kind: 'unavailable', accepted: true })
})

it('one that an operator terminates ends with an error that says so', async () => {
  await halfway()
  const { holdfast, client } = stack
  const running = await holdfast.open({ prompt: 'go' })
  const failed = holdfastError(running.result())
  await until('the second one hangs', () => calls('beta') === 1)
  await client.workflow.getHandle(running.id).terminate()
  expect(await failed).toMatchObject({ kind: 'cancelled', accepted: true })
})

async function runningOf({ client, taskQueue }: Stack): Promise<string[]> {
  const ids: string[] = []
  const query = `TaskQueue = "${taskQueue}" AND ExecutionStatus = "Running" AND WorkflowType = "generation"`
  await until('it is listed', async () => {
    ids.length = 0
    for await (const { workflowId } of client.workflow.list({ query })) ids.push(workflowId)
    return ids.length === 1
  })
  return ids
}
