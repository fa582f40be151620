/**
 * The runs whose histories are kept in `test/fixtures/histories`: one for each shape that a generation's history can have.
 * Each scripts the simulator anew, and says which run it made.
 */
import type { GenerateRequest, SchemaInput } from '../../src/request'
import { type CacheStack, PAST_FRESH_MS, startCacheStack } from './cache-stack'
import { startPlainServer } from './plain-server'
import { until } from './processes'
import { holdfastError } from './stack'

export const ROUTES = `
  default: { candidates: [alpha/model-a, beta/model-b], retry: { maximumAttempts: 2, initialInterval: 20ms } }
  race: { candidates: [alpha/model-a, beta/model-b], strategy: race }
  hedge: { candidates: [alpha/model-a, beta/model-b], strategy: { hedge: { after: 200ms, budget: 100% } } }
  passes: { candidates: [alpha/model-a, beta/model-b], passes: 3 }
  patient: { candidates: [alpha/model-a], passes: 2, retry: { maxWait: 100ms } }
  waits: { candidates: [alpha/model-a], passes: 2, deadline: 10m }
  short: { candidates: [alpha/model-a], deadline: 1s }
  impatient: { candidates: [alpha/model-a, beta/model-b], timeouts: { attempt: 300ms } }
  circuit: { candidates: [alpha/model-c], passes: 2, circuit: { consecutive: 1, openFor: 1s, maxOpenFor: 1s, whenAllOpen: wait } }
  quick: { candidates: [alpha/model-a, beta/model-b], order: latency }
  kept: { candidates: [{ target: alpha/model-a, weight: 3 }, beta/model-b], order: weighted, sticky: conversation }
  cached: { candidates: [alpha/model-a], cache: { ttl: 1h, staleIfError: 24h } }
  lane: { candidates: [alpha/model-a, beta/model-b], express: true, timeouts: { attempt: 4600ms }, retry: { maximumAttempts: 2, initialInterval: 20ms, jitter: none } }
  renewed: { candidates: [alpha/model-a], cache: { ttl: 1h, staleWhileRevalidate: 24h } }`

type Request = GenerateRequest<SchemaInput | undefined>

/** Resolves to the id of the run that is kept. */
export type Scenario = (stack: CacheStack) => Promise<string>

const answered = async (stack: CacheStack, request: Request): Promise<string> =>
  (await stack.holdfast.generate(request)).id

const failed = async (stack: CacheStack, request: Request): Promise<string> =>
  (await holdfastError(stack.holdfast.generate(request))).generationId ?? ''

/** Kept by its cache, and then as old as that. */
async function kept(stack: CacheStack, request: Request, agedMs: number): Promise<void> {
  await stack.holdfast.generate(request)
  await stack.age(request, agedMs)
}

async function cancelledWhen(
  stack: CacheStack,
  request: Request,
  ready: (id: string) => Promise<unknown>,
): Promise<string> {
  const { id } = await stack.holdfast.start(request)
  await ready(id)
  await stack.holdfast.cancel(id)
  await holdfastError(stack.holdfast.result(id))
  return id
}

/** Has its timer for the next pass begun? */
async function isWaiting({ client }: CacheStack, id: string): Promise<boolean> {
  const { events } = await client.workflow.getHandle(id).fetchHistory()
  return events?.some(({ timerStartedEventAttributes }) => timerStartedEventAttributes != null) === true
}

let made = 0
/** Of requests that are cached by their prompt. */
const fresh = (word: string): string => `${word} ${++made} ${Date.now()}`

