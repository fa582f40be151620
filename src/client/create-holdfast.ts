/** The library's client: validates, resolves the route, starts the workflow, waits for its end. */
import { setMaxListeners } from 'node:events'
import type { Client } from '@temporalio/client'
import { givenConfig } from '../config'
import { type Accepted, HoldfastError } from '../contract/errors'
import { DEFAULT_TASK_QUEUE, type GenerationResult } from '../contract/generation'
import { circuitQuery } from '../engine/steps'
import { checkTenant, prepare } from '../request'
import { temporalOptions } from '../temporal/connection'
import { inTime } from '../util/in-time'
import { createSemaphore } from '../util/semaphore'
import { createSingleFlight } from '../util/single-flight'
import { readAttempts } from './attempts'
import { CANCEL_DEADLINE_MS, cancelRun, processCancels as cancels } from './cancels'
import { type Begun, coalescedResult } from './coalesced'
import { reachableDelivery } from './delivery'
import { requireHealthy } from './health-check'
import { bodyHash, generationId } from './identity'
import { inProcessRunner, runInProcess } from './in-process'
import { createPolls, processPolls } from './polls'
import { checkId, requireTenant, toHoldfastError } from './result'
import { runningGeneration } from './running'
import { throwIfAborted } from './signal'
import { attachedTo, type Started, startGeneration } from './start'
import { readStatus } from './status'
import { createTemporalClients } from './temporal-client'
import { type Schemas, typedResult } from './typed'
import type { Generation, Holdfast, HoldfastOptions, Internal, StreamRequest } from './types'
import { awaitResult, type LogSide, runDeadlineAt } from './wait'
import { webUrls } from './web-url'

/** `close` waits so long for cancellations of callers that have gone. */
const CLOSE_WAITS_MS = 5_000
/** A clock that is off must not make one of little time none at all. */
const CANCEL_LEAST_MS = 60_000
/** A start that was not confirmed arrives within this or never: a native connection goes on sending for ten seconds. */
const MAY_COME_MS = 30_000

/**
 * The deadline of a start call is 2 s: a burst sent all at once would wait for itself so long in a small server
 * that starts which were accepted look as if they were not.
 */
const STARTS_AT_ONCE = 16

const MAY_ANSWER: ReadonlySet<string> = new Set(['RUNNING', 'COMPLETED', 'CONTINUED_AS_NEW'])

/**
 * Reads the config; connects at the first call. Throws ConfigError, TemporalSettingsError, or HoldfastError where the
 * tenant is none.
 */
