/** The attempts of a period, read back from the server. */
import { randomUUID } from 'node:crypto'
import { type ReadRun, readLedger } from '../../src/client/ledger'
import type { LedgerRow } from '../../src/history/ledger'
import { until } from '../helpers/processes'
import { resetRun } from '../helpers/reset'
import { holdfastError, type Stack, startStack } from '../helpers/stack'

const config = (url: string): string => `
providers:
  alpha: { api: openai-chat, baseUrl: ${url}/alpha/v1, auth: none }
  beta: { api: anthropic-messages, baseUrl: ${url}/beta/v1, auth: none }
models:
  alpha/model-a: { inputPerMillion: 1, outputPerMillion: 2 }
  beta/model-b: { inputPerMillion: 1, outputPerMillion: 2 }
defaults: { circuit: false, retry: { maximumAttempts: 2, initialInterval: 20ms } }
routes:
  default: { candidates: [alpha/model-a, beta/model-b] }
  anthropic: { candidates: [beta/model-b], upstream: stream, retry: { maximumAttempts: 1 } }
  slow: { candidates: [alpha/model-a], retry: { initialInterval: 1h, maximumInterval: 1h, jitter: none, maxWait: 1h }, deadline: 2h }
  unpriced: { candidates: [alpha/model-u] }
`

