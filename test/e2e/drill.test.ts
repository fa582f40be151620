/** Drills of the fault table through the whole stack: real workers, a real server, and providers that must see nothing. */

import { readEntity } from '../../src/client/circuits'
import { followDrill, startDrill } from '../../src/client/drill'
import {
  drillScheduleId,
  readDrillSchedule,
  removeDrillSchedule,
  setDrillSchedule,
} from '../../src/client/drill-schedule'
import { readLastDrills } from '../../src/client/last-drills'
import { listGenerations } from '../../src/client/list-generations'
import type { DrillInput } from '../../src/contract/drill'
import { FAULT_NAMES } from '../../src/domain/drill/faults'
import type { DrillReport } from '../../src/domain/drill/report'
import { until } from '../helpers/processes'
import { holdfastError, type Stack, startStack } from '../helpers/stack'

const config = (url: string): string => `
providers:
  alpha: { api: openai-chat, baseUrl: ${url}/alpha/v1, auth: bearer, apiKeyEnv: ALPHA_KEY }
  beta: { api: anthropic-messages, baseUrl: ${url}/beta/v1, auth: none }
  gamma: { api: openai-chat, baseUrl: ${url}/gamma/v1, apiKeyEnv: GAMMA_KEY }
defaults:
  circuit: { consecutive: 1, openFor: 1h, maxOpenFor: 1h }
  cache: { ttl: 1h }
routes:
  default: { candidates: [alpha/model-a, beta/model-b] }
  alone: { candidates: [alpha/model-a] }
  once: { candidates: [alpha/model-a], retry: { maximumAttempts: 1 } }
  hedged: { candidates: [alpha/model-a, beta/model-b], strategy: { hedge: { after: 800ms } } }
  raced: { candidates: [alpha/model-a, beta/model-b], strategy: race }
  impatient: { candidates: [alpha/model-a, beta/model-b], deadline: 2s, timeouts: { attempt: 10s, firstToken: 5s } }
  unkeyed: { candidates: [gamma/model-c] }
  halfKeyed: { candidates: [gamma/model-c, beta/model-b] }
  vectors: { kind: embeddings, candidates: [alpha/model-v] }
`

let stack: Stack
beforeAll(async () => {
  stack = await startStack({ config, env: { ALPHA_KEY: 'sk-alpha' }, workers: 2 })
})
afterAll(() => stack.close())

const drilled = async (input: DrillInput): Promise<DrillReport> => {
  const started = await startDrill(stack.client, input, stack.taskQueue)
  return followDrill(stack.client, started)
}
const outcomes = ({ cases }: DrillReport) =>
  cases.map(({ route, fault, passed, got }) => [route, fault, passed, got])

it('sound routes pass all faults, in sequence, hedged, raced, alone and with vectors', async () => {
  const report = await drilled({ routes: ['default', 'hedged', 'raced', 'alone', 'vectors'] })
  expect(report.cases.filter((one) => !one.passed)).toEqual([])
  expect(report.cases.filter(({ route }) => route === 'default').map(({ fault }) => fault)).toEqual(
    FAULT_NAMES,
  )
  expect(report.total).toBe(report.cases.length)
}, 120_000)

it('no provider was called, and nothing that is shared was touched', async () => {
  expect(stack.simulator.calls()).toEqual([])
  for (const provider of ['alpha', 'beta']) {
    const entity = await readEntity(stack.client, provider, stack.taskQueue)
    if (entity.ok) expect(entity.published.circuits).toMatchObject({ account: { version: 0 }, models: {} })
  }
  const lines = stack.lines().filter(({ event }) => event === 'attempt' || event === 'generation')
  expect(lines.filter(({ drill }) => drill !== true)).toEqual([])
  await stack.holdfast.generate({ prompt: 'for real', cache: 'no-store' })
  expect(stack.simulator.calls()).toHaveLength(1)
})

