/** What a worker's activities use while it runs: providers, circuits, cache, delivery log. Opened before it polls, closed after it has drained. */
import type { Client } from '@temporalio/client'
import type { Logger } from 'pino'
import { type ActivityDeps, createActivities, createDrillActivities } from '../../activities'
import { type Budgets, createBudgets } from '../budgets'
import { createBoard } from '../circuits'
import { processCancels } from '../client/cancels'
import { forceForDrill, releaseForDrill } from '../client/force-circuit'
import { readLastDrills } from '../client/last-drills'
import { nudgeParked } from '../client/nudge'
import type { Config, Env } from '../config'
import type { DrillActivities, DrillForceInput } from '../contract/drill'
import { type Activities, DUE_SIGNAL, MAX_STORED_ANSWER_BYTES } from '../contract/generation'
import type { InProcessRunner } from '../contract/in-process'
import type { UsableAttributes } from '../contract/search-attributes'
import { shareLimits } from '../limits/sharing'
import { type DeliveryLog, openDelivery } from '../stores/delivery'
import { payloadStoreOf } from '../stores/payloads'
import { type Metrics, processMetrics } from '../telemetry/metrics'
import { type Tracing, traceGeneration } from '../telemetry/tracing'
import { createWorkerClock } from './clock'
import { processDeps } from './deps'
import { watchDrills } from './drill-metrics'
import { createInProcess } from './in-process'
import { keyMarks } from './key-marks'
import { largeRequests } from './large-requests'
import type { NexusDeps } from './nexus'
import { sweepPayloads } from './payload-sweep'
import { reportSinks, type Sinks } from './report-sinks'

export interface ResourceSettings {
  config: Config
  env: Env
  /** Reads and writes the circuits. It has the worker's data converter. */
  client: Client
  taskQueue: string
  /** Of the worker: the reporters of a task queue take turns by it. */
  identity: string
  logger: Logger
  /** Calls in flight at most. */
  slots: number
  /** Of them in the express lane. Default: DEFAULT_EXPRESS_CALLS. */
  expressCalls?: number | undefined
  /** Are Holdfast's search attributes registered there? */
  searchAttributes: UsableAttributes
  /** Is there one for metadata? Default: no. */
  searchesMetadata?: boolean | undefined
  /** As of ActivityDeps. */
  maxAnswerBytes?: number | undefined
  /** This machine's clock, epoch milliseconds. Default: `Date.now`. */
  now?: (() => number) | undefined
  /** Where it counts. Default: those of this process. */
  metrics?: Metrics | undefined
  /** One that is shared with others, who close it. Default: one of its own, by the config. */
  delivery?: DeliveryLog | undefined
  /** Closed by whoever opened it. Default: no traces. */
  tracing?: Tracing | null | undefined
}

export interface WorkerResources {
  activities: Activities & DrillActivities
  /** What starts of Nexus callers need. */
  nexus: NexusDeps
  /** For the worker's options: what its workflows say is counted. */
  sinks: Sinks
  /** What generations that it runs report of their end. */
  budgets: Budgets
  /** What its calls say, for those in this process who wait for it. */
  delivery: DeliveryLog
  /** For this process' clients, while Temporal is away. null: the config does not want it. */
  inProcess: InProcessRunner | null
  /** The worker shuts down: calls of the express lane get `graceMs` to end. */
  endExpress(graceMs: number): void
  /** Epoch milliseconds by Temporal's clock, as far as it is known. */
  now(): number
  /** `graceMs`: so long runs without Temporal may go on. */
  close(graceMs: number): Promise<void>
}

/** Throws an Error that says which store can't be opened. */
export async function openResources(settings: ResourceSettings): Promise<WorkerResources> {
  const { config, env, client, taskQueue, identity, logger, slots, expressCalls } = settings
  const { metrics = processMetrics() } = settings
  const clock = createWorkerClock(settings.now)
  const board = createBoard({
    client,
    taskQueue,
    identity,
    providers: Object.keys(config.providers),
    keys: keyMarks(config, env),
    wakeParked: async (provider, most) => {
      const { searchAttributes } = settings
      const { sent } = await nudgeParked(client, { config, taskQueue, searchAttributes, provider, most })
      return sent
    },
    logger,
    metrics,
    now: clock.now,
  })
  const budgets = createBudgets({
    client,
    taskQueue,
    identity,
    tenants: config.tenants,
    logger,
    now: clock.now,
    metrics,
  })
  const own = processDeps({ config, env, logger, slots, expressCalls, metrics, clock })
  const payloads = payloadStoreOf(config, env)
  const carriesLarge = client.options.loadedDataConverter.externalStorage !== undefined
  const sharing = shareLimits({ client, taskQueue, identity, limits: own.limits, logger, now: clock.now })
  const delivery = settings.delivery ?? (await openDelivery(config.delivery, { env, logger, metrics }))
  const deps: ActivityDeps = {
    ...own.deps,
    searchAttributes: settings.searchAttributes,
    circuits: board,
    budgets,
    delivery,
    tracing: settings.tracing,
    maxAnswerBytes: carriesLarge ? MAX_STORED_ANSWER_BYTES : settings.maxAnswerBytes,
    ...largeRequests(client, payloads),
    signalDue: ({ workflowId, runId }, sequence) => {
      // A workflow that is not signalled is woken by its own timer, later.
      client.workflow
        .getHandle(workflowId, runId)
        .signal(DUE_SIGNAL, sequence)
        .catch((error) =>
          logger.debug(
            { event: 'due_not_signalled', err: error },
            'the workflow of a slow call was not signalled',
          ),
        )
    },
  }
  const drillDelivery = await openDelivery({ store: 'memory' }, { env, logger })
  const endMetrics = metrics.watch({
    circuits: board.states,
    budgets: budgets.states,
    cancellations: processCancels.counts,
  })
  const endSweeps = sweepPayloads(payloads, config, logger)
  const endDrills = watchDrills({
    read: () => readLastDrills(client, taskQueue),
    metrics,
  })
  const drillForces = {
    force: (input: DrillForceInput) => forceForDrill(client, { config, taskQueue, ...input }),
    release: (input: DrillForceInput) => releaseForDrill(client, { config, taskQueue, ...input }),
  }
  const generationActivities = createActivities(deps)
  const inProcess = config.whenTemporalDown === 'direct' ? await createInProcess(deps) : null
  return {
    activities: { ...generationActivities, ...createDrillActivities(deps, drillDelivery, drillForces) },
    nexus: {
      payloads,
      config,
      searchAttributes: settings.searchAttributes,
      searchesMetadata: settings.searchesMetadata === true,
      circuitSnapshot: generationActivities.readCircuits,
      logger,
    },
    sinks: reportSinks(metrics, budgets, (end) => {
      if (settings.tracing != null) traceGeneration(settings.tracing, end)
    }),
    budgets,
    delivery,
    inProcess,
    endExpress: own.endExpress,
    now: clock.now,
    async close(graceMs) {
      await inProcess?.drain(graceMs)
      await own.endProbes()
      endMetrics()
      endDrills()
      endSweeps()
      await board.close()
      await budgets.close()
      await sharing.close()
      if (settings.delivery === undefined) await delivery.close()
      await drillDelivery.close()
      await own.close()
    },
  }
}
