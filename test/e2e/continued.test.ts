/** A history that has grown is continued as new, in a pause between passes: those who wait notice nothing. */
import { Client, Connection } from '@temporalio/client'
import type { Generation, GenerationEvent } from '../../src/client'
import { until } from '../helpers/processes'
import { type Restartable, startRestartable } from '../helpers/restartable'
import { holdfastError, type Stack, startStack } from '../helpers/stack'
import { testServer } from '../helpers/temporal'

/** In the history once for the start, and once for each candidate: over 4 MiB after a pass of two. */
const BIG = 'word '.repeat(300_000)

const config = (url: string): string => `
providers:
  alpha: { api: openai-chat, baseUrl: ${url}/alpha/v1, auth: none }
  beta: { api: openai-chat, baseUrl: ${url}/beta/v1, auth: none }
defaults: { circuit: false, retry: { maximumAttempts: 1 } }
routes:
  default: { candidates: [alpha/model-a, beta/model-b], passes: 10, deadline: 5m }
`

async function untilContinued(client: Client, id: string): Promise<void> {
  const continued = async (): Promise<boolean> => {
    const { raw, runId } = await client.workflow.getHandle(id).describe()
    const first = raw.workflowExecutionInfo?.firstRunId
    return first !== undefined && first !== runId
  }
  await until('it is continued as new', continued, 20_000)
}

describe('a generation that is continued as new', () => {
  let stack: Restartable
  let connection: Connection
  let client: Client
  beforeAll(async () => {
    const { address, namespace } = testServer()
    stack = await startRestartable({ address, namespace }, config)
    connection = await Connection.connect({ address })
    client = new Client({ connection, namespace })
  }, 60_000)
  afterAll(async () => {
    await stack?.close()
    await connection?.close()
  })
  beforeEach(() => stack.simulator.reset())

  it('answers those who wait, those who ask later and those who attach, over a restart, with every attempt', async () => {
    const { simulator, holdfast } = stack
    simulator.script('alpha', [{ status: 503, times: 2 }, { answer: 'in another run' }])
    simulator.script('beta', [{ status: 503 }])
    const run = await holdfast.open({ prompt: BIG })
    const waiting = run.result()
    const attached = (async () => {
      const events: GenerationEvent<Generation>[] = []
      for await (const event of holdfast.attach(run.id)) events.push(event)
      return events
    })()
    await untilContinued(client, run.id)
    await stack.restart()
    const result = await waiting
    expect(result.text).toBe('in another run')
    expect(result.attempts.map(({ target, failure }) => [target, failure?.class ?? 'answered'])).toEqual([
      ...Array(2)
        .fill([
          ['alpha/model-a', 'overloaded'],
          ['beta/model-b', 'overloaded'],
        ])
        .flat(),
      ['alpha/model-a', 'answered'],
    ])
    const { raw } = await client.workflow.getHandle(run.id).describe()
    const first = client.workflow.getHandle(run.id, raw.workflowExecutionInfo?.firstRunId ?? '')
    const { currentDetails } = await first.query<{ currentDetails: string }>('__temporal_workflow_metadata')
    expect(currentDetails).toMatch(/^\*\*Goes on in another run\*\* of the same id/)
    // All its runs, with the pauses between them.
    expect(result.timings.totalMs).toBeGreaterThanOrEqual(3_000)
    expect((await holdfast.result(run.id)).attempts).toEqual(result.attempts)
    expect((await attached).at(-1)).toMatchObject({ type: 'done', result: { text: 'in another run' } })
    expect(simulator.calls()).toHaveLength(5)
  }, 60_000)

  it('can be cancelled as before', async () => {
    const { simulator, holdfast } = stack
    for (const name of ['alpha', 'beta']) simulator.script(name, [{ status: 503 }])
    const run = await holdfast.open({ prompt: BIG })
    const waiting = holdfastError(run.result())
    await untilContinued(client, run.id)
    await run.cancel()
    expect((await waiting).kind).toBe('cancelled')
    const calls = simulator.calls().length
    expect((await holdfastError(holdfast.result(run.id))).kind).toBe('cancelled')
    expect(simulator.calls()).toHaveLength(calls)
  }, 60_000)
})

it('a stream that was cut before goes on after: one log for all runs, each word once', async () => {
  const stack: Stack = await startStack({ config, delivery: true })
  try {
    const { simulator, holdfast, client } = stack
    const words = 'one two three four five six'
    simulator.script('alpha', [
      { answer: words, cut: { after: 3 }, times: 1 },
      { answer: words, drip: '50ms' },
    ])
    simulator.script('beta', [{ status: 503 }])
    const run = await holdfast.open({ prompt: BIG, stream: true })
    const texts: string[] = []
    let done: GenerationEvent<Generation> | undefined
    for await (const event of run.events()) {
      if (event.type === 'text') texts.push(event.text)
      if (event.type === 'done') done = event
    }
    await untilContinued(client, run.id)
    expect(texts.join('')).toBe(words)
    // Word by word in the later run too: the result by itself would have delivered the rest at once.
    expect(texts.length).toBeGreaterThan(4)
    expect(done).toMatchObject({ result: { text: words, target: 'alpha/model-a' } })
  } finally {
    await stack.close()
  }
}, 60_000)