export const SCENARIOS: { readonly [name: string]: Scenario } = {
  /** The first candidate answers. */
  answered: (stack) => answered(stack, { prompt: 'answered' }),
  /** Alpha refuses twice, then beta answers. */
  'failed-over': (stack) => {
    stack.simulator.script('alpha', [{ status: 529 }, { status: 429, retryAfter: '0.2' }])
    stack.simulator.script('beta', [{ answer: 'from beta' }])
    return answered(stack, { prompt: 'fail over' })
  },
  'all-failed': (stack) => {
    for (const name of ['alpha', 'beta']) stack.simulator.script(name, [{ status: 503 }])
    return failed(stack, { prompt: 'nobody' })
  },
  /** A fault of the request: nobody else is called. */
  'invalid-request': (stack) => {
    stack.simulator.script('alpha', [{ fault: 'invalid_request' }])
    return failed(stack, { prompt: 'invalid' })
  },
  /** A call that is not made again: the next candidate answers. */
  timeout: (stack) => {
    stack.simulator.script('alpha', [{ fault: 'silent' }])
    return answered(stack, { route: 'impatient', prompt: 'timeout' })
  },
  deadline: (stack) => {
    stack.simulator.script('alpha', [{ fault: 'silent' }])
    return failed(stack, { route: 'short', prompt: 'deadline' })
  },
  /** Both start, beta answers, alpha is cancelled. */
  race: (stack) => {
    stack.simulator.script('alpha', [{ fault: 'silent' }])
    stack.simulator.script('beta', [{ answer: 'won', latency: '300ms' }])
    return answered(stack, { route: 'race', prompt: 'race' })
  },
  'race-lost': (stack) => {
    stack.simulator.script('alpha', [{ status: 503 }])
    stack.simulator.script('beta', [{ status: 503, latency: '300ms' }])
    return failed(stack, { route: 'race', prompt: 'race' })
  },
  /** Alpha keeps silent, the budget is queried, beta is started and answers. */
  hedge: (stack) => {
    stack.simulator.script('alpha', [{ fault: 'silent' }])
    stack.simulator.script('beta', [{ answer: 'the hedge', latency: '300ms' }])
    return answered(stack, { route: 'hedge', prompt: 'hedge' })
  },
  /** The first call answers before the hedge is due: its timer is cancelled. */
  'hedge-not-needed': (stack) => answered(stack, { route: 'hedge', prompt: 'quick' }),
  /** Both fail, a pause, and alpha answers in the second pass. */
  passes: (stack) => {
    stack.simulator.script('alpha', [{ status: 503, times: 1 }, { answer: 'well again' }])
    stack.simulator.script('beta', [{ status: 503 }])
    return answered(stack, { route: 'passes', prompt: 'passes' })
  },
  /** A Retry-After that the workflow waits out. */
  'retry-after': (stack) => {
    stack.simulator.script('alpha', [{ status: 429, retryAfter: '1', times: 1 }, { answer: 'after' }])
    return answered(stack, { route: 'patient', prompt: 'patient' })
  },
  /** Its circuit opens, and it waits till the circuit lets it through. */
  'circuit-wait': (stack) => {
    stack.simulator.script('alpha/model-c', [{ status: 503, times: 1 }, { answer: 'closed again' }])
    return answered(stack, { route: 'circuit', prompt: 'circuit' })
  },
  /** Alpha was slow of late: beta is called first. */
  'latency-order': async (stack) => {
    stack.simulator.script('alpha', [{ answer: 'slow', latency: '600ms' }])
    for (let call = 0; call < 8; call += 1) await answered(stack, { route: 'quick', prompt: 'measured' })
    return answered(stack, { route: 'quick', prompt: 'ordered' })
  },
  /** Drawn by the key of its conversation. */
  'sticky-order': (stack) => answered(stack, { route: 'kept', prompt: 'a conversation begins' }),
  'cache-hit': async (stack) => {
    const request = { route: 'cached', prompt: fresh('hit') }
    await kept(stack, request, 0)
    return answered(stack, request)
  },
  'cache-miss': (stack) => answered(stack, { route: 'cached', prompt: fresh('miss') }),
  'cache-only': (stack) => failed(stack, { route: 'cached', prompt: fresh('only'), cache: 'only-if-cached' }),
  'cache-stale': async (stack) => {
    const request = { route: 'cached', prompt: fresh('stale') }
    await kept(stack, request, PAST_FRESH_MS)
    stack.simulator.script('alpha', [{ status: 503 }])
    return answered(stack, request)
  },
  /** An old answer is served, and a child renews it. */
  'cache-renewing': async (stack) => {
    const request = { route: 'renewed', prompt: fresh('renewing') }
    await kept(stack, request, PAST_FRESH_MS)
    return answered(stack, request)
  },
  /** The child. */
  'child-renewal': async (stack) => {
    const request = { route: 'renewed', prompt: fresh('renewal') }
    await kept(stack, request, PAST_FRESH_MS)
    await answered(stack, request)
    const id = `renew-${stack.keyOf(request)}`
    await stack.client.workflow.getHandle(id).result()
    return id
  },
  /** As `holdfast/workflow` starts its child: the worker resolves the request. */
  'child-unresolved': async ({ client, taskQueue }) => {
    const id = `gen-unresolved-${taskQueue}-${++made}`
    const args = [{ id, tenant: null, asked: { prompt: 'unresolved' } }]
    await client.workflow.execute('generation', { workflowId: id, taskQueue, args })
    return id
  },
  'child-refused': async ({ client, taskQueue }) => {
    const id = `gen-refused-${taskQueue}-${++made}`
    const args = [{ id, tenant: null, asked: { route: 'nowhere', prompt: 'refused' } }]
    await client.workflow.execute('generation', { workflowId: id, taskQueue, args }).catch(() => undefined)
    return id
  },
  /** Within one workflow task. */
  express: (stack) => answered(stack, { route: 'lane', prompt: 'express' }),
  /** The first call fails, a timer, and an activity calls again. */
  'express-again': (stack) => {
    stack.simulator.script('alpha', [{ status: 529, times: 1 }, { answer: 'well again' }])
    return answered(stack, { route: 'lane', prompt: 'express again' })
  },
  /** Both candidates within one task. */
  'express-fallback': (stack) => {
    stack.simulator.script('alpha', [{ fault: 'unauthorized' }])
    return answered(stack, { route: 'lane', prompt: 'express fallback' })
  },
  /** Alpha's call outlasts its task, which is renewed; beta answers in the one after it. */
  'express-renewed': (stack) => {
    stack.simulator.script('alpha', [{ fault: 'silent' }])
    return answered(stack, { route: 'lane', prompt: 'express renewed' })
  },
  'cancelled-call': (stack) => {
    stack.simulator.script('alpha', [{ fault: 'silent' }])
    return cancelledWhen(stack, { prompt: 'cancelled' }, () => stack.simulator.waitForCalls(1))
  },
  'cancelled-race': (stack) => {
    for (const name of ['alpha', 'beta']) stack.simulator.script(name, [{ fault: 'silent' }])
    const request = { route: 'race', prompt: 'cancelled' }
    return cancelledWhen(stack, request, () => stack.simulator.waitForCalls(2))
  },
  'cancelled-wait': (stack) => {
    stack.simulator.script('alpha', [{ status: 429, retryAfter: '60' }])
    return cancelledWhen(stack, { route: 'waits', prompt: 'cancelled' }, (id) =>
      until('it waits', () => isWaiting(stack, id)),
    )
  },
}

