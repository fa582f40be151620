/** What a generation asks the worker about the circuits. */
import type { CircuitQuery, CircuitSnapshot, GenerationInput } from '../../src/contract/generation'
import { SHADOW_SUFFIX } from '../../src/contract/shadow'
import { circuitReader, SNAPSHOT_FRESH_MS } from '../../src/engine/steps'

const NOW = 1_000_000
const VIEW: CircuitSnapshot = { unusable: [{ provider: 'p', reason: 'no key' }] }
const READ: CircuitSnapshot = { unusable: [] }

const input = (more: Partial<GenerationInput>): GenerationInput =>
  ({
    // Of no tenant's budget.
    id: `g${SHADOW_SUFFIX}`,
    request: { messages: [] },
    route: { name: 'r', strategy: { type: 'sequence' }, candidates: [] },
    ...more,
  }) as unknown as GenerationInput

/** @returns what it has at first, and the queries to the worker. */
async function first(more: Partial<GenerationInput>, fresh = false, begunAt = NOW) {
  const queries: CircuitQuery[] = []
  const read = async (query: CircuitQuery) => {
    queries.push(query)
    return READ
  }
  const view = await circuitReader(input(more), read, () => NOW, begunAt).circuits(fresh)
  return { view, queries }
}

describe.each(['circuitSnapshot', 'look'] as const)('a snapshot that came with the start as %s', (name) => {
  it('is what the generation begins with', async () => {
    expect(await first({ [name]: { view: VIEW, at: NOW - 10 } })).toEqual({ view: VIEW, queries: [] })
  })

  it('is not used where it is a second old', async () => {
    const { view, queries } = await first({ [name]: { view: VIEW, at: NOW - SNAPSHOT_FRESH_MS } })
    expect(view).toBe(READ)
    expect(queries).toHaveLength(1)
  })

  it('is not used where something has changed', async () => {
    const { view } = await first({ [name]: { view: VIEW, at: NOW } }, true)
    expect(view).toBe(READ)
  })

  it("is as old as the run where the caller's clock may be off", async () => {
    const given = { [name]: { view: VIEW, at: NOW - 60_000 }, deadlineMs: 5_000 }
    expect((await first(given, false, NOW - 10)).view).toBe(VIEW)
    expect((await first(given, false, NOW - SNAPSHOT_FRESH_MS)).view).toBe(READ)
  })
})

it('without a snapshot the worker is queried', async () => {
  const { view, queries } = await first({})
  expect(view).toBe(READ)
  expect(queries).toEqual([{ targets: [], fresh: false, at: NOW }])
})

it('times are queried for a route that is ordered by them, and for no other', async () => {
  const candidates = [
    { target: 'a/m', provider: 'a', model: 'm' },
    { target: 'b/m', provider: 'b', model: 'm' },
  ]
  const route = { name: 'r', strategy: { type: 'sequence' }, order: 'latency', candidates }
  const request = { messages: [] }
  const given = (more: object) => ({ route: { ...route, ...more }, request }) as unknown as GenerationInput
  const latencyOf = async (more: object, stream = false) =>
    (await first({ ...given(more), stream })).queries[0]?.latency
  expect(await latencyOf({})).toEqual({ route: 'r', streamed: false })
  expect(await latencyOf({}, true)).toEqual({ route: 'r', streamed: true })
  expect(await latencyOf({ upstream: 'stream' })).toEqual({ route: 'r', streamed: true })
  expect(await latencyOf({ order: 'weighted' })).toBeUndefined()
  expect(await latencyOf({ candidates: candidates.slice(1) })).toBeUndefined()
})
