/** A call that has its answer when another candidate's counts already. */
import pino from 'pino'
import { type ActivityDeps, type CallContext, callProvider } from '../../activities'
import { parseConfig } from '../../src/config'
import type { CallProviderInput } from '../../src/contract/generation'
import { prepare } from '../../src/request'
import { type Simulator, startSimulator } from '../../src/simulator'
import { openDelivery } from '../../src/stores/delivery'
import { createMetrics } from '../../src/telemetry/metrics'
import { createWorkerClock } from '../../src/worker/clock'
import { processDeps } from '../../src/worker/deps'
import { commitOf, epochOf } from '../helpers/delivery'
import { twoProviders } from '../helpers/stack'

const logger = pino({ level: 'silent' })
let simulator: Simulator
beforeAll(async () => {
  simulator = await startSimulator()
})
afterAll(() => simulator.close())

it('reports its own attempt, and the winner’s beside it', async () => {
  const config = parseConfig(twoProviders(simulator.url))
  const { route, request } = prepare(config, { route: 'default', prompt: 'hi' })
  const metrics = createMetrics()
  const clock = createWorkerClock()
  const { deps, close } = processDeps({ config, env: {}, logger, slots: 10, metrics, clock })
  const delivery = await openDelivery({ store: 'memory' }, { env: {}, logger })
  const unused = () => Promise.reject(new Error('not in this test'))
  const all: ActivityDeps = {
    ...deps,
    searchAttributes: false,
    circuits: { admit: unused, obstacle: () => null, fresh: unused },
    budgets: { claim: unused, use: () => undefined, release: () => undefined },
    delivery,
    signalDue: () => undefined,
  }
  const input = {
    generationId: 'g',
    route: route.name,
    candidate: route.candidates[0],
    candidateIndex: 0,
    othersLeft: false,
    request,
    deadlineAt: Date.now() + 60_000,
    unsupportedParams: 'fail',
    streaming: true,
    circuit: null,
    lastResort: false,
    stream: { logId: 'g', sequence: 1, exclusive: false },
  } as CallProviderInput
  const now = Date.now()
  const context = {
    heartbeat: () => undefined,
    cancellationSignal: new AbortController().signal,
    cancelled: new Promise<never>(() => undefined),
    info: {
      activityId: '1',
      attempt: 1,
      scheduledTimestampMs: now,
      currentAttemptScheduledTimestampMs: now,
      workflowExecution: { workflowId: 'g', runId: 'g' },
    },
  } as CallContext
  simulator.script('alpha', [{ answer: 'mine', latency: '200ms' }])
  const called = callProvider(all, context, input)
  await simulator.waitForCalls(1)
  const opened = await delivery.open('g', epochOf(2), false)
  if (opened.state !== 'open') throw new Error(opened.state)
  const theirs = { ...commitOf('theirs', 'beta/model-b'), candidate: 1 }
  await opened.writer.commit(theirs)
  const { answer, answeredBy, records, winning } = await called
  expect({ text: answer.text, answeredBy }).toEqual({ text: 'theirs', answeredBy: 1 })
  expect(records).toMatchObject([{ target: 'alpha/model-a', candidate: 0 }])
  expect(winning).toEqual(theirs.records)
  await delivery.close()
  await close()
})