/** Calls that overlap, or that are cut off: which event is recorded first is random; what the workflow decides is not. */
export const OVERLAPPING: ReadonlySet<string> = new Set([
  'race',
  'race-lost',
  'hedge',
  'hedge-not-needed',
  'circuit-wait',
  'deadline',
  'cancelled-call',
  'cancelled-race',
])

export const replayStack = (): Promise<CacheStack> => startCacheStack({ routes: ROUTES })

/** On a server that suggests it after a few events: the run that is continued as new, and the one that goes on. */
export async function continuedRuns(): Promise<{ stack: CacheStack; runs: [string, string]; id: string }> {
  const server = await startPlainServer({ 'limit.historyCount.suggestContinueAsNew': '20' })
  const stack = await startCacheStack({ routes: ROUTES, server })
  const close = stack.close
  stack.close = async () => {
    await close()
    await server.stop()
  }
  stack.simulator.script('alpha', [{ status: 503, times: 2 }, { answer: 'in another run' }])
  stack.simulator.script('beta', [{ status: 503 }])
  const id = await answered(stack, { route: 'passes', prompt: 'continued' })
  const { raw, runId } = await stack.client.workflow.getHandle(id).describe()
  return { stack, id, runs: [raw.workflowExecutionInfo?.firstRunId ?? '', runId] }
}