it('a candidate whose provider has no key is left out, and a route of such alone fails', async () => {
  const report = await drilled({ routes: ['unkeyed', 'halfKeyed'], faults: ['server_error'] })
  expect(outcomes(report)).toEqual([
    ['unkeyed', 'server_error', false, 'unavailable'],
    ['halfKeyed', 'server_error', true, 'all_failed (server_error)'],
  ])
  expect(report.unusable.map(({ target }) => target)).toEqual(['gamma/model-c', 'gamma/model-c'])
})

it('a deadline that leaves the second candidate no time fails the drill', async () => {
  const report = await drilled({
    routes: ['impatient'],
    faults: ['silent', 'no_first_token', 'server_error'],
  })
  expect(report.cases.map(({ fault, passed }) => [fault, passed])).toEqual([
    ['silent', false],
    ['no_first_token', false],
    ['server_error', true],
  ])
})

it('one candidate that is called once passes by its own policy, and fails where answers are required', async () => {
  const input = { routes: ['once'], faults: ['server_error_once', 'content_refused'] }
  expect((await drilled(input)).cases.map(({ passed }) => passed)).toEqual([true, true])
  expect(outcomes(await drilled({ ...input, strict: true }))).toEqual([
    ['once', 'server_error_once', false, 'all_failed (server_error)'],
    ['once', 'content_refused', true, 'invalid_request (content_refused)'],
  ])
})

it('a route or a fault that nobody knows is refused, with the known ones', async () => {
  expect(await holdfastError(drilled({ routes: ['defualt'] }))).toMatchObject({
    kind: 'invalid_request',
    message: expect.stringContaining('default, alone'),
  })
  expect((await holdfastError(drilled({ faults: ['flood'] }))).message).toContain('rate_limited')
})

it('drills are no generations for those who list them', async () => {
  const listed = await listGenerations(stack.client, {}, 1_000)
  expect(listed.filter(({ id }) => id.startsWith('holdfast-drill'))).toEqual([])
})

describe('the schedule', () => {
  const input: DrillInput = { routes: ['default'], faults: ['server_error'] }
  const last = async () =>
    (await readLastDrills(stack.client, stack.taskQueue)).find(({ kind }) => kind === 'faults')

  it('is made, and set again it is changed', async () => {
    const made = await setDrillSchedule(stack.client, 86_400_000, input, stack.taskQueue)
    expect(made).toMatchObject({ everyMs: 86_400_000, paused: false, nextAt: expect.any(Number) })
    const changed = await setDrillSchedule(stack.client, 3_600_000, input, stack.taskQueue)
    expect(changed.everyMs).toBe(3_600_000)
    const { policies, action } = await stack.client.schedule.getHandle(made.id).describe()
    expect(policies).toMatchObject({ overlap: 'SKIP', catchupWindow: 3_600_000 })
    expect(JSON.stringify(action)).toContain('server_error')
  })

  it('runs a drill that counts as the last one, which one by hand on a part does not', async () => {
    const before = await last()
    await stack.client.schedule.getHandle(drillScheduleId(stack.taskQueue)).trigger()
    await until('another one has ended', async () => {
      const { runId } = (await last()) ?? {}
      return runId !== undefined && runId !== before?.runId
    })
    const ran = await last()
    expect(ran).toMatchObject({ passed: true, status: 'completed' })
    await drilled({ routes: ['unkeyed'], faults: ['server_error'] })
    expect(await last()).toEqual(ran)
  })

  it('of a drill that failed the failure is what counts', async () => {
    const failing = { routes: ['unkeyed'], faults: ['server_error'] }
    await setDrillSchedule(stack.client, 3_600_000, failing, stack.taskQueue)
    await stack.client.schedule.getHandle(drillScheduleId(stack.taskQueue)).trigger()
    await until('it has failed', async () => (await last())?.passed === false)
    expect(await last()).toMatchObject({ passed: false, status: 'completed' })
  })

  it('is removed', async () => {
    expect(await removeDrillSchedule(stack.client, stack.taskQueue)).toBe(true)
    expect(await removeDrillSchedule(stack.client, stack.taskQueue)).toBe(false)
    expect(await readDrillSchedule(stack.client, stack.taskQueue)).toBeNull()
  })
})
