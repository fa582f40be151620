/** The latest generations, found by what the server's index knows. */
import { type ListFilter, listGenerations, queryOf } from '../../src/client/list-generations'
import { type CacheStack, startCacheStack } from '../helpers/cache-stack'
import { until } from '../helpers/processes'
import { holdfastError } from '../helpers/stack'

const ROUTES = `
  default: { candidates: [alpha/model-a, beta/model-b] }
  cached: { candidates: [beta/model-b], cache: { ttl: 1h } }
`

it('finds them by outcome, failure, target, route, age and query, the latest first, and says what is wrong with a query', async () => {
  const stack: CacheStack = await startCacheStack({ routes: ROUTES })
  try {
    const { simulator, holdfast, client, taskQueue } = stack
    const begunAt = Date.now()
    simulator.script('alpha', [{ status: 503, times: 1 }, { status: 500, times: 1 }, { fault: 'silent' }])
    simulator.script('beta', [
      { answer: 'from beta', times: 1 },
      { status: 500, times: 1 },
      { answer: 'kept' },
    ])
    const { id: answered } = await holdfast.generate({ prompt: 'answered' })
    const failed = (await holdfastError(holdfast.generate({ prompt: 'nobody' }))).generationId
    await holdfast.generate({ route: 'cached', prompt: 'kept' })
    const { id: hit } = await holdfast.generate({ route: 'cached', prompt: 'kept' })
    const { id: running } = await holdfast.start({ prompt: 'running' })
    const list = (filter: ListFilter, limit = 100) =>
      listGenerations(client, { query: `TaskQueue = '${taskQueue}'`, ...filter }, limit)
    const idsOf = async (filter: ListFilter, limit?: number) =>
      (await list(filter, limit)).map(({ id }) => id)
    // The server's index is a moment behind.
    await until('all are listed', async () => {
      const ended = (await list({})).filter(({ endedAt }) => endedAt !== null)
      return ended.length === 4 && (await idsOf({ outcome: 'running' })).length === 1
    })

    expect(await list({ outcome: 'all_failed' })).toMatchObject([
      {
        id: failed,
        route: 'default',
        outcome: 'all_failed',
        target: null,
        failures: ['server_error'],
        attempts: 2,
      },
    ])
    expect(await idsOf({ outcome: 'failed' })).toEqual([failed])
    expect(await idsOf({ outcome: 'running' })).toEqual([running])
    expect(await idsOf({ failure: 'overloaded', target: 'beta/model-b' })).toEqual([answered])
    expect(await idsOf({ route: 'default' })).toEqual([running, failed, answered])
    expect(await idsOf({ startedSince: begunAt - 5_000 }, 2)).toHaveLength(2)
    expect(await idsOf({ startedSince: Date.now() + 60_000 })).toEqual([])
    expect(await idsOf({ query: `TaskQueue = '${taskQueue}' AND HoldfastAttempts > 1` })).toEqual([
      failed,
      answered,
    ])
    const [cached] = await list({ route: 'cached' })
    expect(cached).toMatchObject({ id: hit, outcome: 'answered', served: 'cache' })
    await holdfast.cancel(running)

    const error = await holdfastError(list({ query: 'Nonsense =' }))
    expect(error).toMatchObject({ kind: 'invalid_request' })
    expect(error.message).toContain('malformed')
  } finally {
    await stack.close()
  }
}, 60_000)

it('both what is filtered by and the query have to hold, and a run that goes on as another one is left out', () => {
  expect(queryOf({ route: 'a', query: "HoldfastTenant = 'x' OR HoldfastTenant = 'y'" })).toBe(
    "WorkflowType = 'generation' AND ExecutionStatus != 'ContinuedAsNew' AND HoldfastRoute = 'a' AND (HoldfastTenant = 'x' OR HoldfastTenant = 'y')",
  )
  expect(() => queryOf({ route: "it's" })).toThrow('no query can hold the quotes')
})