describe('the ledger', () => {
  let stack: Stack
  beforeAll(async () => {
    stack = await startStack({ config, tenant: 'acme' })
  }, 60_000)
  afterAll(() => stack?.close())
  beforeEach(() => stack.simulator.reset())

  const read = async (query: string, since = 0, to = Date.now() + 60_000): Promise<ReadRun[]> => {
    const all: ReadRun[] = []
    for await (const one of readLedger(stack.client, { since, until: to, query })) all.push(one)
    return all
  }
  const rowsIn = (runs: readonly ReadRun[]): LedgerRow[] => runs.flatMap((one) => (one.ok ? one.rows : []))
  const listed = (id: string): string => `WorkflowId = '${id}'`
  /** The server's index is a moment behind. */
  const rowsOf = async (id: string, count: number): Promise<LedgerRow[]> => {
    let rows: LedgerRow[] = []
    await until(`${count} attempts of ${id} are listed`, async () => {
      rows = rowsIn(await read(listed(id)))
      return rows.length >= count && rows.every(({ outcome }) => outcome !== 'running')
    })
    return rows
  }

  it('has refusals for nothing, answers as they were reported, and the names that providers gave to them', async () => {
    stack.simulator.script('alpha', [{ status: 503 }])
    stack.simulator.script('beta', [{ usage: { inputTokens: 1_000, outputTokens: 50 } }])
    const { id } = await stack.holdfast.generate({ prompt: 'hi', metadata: { team: '@blue' } })
    const rows = await rowsOf(id, 3)
    expect(rows.map(({ target, sure, costNanos, served }) => [target, sure, costNanos, served])).toEqual([
      ['alpha/model-a', 'unbilled', 0, false],
      ['alpha/model-a', 'unbilled', 0, false],
      ['beta/model-b', 'reported', 1_100_000, true],
    ])
    expect(rows.map(({ requestId }) => requestId)).toEqual(['req_sim_0', 'req_sim_1', 'req_sim_2'])
    expect(rows[0]).toMatchObject({ generation: id, route: 'default', tenant: 'acme', number: 1 })
    expect(rows.every(({ metadata }) => metadata.team === '@blue')).toBe(true)
  })

  it('a cut stream has the input that was reported at its beginning, and an estimate of its output', async () => {
    const usage = { inputTokens: 1_000, outputTokens: 100 }
    stack.simulator.script('beta', [{ words: 100, usage, cut: { after: 50, how: 'reset' } }])
    const error = await holdfastError(stack.holdfast.generate({ route: 'anthropic', prompt: 'hi' }))
    const [row] = await rowsOf(error.generationId ?? '', 1)
    expect(row).toMatchObject({ sure: 'estimated', outcome: 'bad_response', usage: { inputTokens: 1_000 } })
    expect(row?.usage?.outputTokens).toBeGreaterThan(40)
  })

  it('a call without a price, and one without usage, differ', async () => {
    stack.simulator.script('alpha', [{ usage: null, answer: 'x'.repeat(400), times: 1 }, {}])
    const without = await stack.holdfast.generate({ prompt: 'x'.repeat(4_000) })
    expect(await rowsOf(without.id, 1)).toMatchObject([
      { sure: 'estimated', usage: { inputTokens: 1_000, outputTokens: 100 }, costNanos: 1_200_000 },
    ])
    const { id } = await stack.holdfast.generate({ route: 'unpriced', prompt: 'hi' })
    expect(await rowsOf(id, 1)).toMatchObject([{ sure: 'reported', costNanos: null }])
  })

  it('a call that was cancelled in the pause before its retry is known to have been made, and no more', async () => {
    stack.simulator.script('alpha', [{ status: 503 }])
    const { id } = await stack.holdfast.start({ route: 'slow', prompt: 'hi' })
    await until('it pauses', async () => {
      const { raw } = await stack.client.workflow.getHandle(id).describe()
      return raw.pendingActivities?.[0]?.attempt === 2
    })
    const [running] = rowsIn(await read(listed(id)))
    expect(running).toMatchObject({ sure: 'unbilled', outcome: 'overloaded' })
    await stack.holdfast.cancel(id)
    await holdfastError(stack.holdfast.result(id))
    expect(await rowsOf(id, 1)).toMatchObject([
      { sure: 'unknown', outcome: 'cancelled', usage: null, costNanos: null },
    ])
  })

  it('a run under way has its calls as they stand', async () => {
    stack.simulator.script('alpha', [{ fault: 'silent' }])
    const { id } = await stack.holdfast.start({ prompt: 'x'.repeat(4_000) })
    await stack.simulator.waitForCalls(1)
    await until('it is listed', async () => (await read(listed(id))).length === 1)
    expect(rowsIn(await read(listed(id)))).toMatchObject([
      { outcome: 'running', sure: 'estimated', usage: { inputTokens: 1_000, outputTokens: 0 } },
    ])
    await stack.client.workflow.getHandle(id).terminate('an operator')
    expect(await rowsOf(id, 1)).toMatchObject([
      { outcome: 'cancelled', sure: 'estimated', durationMs: expect.any(Number) },
    ])
  })

  it('LEDGER-1: what a reset has copied counts once', async () => {
    stack.simulator.script('alpha', [{ status: 503, times: 2 }, { answer: 'again' }])
    stack.simulator.script('beta', [{ answer: 'from beta' }])
    const { id } = await stack.holdfast.generate({ prompt: 'reset' })
    await rowsOf(id, 3)
    await resetRun(stack.client, id, 'last')
    await until('both runs have ended', async () => {
      const runs = await read(listed(id))
      return runs.length === 2 && rowsIn(runs).every(({ outcome }) => outcome !== 'running')
    })
    expect(rowsIn(await read(listed(id)))).toHaveLength(stack.simulator.calls().length)
  })

  it('CLIENT-LEDGER-3: an attempt is in the period in which it began, whatever its run does', async () => {
    stack.simulator.script('alpha', [{ status: 503, times: 2 }])
    stack.simulator.script('beta', [{ answer: 'late', latency: '100ms' }])
    const { id } = await stack.holdfast.generate({ prompt: 'periods' })
    const rows = await rowsOf(id, 3)
    const between = rows[2]?.startedAt ?? 0
    const before = rowsIn(await read(listed(id), 0, between))
    const after = rowsIn(await read(listed(id), between))
    expect([...before, ...after]).toEqual(rows)
    expect([before.length, after.length]).toEqual([2, 1])
  })

  it('CLIENT-LEDGER-1: a run that cannot be read is named, and the others are read', async () => {
    const { id } = await stack.holdfast.generate({ prompt: 'whole' })
    const sealed = { metadata: { encoding: Buffer.from('binary/encrypted') }, data: Buffer.from('?') }
    await stack.client.workflowService.startWorkflowExecution({
      namespace: stack.client.options.namespace,
      workflowId: `${id}-broken`,
      workflowType: { name: 'generation' },
      taskQueue: { name: `${stack.taskQueue}-nobody` },
      input: { payloads: [sealed] },
      requestId: randomUUID(),
    })
    const query = `WorkflowId STARTS_WITH '${id}'`
    await until('both are listed', async () => (await read(query)).length === 2)
    const runs = await read(query)
    expect(runs.find(({ ok }) => !ok)).toMatchObject({
      id: `${id}-broken`,
      reason: expect.stringContaining('binary/encrypted'),
    })
    expect(rowsIn(runs)).toHaveLength(1)
    await stack.client.workflow.getHandle(`${id}-broken`).terminate()
  })

  it('a query that the server does not understand is the caller’s fault', async () => {
    const error = await holdfastError(read('this is no query'))
    expect(error).toMatchObject({ kind: 'invalid_request' })
  })
})
