/** 1,000 submissions of one idempotency key at once, from four clients with a connection each. */
import { performance } from 'node:perf_hooks'
import { HoldfastError } from '../../src/client'
import { type Clients, clientsOf } from '../helpers/clients'
import { until } from '../helpers/processes'
import { type Stack, startStack } from '../helpers/stack'

const SUBMISSIONS = 1_000
const CLIENTS = 4
/** Two slow cores that have other work too take 5 s; each submission on its own took them 20. */
const LIMIT_MS = 60_000

describe(`${SUBMISSIONS} submissions of one key over ${CLIENTS} connections`, () => {
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

  /** Submission `n` asks for `promptOf(n)`. All ends, in order, and how long they took together. */
  async function crowd(key: string, promptOf: (n: number) => string) {
    const open = await Promise.all(Array.from({ length: CLIENTS }, () => clients.open()))
    const startedAt = performance.now()
    const ends = await Promise.allSettled(
      Array.from({ length: SUBMISSIONS / CLIENTS }, (_, round) =>
        open.map((client, index) =>
          client.generate({ prompt: promptOf(round * CLIENTS + index), idempotencyKey: key }),
        ),
      ).flat(),
    )
    const tookMs = performance.now() - startedAt
    return { ends, tookMs }
  }

  /** Generations that this stack ever started, once `id`, the last of them, is in Temporal's list too. */
  async function runsUpTo(id: string): Promise<{ id: string; run: string }[]> {
    let runs: { id: string; run: string }[] = []
    await until(`${id} is listed`, async () => {
      runs = []
      for await (const { workflowId, runId } of stack.client.workflow.list({
        query: `WorkflowType = 'generation' AND TaskQueue = '${stack.taskQueue}'`,
      }))
        runs.push({ id: workflowId, run: runId })
      return runs.some((run) => run.id === id)
    })
    return runs
  }

  it('of one body: one workflow, one paid call, equal answers for all, in bounded time', async () => {
    const { holdfast, simulator } = stack
    simulator.script('alpha', [{ answer: 'for all', latency: '500ms' }])
    const { ends, tookMs } = await crowd('one-body', () => 'the same')
    const failed = ends.flatMap((end) => (end.status === 'rejected' ? [String(end.reason)] : []))
    expect(failed).toEqual([])
    const answers = ends.map((end) => (end.status === 'fulfilled' ? JSON.stringify(end.value) : ''))
    expect(new Set(answers).size).toBe(1)
    expect(simulator.calls()).toHaveLength(1)
    expect(tookMs).toBeLessThan(LIMIT_MS)
    const { id } = await holdfast.generate({ prompt: 'the last' })
    expect(await runsUpTo(id)).toHaveLength(2)
  }, 120_000)

  it('of two bodies: one wins, whoever brought the other gets a conflict, one paid call', async () => {
    const { simulator } = stack
    simulator.script('alpha', [{ answer: 'for some', latency: '500ms' }])
    const { ends, tookMs } = await crowd('two-bodies', (n) =>
      Math.floor(n / CLIENTS) % 2 === 0 ? 'even' : 'odd',
    )
    const kinds = (parity: number) =>
      new Set(
        ends
          .filter((_, n) => Math.floor(n / CLIENTS) % 2 === parity)
          .map((end) => {
            if (end.status === 'fulfilled') return end.value.text
            const { reason } = end
            return reason instanceof HoldfastError ? `${reason.kind} ${reason.accepted}` : String(reason)
          }),
      )
    expect([[...kinds(0)], [...kinds(1)]].sort()).toEqual([['conflict false'], ['for some']])
    expect(simulator.calls()).toHaveLength(1)
    expect(tookMs).toBeLessThan(LIMIT_MS)
  }, 120_000)
})
