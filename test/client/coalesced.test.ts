/** How long a caller waits for a generation that others share. */
import { Client, Connection } from '@temporalio/client'
import { type Begun, type CoalescedDeps, coalescedResult } from '../../src/client/coalesced'
import { awaitResult } from '../../src/client/wait'
import { HoldfastError } from '../../src/contract/errors'
import type { GenerationResult } from '../../src/contract/generation'
import { holdfastError } from '../helpers/stack'
import { ownTaskQueue, testServer } from '../helpers/temporal'

const RESULT = { text: 'an old answer' } as GenerationResult
const begun = (deadlineAt: number): Begun => ({
  id: 'gen-1',
  shared: 'request',
  startedAt: 0,
  deadlineAt,
  runId: 'run-1',
  log: 'run-1',
})
const after = <T>(ms: number, act: () => T | Promise<T>): Promise<T> =>
  new Promise((resolve) => setTimeout(resolve, ms)).then(act)

const failing =
  (kind: HoldfastError['kind'], attempts: HoldfastError['attempts'] = []) =>
  (): never => {
    throw new HoldfastError({ kind, message: kind, accepted: true, attempts: [...attempts] })
  }

function shared(more: Partial<CoalescedDeps>): CoalescedDeps {
  return {
    resultOf: () => new Promise(() => undefined),
    runDeadlineAt: async () => null,
    beginAgain: () => Promise.reject(new Error('begun again')),
    ...more,
  }
}

describe('sharedResult (COALESCED-1, COALESCED-2)', () => {
  const record = { candidate: 0, target: 'alpha/m', number: 1, startedAt: 0, durationMs: 1 }

  it.each([0, -40])(
    'waits past its deadline for a run whose own (%d ms from it) has passed too',
    async (ms) => {
      const deadlineAt = Date.now() + 100
      const runDeadlineAt = async () => deadlineAt + ms
      const late = (end: () => GenerationResult) =>
        coalescedResult(begun(deadlineAt), shared({ runDeadlineAt, resultOf: () => after(300, end) }))
      expect(await late(() => RESULT)).toBe(RESULT)
      expect((await holdfastError(late(failing('deadline_exceeded', [record])))).attempts).toHaveLength(1)
    },
  )

  it.each([
    ['goes on for longer', (deadlineAt: number) => deadlineAt + 1],
    ['can not be called', () => null],
  ])('gives up at its deadline where the run %s', async (_, runDeadline) => {
    const deadlineAt = Date.now() + 100
    const runDeadlineAt = async () => runDeadline(deadlineAt)
    const error = await holdfastError(coalescedResult(begun(deadlineAt), shared({ runDeadlineAt })))
    expect(error).toMatchObject({ kind: 'deadline_exceeded', accepted: true, generationId: 'gen-1' })
    expect(Date.now()).toBeGreaterThanOrEqual(deadlineAt)
  })

  it('never starts it anew after its own deadline, however early the timer', async () => {
    for (let round = 0; round < 30; round += 1) {
      const error = await holdfastError(coalescedResult(begun(Date.now() + round), shared({})))
      expect(error.kind).toBe('deadline_exceeded')
    }
  })

  it('starts it anew while there is time, and rejects with any other failure', async () => {
    const first = begun(Date.now() + 5_000)
    const second = { ...first, runId: 'run-2' }
    const end = (kind: HoldfastError['kind']) =>
      shared({
        resultOf: async ({ runId }) => (runId === 'run-2' ? RESULT : failing(kind)()),
        beginAgain: async () => second,
      })
    expect(await coalescedResult(first, end('deadline_exceeded'))).toBe(RESULT)
    expect(await coalescedResult(first, end('cancelled'))).toBe(RESULT)
    expect((await holdfastError(coalescedResult(first, end('all_failed')))).kind).toBe('all_failed')
  })
})

it.each([
  ['before', () => AbortSignal.abort()],
  ['meanwhile', () => AbortSignal.timeout(200)],
])('a wait that was left %s ends, though the run goes on', async (_, left) => {
  const { address } = testServer()
  const connection = await Connection.connect({ address })
  const client = new Client({ connection })
  const taskQueue = ownTaskQueue('nobody')
  const handle = await client.workflow.start('nothing', { taskQueue, workflowId: taskQueue })
  try {
    const startedAt = Date.now()
    await holdfastError(awaitResult(client, taskQueue, { left: left() }))
    expect(Date.now() - startedAt).toBeLessThan(10_000)
  } finally {
    await handle.terminate()
    await connection.close()
  }
})
