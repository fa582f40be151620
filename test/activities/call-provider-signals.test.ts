/** `AbortSignal.any` leaves a note at each of its sources, and Node 20 takes none away: memory that grows with every call. */
import { getEventListeners } from 'node:events'
import pino from 'pino'
import { type ActivityDeps, type CallContext, callProvider } from '../../activities'
import { parseConfig } from '../../src/config'
import type { CallProviderInput, GenerationInput } from '../../src/contract/generation'
import { prepare } from '../../src/request'
import { type Simulator, startSimulator } from '../../src/simulator'
import { createMetrics } from '../../src/telemetry/metrics'
import { createWorkerClock } from '../../src/worker/clock'
import { processDeps } from '../../src/worker/deps'
import { startStandalone } from '../../src/worker/in-process/standalone'
import { twoProviders } from '../helpers/stack'

const logger = pino({ level: 'silent' })
let simulator: Simulator
beforeAll(async () => {
  simulator = await startSimulator()
})
afterAll(() => simulator.close())
afterEach(() => jest.restoreAllMocks())

/** How many signals served as a source in each of two turns. */
async function sharedSources(turn: () => Promise<unknown>): Promise<number> {
  const any = jest.spyOn(AbortSignal, 'any')
  const sourcesOf = async (): Promise<AbortSignal[]> => {
    any.mockClear()
    await turn()
    return any.mock.calls.flatMap(([sources]) => [...sources])
  }
  const first = new Set(await sourcesOf())
  const second = await sourcesOf()
  expect(second.length).toBeGreaterThan(0)
  return second.filter((source) => first.has(source)).length
}

const config = () => parseConfig(twoProviders(simulator.url))
const inputOf = (): GenerationInput => {
  const prepared = prepare(config(), { route: 'default', prompt: 'hi' })
  const deadlineAt = Date.now() + prepared.route.deadlineMs
  return { id: 'g', tenant: null, deadlineAt, searchAttributes: false, stream: false, ...prepared }
}

it('no signal outlives a call as a source of its own: not in a sequence, nor without a delivery log', async () => {
  const { deps, close } = processDeps({
    config: config(),
    env: {},
    logger,
    slots: 10,
    metrics: createMetrics(),
    clock: createWorkerClock(),
  })
  const { id, request, route, deadlineAt } = inputOf()
  const [candidate] = route.candidates
  if (candidate === undefined) throw new Error('no candidate')
  const input: CallProviderInput = {
    generationId: id,
    route: route.name,
    candidate,
    candidateIndex: 0,
    othersLeft: false,
    request,
    deadlineAt,
    unsupportedParams: 'fail',
    streaming: false,
    circuit: null,
    lastResort: false,
    stream: { logId: id, sequence: 1, exclusive: true },
  }
  const unused = () => Promise.reject(new Error('not in this test'))
  const all: ActivityDeps = {
    ...deps,
    searchAttributes: false,
    circuits: { admit: unused, obstacle: () => null, fresh: unused },
    budgets: { claim: unused, use: () => undefined, release: () => undefined },
    delivery: { open: unused },
    signalDue: () => undefined,
  }
  const call = () => callProvider(all, contextOf(), input)
  expect(await sharedSources(call).finally(close)).toBe(0)
})

it('an in-process run leaves no source at the signal of its caller, nor at that of the drain', async () => {
  const direct = await startStandalone({ config: config(), env: {}, logger })
  const caller = new AbortController().signal
  const shared = await sharedSources(() => direct.run(inputOf(), caller)).finally(() => direct.drain(0))
  expect(shared).toBe(0)
  expect(getEventListeners(caller, 'abort')).toEqual([])
})

const contextOf = (): CallContext => ({
  heartbeat: () => undefined,
  cancellationSignal: new AbortController().signal,
  cancelled: new Promise(() => undefined),
  cancellationDetails: undefined,
  info: {
    activityId: '1',
    attempt: 1,
    heartbeatDetails: undefined,
    scheduledTimestampMs: Date.now(),
    currentAttemptScheduledTimestampMs: Date.now(),
    workflowExecution: { workflowId: 'g', runId: 'g' },
  },
})
