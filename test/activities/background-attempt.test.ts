/** Which responses an attempt leaves at their provider, and which it cancels there. */
import pino from 'pino'
import { type ActivityDeps, type CallContext, callProvider } from '../../activities'
import { parseConfig, resolveRoute } from '../../src/config'
import { readAttemptDetails } from '../../src/contract/attempt-details'
import { LOST_WORKERS_ALLOWED } from '../../src/contract/generation'
import { type Simulator, startSimulator } from '../../src/simulator'
import { createMetrics } from '../../src/telemetry/metrics'
import { createWorkerClock } from '../../src/worker/clock'
import { processDeps } from '../../src/worker/deps'

const logger = pino({ level: 'silent' })
let simulator: Simulator
let worker: ReturnType<typeof processDeps>
beforeAll(async () => {
  simulator = await startSimulator()
  const clock = createWorkerClock()
  const own = { config: config(), env: {}, logger, slots: 10, metrics: createMetrics(), clock }
  worker = processDeps(own)
})
afterAll(() => Promise.all([worker.close(), simulator.close()]))
beforeEach(() => simulator.reset())

const config = () =>
  parseConfig(`
providers:
  alpha: { api: openai-responses, baseUrl: ${simulator.url}/alpha/v1, auth: none }
routes:
  default: { candidates: [{ target: alpha/model-a, background: true }] }
`)

type Cancellation = Partial<NonNullable<CallContext['cancellationDetails']>>

/** One attempt; `hangUp` is what its worker gets from Temporal. */
function attempt({ attempt = 1, heartbeatDetails }: { attempt?: number; heartbeatDetails?: unknown } = {}) {
  const hangUp = new AbortController()
  let named = (): void => undefined
  const begun = new Promise<void>((resolve) => {
    named = resolve
  })
  const context = {
    heartbeat: (details: unknown) => {
      if (readAttemptDetails(details).response) named()
    },
    cancellationSignal: hangUp.signal,
    cancelled: new Promise<never>(() => undefined),
    cancellationDetails: undefined as CallContext['cancellationDetails'],
    info: {
      activityId: '1',
      attempt,
      heartbeatDetails,
      scheduledTimestampMs: Date.now(),
      currentAttemptScheduledTimestampMs: Date.now(),
      workflowExecution: { workflowId: 'g', runId: 'g' },
    },
  } satisfies CallContext
  const unused = () => Promise.reject(new Error('not in this test'))
  const all: ActivityDeps = {
    ...worker.deps,
    searchAttributes: false,
    circuits: { admit: unused, obstacle: () => null, fresh: unused },
    budgets: { claim: unused, use: () => undefined, release: () => undefined },
    delivery: { open: unused },
    signalDue: () => undefined,
  }
  const found = resolveRoute(config(), 'default')
  const [candidate] = found.ok ? found.route.candidates : []
  if (candidate === undefined) throw new Error('no candidate')
  const ended = callProvider(all, context, {
    generationId: 'g',
    route: 'default',
    candidate,
    candidateIndex: 0,
    othersLeft: false,
    request: { messages: [{ role: 'user', content: 'hi' }] },
    deadlineAt: Date.now() + 60_000,
    unsupportedParams: 'fail',
    streaming: false,
    circuit: null,
    lastResort: false,
  }).catch((error: unknown) => error)
  const cancel = (details: Cancellation): void => {
    context.cancellationDetails = details as never
    hangUp.abort()
  }
  return { begun, ended, cancel }
}

const cancelled = () => simulator.waitForCalls(1, { outcome: 'client_aborted' })

/** Waits for what a cancel would have done by then: a second call and its cancel, on the same connections. */
async function nothingIsCancelledButOneMore(): Promise<void> {
  const { begun, ended, cancel } = attempt()
  await begun
  cancel({ cancelRequested: true })
  await ended
  await cancelled()
  expect(simulator.calls().map(({ outcome }) => outcome)).toEqual(['in_flight', 'client_aborted'])
}

it('is cancelled where the caller cancels', async () => {
  simulator.script('alpha', [{ words: 3, tokenLatency: '1h' }])
  const { begun, ended, cancel } = attempt()
  await begun
  cancel({ cancelRequested: true })
  await ended
  await cancelled()
})

it('is left to the worker that has taken the call over: Temporal says that this attempt is none any longer', async () => {
  simulator.script('alpha', [{ words: 3, tokenLatency: '1h' }])
  const { begun, ended, cancel } = attempt()
  await begun
  cancel({ notFound: true })
  await ended
  await nothingIsCancelledButOneMore()
})

it('is cancelled where its call has cost too many workers: nobody reads it any longer', async () => {
  simulator.script('alpha', [{ words: 3, tokenLatency: '1h' }])
  const { begun, ended, cancel } = attempt()
  await begun
  cancel({ workerShutdown: true })
  await ended
  const record = {
    candidate: 0,
    target: 'alpha/model-a',
    startedAt: 0,
    durationMs: 0,
    failure: { class: 'worker_lost', message: 'lost' },
  }
  const records = Array.from({ length: LOST_WORKERS_ALLOWED }, (_, index) => ({
    ...record,
    number: index + 1,
  }))
  const heartbeatDetails = { records, inFlight: { startedAt: 0 }, response: { id: 'resp_sim_0', key: null } }
  const late = attempt({ attempt: LOST_WORKERS_ALLOWED + 2, heartbeatDetails })
  expect(await late.ended).toMatchObject({ type: 'worker_lost' })
  await cancelled()
})
