/** The first call of a candidate in the express lane: what it makes, and what it leaves to the activity. */
import { MockActivityEnvironment } from '@temporalio/testing'
import pino from 'pino'
import type { ActivityDeps } from '../../activities'
import { createExpressCall } from '../../activities/express-call'
import { parseConfig } from '../../src/config'
import type { CallProviderInput, ExpressCall, ExpressResult } from '../../src/contract/generation'
import { prepare } from '../../src/request'
import { type Simulator, startSimulator } from '../../src/simulator'
import { createMetrics } from '../../src/telemetry/metrics'
import { createWorkerClock } from '../../src/worker/clock'
import { type ProcessDeps, processDeps } from '../../src/worker/deps'
import { createExpressPlaces, type ExpressPlaces } from '../../src/worker/express-places'
import { twoProviders } from '../helpers/stack'

let simulator: Simulator
let worker: { deps: ProcessDeps; close(): Promise<void> }
let places: ExpressPlaces
beforeAll(async () => {
  simulator = await startSimulator()
  worker = processDeps({
    config: parseConfig(twoProviders(simulator.url)),
    env: {},
    logger: pino({ level: 'silent' }),
    slots: 2,
    metrics: createMetrics(),
    clock: createWorkerClock(),
  })
})
afterAll(async () => {
  await worker.close()
  await simulator.close()
})
beforeEach(() => {
  simulator.reset()
  places = createExpressPlaces(1)
})

function inputOf(): CallProviderInput {
  const { request, route } = prepare(worker.deps.config, { route: 'default', prompt: 'hi' })
  const [candidate] = route.candidates
  if (candidate === undefined) throw new Error('no candidate')
  return {
    generationId: 'g',
    route: route.name,
    candidate,
    candidateIndex: 0,
    othersLeft: false,
    request,
    deadlineAt: Date.now() + 60_000,
    unsupportedParams: 'fail',
    streaming: false,
    circuit: null,
    lastResort: false,
  }
}

function call(more: Partial<ExpressCall> = {}): Promise<ExpressResult> {
  const unused = () => Promise.reject(new Error('not in this test'))
  const deps: ActivityDeps = {
    ...worker.deps,
    express: places,
    searchAttributes: false,
    circuits: { admit: unused, obstacle: () => null, fresh: unused },
    budgets: { claim: unused, use: () => undefined, release: () => undefined },
    delivery: { open: unused },
    signalDue: () => undefined,
  }
  const express: ExpressCall = { call: inputOf(), at: Date.now(), again: null, ...more }
  return new MockActivityEnvironment().run(createExpressCall(deps), express)
}

it('EXPRESS-CALL-1: an answer comes with what a marker does not have: which call it was', async () => {
  simulator.script('alpha', [{ answer: 'quick' }])
  expect(await call({ at: 17 })).toMatchObject({
    type: 'answered',
    of: { candidateIndex: 0, sequence: 1, othersLeft: false, at: 17 },
    answer: { text: 'quick' },
    records: [{ number: 1 }],
  })
})

it('EXPRESS-CALL-1: a failure is a value, with the pause before the next call', async () => {
  simulator.script('alpha', [{ status: 529 }])
  const failed = await call()
  expect(failed).toMatchObject({ type: 'failed', records: [{ number: 1, failure: { class: 'overloaded' } }] })
  expect(failed).toHaveProperty('retryInMs', expect.any(Number))
})

it('EXPRESS-CALL-3: one that may have been made before makes no call', async () => {
  expect(await call({ again: 'lost' })).toMatchObject({ type: 'handed_over', lost: true })
  expect(await call({ again: 'maybe' })).toMatchObject({ type: 'handed_over', lost: false })
  expect(simulator.calls()).toEqual([])
})

it('EXPRESS-CALL-2: without room in the lane it makes no call, and with room again it does', async () => {
  const place = places.enter()
  expect(await call()).toMatchObject({ type: 'handed_over', lost: false })
  expect(simulator.calls()).toEqual([])
  place?.leave()
  expect(await call()).toMatchObject({ type: 'answered' })
  expect(await call()).toMatchObject({ type: 'answered' })
})

it('EXPRESS-CALL-2: without a slot of the worker it waits for none', async () => {
  const signal = new AbortController().signal
  const leave = await worker.deps.slots.take('alpha', null, { limitMs: 0, signal })
  expect(await call()).toMatchObject({ type: 'handed_over', lost: false })
  expect(simulator.calls()).toEqual([])
  leave?.()
  expect(await call()).toMatchObject({ type: 'answered' })
})

it('EXPRESS-PLACES-2: a worker that shuts down takes no more calls, and hands over those that last longer than its grace', async () => {
  simulator.script('alpha', [{ fault: 'silent' }])
  const lasting = call()
  await simulator.waitForCalls(1)
  places.close(20)
  expect(places.enter()).toBeNull()
  expect(await lasting).toMatchObject({
    type: 'failed',
    records: [{ number: 1, failure: { class: 'worker_lost' } }],
    retryInMs: expect.any(Number),
  })
})