export async function createHoldfast(options: HoldfastOptions = {}): Promise<Holdfast> {
  const env = options.env ?? process.env
  const config = await givenConfig(options.config, env)
  const fromEnv = temporalOptions(env)
  const temporal = { ...fromEnv, namespace: options.namespace ?? fromEnv.namespace }
  const temporalClients = createTemporalClients(temporal, options.connection)
  const webUrl = webUrls(temporal, env)
  const tenant = options.tenant === undefined ? null : checkTenant(options.tenant)
  const taskQueue = options.taskQueue ?? (env.HOLDFAST_TASK_QUEUE || DEFAULT_TASK_QUEUE)

  /** Ends every wait that there is. */
  const closing = new AbortController()
  // However many there are: Node would take more than ten for a leak.
  setMaxListeners(0, closing.signal)
  /** The way to Temporal is about to be closed. */
  const ending = new AbortController()
  setMaxListeners(0, ending.signal)
  const startTurns = createSemaphore(STARTS_AT_ONCE)
  const allPolls = options.longPolls === undefined ? processPolls : createPolls(options.longPolls)
  const polls = allPolls.of(tenant)
  const singleFlight = createSingleFlight<Started>()
  const own = options.delivery === undefined ? await reachableDelivery(config, env) : null
  const delivery = options.delivery ?? own

  const begin = async (
    wanted: StreamRequest,
    { id: given, priority, resumes, stream: streams = false }: Internal = {},
  ): Promise<Begun> => {
    const { route, request, cache } = prepare(config, wanted, tenant)
    const { stream = streams } = wanted
    const { idempotencyKey, signal } = wanted
    throwIfAborted(signal)
    const { client, searchAttributes } = await temporalClients.open(false)
    throwIfAborted(signal)
    const coalesced = route.cache?.coalesce === true && cache?.control === 'default'
    const cacheKey = coalesced ? cache.key : null
    const id = given ?? generationId({ tenant, idempotencyKey, cacheKey })
    if (resumes) await requireAnswerable(id)
    const startedAt = Date.now()
    const deadlineAt = startedAt + route.deadlineMs
    const view = await options.circuitSnapshot?.(circuitQuery(route, false, false))
    const circuitSnapshot = view === undefined ? undefined : { view, at: Date.now() }
    const { deadlineMs } = route
    const input = {
      id,
      tenant,
      route,
      request,
      deadlineAt,
      deadlineMs,
      searchAttributes,
      cache,
      stream,
      look: circuitSnapshot,
    }
    const shared = given !== undefined || idempotencyKey !== undefined ? 'key' : coalesced ? 'request' : null
    const body = bodyHash(route.name, request)
    const eager = options.eager ?? false
    const started = await singleFlight(`${id} ${body}`, () =>
      startTurns(() => {
        // Nobody else could want it.
        if (shared === null) throwIfAborted(signal)
        return startGeneration(client, input, { body, taskQueue, shared, eager, priority })
      }),
    ).catch((error: unknown) => {
      // Its caller asks again, by another id.
      const unknown = error instanceof HoldfastError && error.accepted === 'unknown'
      if (unknown && shared === null) void hangUp(id, deadlineAt, true)
      throw error
    })
    return { id, shared, startedAt, deadlineAt, ...started }
  }

  const onRun = async <T>(
    id: string,
    act: (client: Client) => Promise<T>,
    accepted: Accepted = 'unknown',
  ): Promise<T> => {
    checkId(id)
    const { client } = await temporalClients.open(accepted)
    try {
      return await act(client)
    } catch (error) {
      throw toHoldfastError(error, id, accepted)
    }
  }

  /** Of what is told at once or not at all: a native connection would look for an absent server for ten seconds. */
  const atOnce = <T>(id: string, act: (client: Client) => Promise<T>): Promise<T> =>
    onRun(id, async (client) => {
      await requireHealthy(client.connection, id, 'unknown')
      return act(client)
    })

  const cancel = (id: string): Promise<void> =>
    atOnce(id, async (client) => {
      await inTime(CANCEL_DEADLINE_MS, requireTenant(client, id, tenant))
      await cancelRun(client, id, false)
    }).finally(() => polls.nudge(id))

  /** Those that this client has still to send. */
  const leaving = new Set<Promise<unknown>>()
  /** `mayCome`: Temporal has not confirmed it, and may yet have it. */
  const hangUp = (id: string, deadlineAt: number, mayCome = false): Promise<boolean> => {
    const untilAt = Math.max(deadlineAt, Date.now() + CANCEL_LEAST_MS)
    const comesUntil = mayCome ? Date.now() + MAY_COME_MS : 0
    const send = () => atOnce(id, (client) => cancelRun(client, id, Date.now() < comesUntil))
    const sending = cancels.cancel({ untilAt, ending: ending.signal, send })
    leaving.add(sending)
    return sending.finally(() => {
      leaving.delete(sending)
      polls.nudge(id)
    })
  }
  const resultOf = (
    { id, runId, endsAt }: Pick<Begun, 'id' | 'runId' | 'endsAt'>,
    left: AbortSignal,
    log: LogSide | undefined,
  ) =>
    onRun(
      id,
      (client) =>
        awaitResult(client, id, {
          accepted: true,
          runId,
          left,
          closing: closing.signal,
          deadlineAt: endsAt,
          log,
          polls,
        }),
      true,
    )
  const runDeadline = ({ id, runId }: Begun) => onRun(id, (client) => runDeadlineAt(client, id, runId))

  const running = (wanted: StreamRequest, begun: Begun, beginAgain: () => Promise<Begun>) => {
    const { id, shared, startedAt, deadlineAt, log, answered = false } = begun
    let hungUp: Promise<boolean> | null = null
    const ofThisRun = (left: AbortSignal, side?: LogSide) =>
      resultOf({ endsAt: begun.deadlineAt, ...begun }, left, side)
    const ofSharedRuns = (left: AbortSignal, side?: LogSide) =>
      coalescedResult(begun, {
        // Its own deadline is looked after there.
        resultOf: (on) => resultOf({ ...on, endsAt: undefined }, left, side),
        runDeadlineAt: runDeadline,
        beginAgain,
      })
    return runningGeneration<Generation>({
      id,
      webUrl: webUrl(id),
      log,
      answered,
      delivery,
      startedAt,
      result: shared === 'request' ? ofSharedRuns : ofThisRun,
      typed: (result) => generationOf(result, wanted),
      cancel: () => cancel(id),
      hangUp() {
        hungUp ??= hangUp(id, deadlineAt)
        return hungUp
      },
      signal: wanted.signal,
      detach: shared !== null,
    })
  }

  const generationOf = (result: GenerationResult, wanted: Schemas = {}): Generation => ({
    output: undefined,
    ...typedResult(result, wanted),
    webUrl: webUrl(result.id),
  })

  const open: Holdfast['open'] = async (wanted, internal) => {
    const begun = () => begin(wanted, internal)
    const first = await begun().catch((error: unknown) => inProcess(wanted, internal, error))
    return 'events' in first ? first : running(wanted, first, begun)
  }

  /** Instead of a start that Temporal has not accepted. Throws `error` where that may not be. */
  const inProcess = (wanted: StreamRequest, internal: Internal | undefined, error: unknown) => {
    const named = wanted.idempotencyKey !== undefined || internal?.id !== undefined
    const mode = closing.signal.aborted ? 'fail' : config.whenTemporalDown
    const runner = inProcessRunner(error, { runner: options.inProcess, mode, named })
    const { route, request, cache } = prepare(config, wanted, tenant)
    const id = generationId({ tenant, idempotencyKey: undefined, cacheKey: null })
    const deadlineAt = Date.now() + route.deadlineMs
    const { stream = internal?.stream ?? false } = wanted
    const input = { id, tenant, route, request, deadlineAt, searchAttributes: false, cache, stream }
    const typed = (result: GenerationResult): Generation => ({ ...generationOf(result, wanted), webUrl: '' })
    return runInProcess<Generation>(runner, input, { typed, signal: wanted.signal })
  }

  /** A failed run gives its id free: asked for again it would be another one. Throws what it ended with. */
  const requireAnswerable = (id: string): Promise<unknown> =>
    atOnce(id, async (client) => {
      const { status, runId } = await requireTenant(client, id, tenant)
      if (!MAY_ANSWER.has(status.name)) await awaitResult(client, id, { accepted: true, runId, polls })
    })

  const attachTo = (id: string): Promise<Begun> =>
    atOnce(id, async (client) => {
      const described = await requireTenant(client, id, tenant)
      const startedAt = described.startTime.getTime()
      return { id, shared: 'key', startedAt, deadlineAt: 0, ...(await attachedTo(client, described)) }
    })

  const find: Holdfast['find'] = async (id, options) => {
    const begun = await attachTo(id)
    return running({ signal: options?.signal }, begun, async () => begun)
  }

  return {
    open,
    generate: async (wanted) => (await (await open(wanted)).result()) as never,
    async *stream(wanted) {
      const generation = await open(wanted, { stream: true })
      yield* generation.events({ restarts: wanted.restarts })
    },
    find,
    async *attach(id, events) {
      yield* (await find(id, events)).events(events)
    },
    async start(wanted) {
      const { id } = await begin(wanted)
      return { id, webUrl: webUrl(id) }
    },
    result: async (id) =>
      generationOf(
        await onRun(id, (client) => awaitResult(client, id, { tenant, closing: closing.signal, polls })),
      ),
    status: (id) => atOnce(id, (client) => readStatus(client, id, tenant, generationOf, webUrl)),
    cancel,
    attempts: (id) =>
      atOnce(id, async (client) => {
        await requireTenant(client, id, tenant)
        return readAttempts(client, id)
      }),
    async close() {
      closing.abort()
      await inTime(CLOSE_WAITS_MS, Promise.all(leaving)).catch(() => undefined)
      ending.abort()
      await own?.close()
      await temporalClients.close()
    },
  }
}
