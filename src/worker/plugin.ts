/**
 * Holdfast as a plugin of somebody else's worker: its workflows, activities and resources beside the worker's own.
 *
 * WORKER-PLUGIN-1 What the user has set stays: converter, interceptors, logger, connection, and every option. Only what
 *    is left open gets the value that Holdfast's own worker has.
 * WORKER-PLUGIN-2 Resources are opened when the worker is run, while calls wait for them, and closed when it has
 *    drained: a worker that is made and never run leaves nothing behind.
 * WORKER-PLUGIN-3 No name stands for two activities or workflows (MERGED-WORKFLOWS-1), and a bundle without
 *    Holdfast's workflows is refused: each would show only when a generation is started.
 */
import { readFileSync } from 'node:fs'
import { SimplePlugin } from '@temporalio/plugin'
import {
  type BundleOptions,
  type ReplayWorkerOptions,
  Runtime,
  type Worker,
  type WorkerOptions,
} from '@temporalio/worker'
import type { Budgets } from '../budgets'
import { type Config, type Env, givenConfig } from '../config'
import type { DrillActivities } from '../contract/drill'
import type { Activities } from '../contract/generation'
import { loggerOver, logShutdowns } from '../telemetry'
import { processMetrics } from '../telemetry/metrics'
import { hostTracing, type Tracing, traceGeneration } from '../telemetry/tracing'
import { dataConverterOf } from '../temporal/data-converter'
import { hasHoldfastWorkflows, withHoldfastWorkflows } from '../temporal/merged-workflows'
import { encodesFailures } from '../temporal/options'
import { bundledSource, SANDBOX_FAILURES, WORKFLOWS } from '../temporal/workflow-bundle'
import { readCluster } from './cluster'
import { type NexusDeps, nexusService } from './nexus'
import { NO_REPORT_SINKS, reportSinks } from './report-sinks'
import { openResources, type WorkerResources } from './resources'
import { shutdownTimes } from './shutdown-times'
import { warnOfUnusable } from './unusable'
import { ownIdentity, WORKER_OPTIONS } from './worker-options'

export interface HoldfastPluginOptions {
  /** A config file's path (default `holdfast.yaml`; none there means the built-in defaults), or a loaded config. */
  config?: string | Config
  /** Providers' keys, and HOLDFAST_SHUTDOWN_GRACE. Default: `process.env`. */
  env?: Env
  /**
   * true: generations and their calls have spans, by the tracer provider that this application has registered. Default:
   * false, and nothing of OpenTelemetry's is loaded.
   */
  tracing?: boolean
  /** true: the worker serves the Nexus service `holdfast` too, by the config's `nexus`. Default: false. */
  nexus?: boolean
}

type State = { name: 'idle' } | { name: 'running'; opening: Promise<WorkerResources> }

type ActivityName = keyof (Activities & DrillActivities)

/** Which ones there are is reported before any resource is opened. */
const ACTIVITIES = Object.keys({
  callProvider: true,
  drillCall: true,
  expressCall: true,
  forceForDrill: true,
  lastLook: true,
  lookupCache: true,
  planDrill: true,
  planFailover: true,
  readCircuits: true,
  releaseForDrill: true,
  resolveRequest: true,
} satisfies Record<ActivityName, true>) as ActivityName[]

/** A class: it holds what the running worker uses. */
export class HoldfastPlugin extends SimplePlugin {
  readonly #settings: HoldfastPluginOptions
  #state: State = { name: 'idle' }
  #tracing: Tracing | null = null
  #resources: WorkerResources | null = null
  /** The sinks are there before the budgets are. */
  readonly #budgets: Pick<Budgets, 'release' | 'use'> = {
    release: (...end) => this.#resources?.budgets.release(...end),
    use: (...used) => this.#resources?.budgets.use(...used),
  }

  constructor(settings: HoldfastPluginOptions) {
    super({ name: 'holdfast' })
    this.#settings = settings
  }

  /** Throws an Error for a clash of names, or for a bundle that lacks Holdfast's workflows. */
  override configureWorker(given: WorkerOptions): WorkerOptions {
    const options = super.configureWorker(given)
    const bundled = requireWorkflows(options)
    const dataConverter = dataConverterOf({ env: this.#env(), config: null, own: options.dataConverter })
    return {
      ...defaultsFor(options, this.#env()),
      ...withoutUndefined(options),
      dataConverter,
      activities: this.#activitiesBeside(options.activities ?? {}),
      ...(this.#settings.nexus === true
        ? { nexusServices: [...(options.nexusServices ?? []), nexusService(() => this.#nexus())] }
        : {}),
      sinks: {
        ...options.sinks,
        ...reportSinks(processMetrics(), this.#budgets, (end) => {
          if (this.#tracing !== null) traceGeneration(this.#tracing, end)
        }),
      },
      ...(bundled === null ? { workflowsPath: options.workflowsPath ?? WORKFLOWS } : {}),
      ...(bundled !== null && encodesFailures({ dataConverter })
        ? bundledSource(bundled, { dataConverter })
        : {}),
    }
  }

  override configureReplayWorker(given: ReplayWorkerOptions): ReplayWorkerOptions {
    const options = super.configureReplayWorker(given)
    return { ...options, sinks: { ...options.sinks, ...NO_REPORT_SINKS } }
  }

  override configureBundler(given: BundleOptions): BundleOptions {
    const options = super.configureBundler(given)
    return withHoldfastWorkflows({
      ...options,
      failureConverterPath: options.failureConverterPath ?? SANDBOX_FAILURES,
    })
  }

  /** Rejects with ConfigError, or with TemporalSettingsError where the namespace does not exist: the worker is shut down. */
  override async runWorker(worker: Worker, next: (worker: Worker) => Promise<void>): Promise<void> {
    if (this.#state.name === 'running')
      throw new Error('A Holdfast plugin serves one worker at a time: make one for each worker')
    // Not awaited: whoever has called `run` may call `shutdown` at once.
    const opening = this.#open(worker)
    this.#state = { name: 'running', opening }
    opening.catch(() => {
      if (worker.getState() === 'RUNNING') worker.shutdown()
    })
    try {
      await super.runWorker(worker, next)
    } finally {
      // WORKER-PLUGIN-2
      const resources = await opening.finally(() => {
        this.#state = { name: 'idle' }
      })
      await resources.close(shutdownTimes(this.#env()).shutdownGraceTime)
    }
  }

  async #open(worker: Worker): Promise<WorkerResources> {
    const { client, connection, options } = worker
    if (client === undefined || connection === undefined)
      throw new Error('A worker without a connection runs no generations')
    const { namespace, taskQueue, identity } = options
    const env = this.#env()
    const config = await givenConfig(this.#settings.config, env)
    const logger = loggerOver(Runtime.instance().logger)
    warnOfUnusable(config, env, logger)
    const cluster = await readCluster(connection, namespace, logger)
    const endLines = logShutdowns(config, logger)
    const tracing = this.#settings.tracing === true ? await hostTracing(config) : null
    const resources = await openResources({
      config,
      env,
      logger,
      client,
      taskQueue,
      identity,
      slots: slotsOf(worker),
      expressCalls: expressCallsOf(worker),
      tracing,
      ...cluster,
    })
    this.#tracing = tracing
    this.#resources = resources
    return {
      ...resources,
      close: (graceMs) => {
        endLines()
        return resources.close(graceMs)
      },
    }
  }

  #env(): Env {
    return this.#settings.env ?? process.env
  }

  /** WORKER-PLUGIN-3 */
  #activitiesBeside(own: object): object {
    const clashes = ACTIVITIES.filter((name) => name in own)
    if (clashes.length > 0)
      throw new Error(
        `${clashes.join(', ')} is an activity of Holdfast and of this worker: give the worker's another name`,
      )
    const named = ACTIVITIES.map((name) => [name, (...args: unknown[]) => this.#call(name, args)])
    return { ...own, ...Object.fromEntries(named) }
  }

  async #nexus(): Promise<NexusDeps> {
    if (this.#state.name === 'idle') throw new Error('The worker of this Nexus service does not run')
    return (await this.#state.opening).nexus
  }

  async #call(name: ActivityName, args: unknown[]): Promise<unknown> {
    if (this.#state.name === 'idle') throw new Error('The worker of this activity does not run')
    const { activities } = await this.#state.opening
    return (activities[name] as (...given: unknown[]) => Promise<unknown>)(...args)
  }
}

/**
 * WORKER-PLUGIN-3. The code of a bundle that was made before; null: the worker makes it itself, which goes through
 * `configureBundler`.
 */
function requireWorkflows({ workflowBundle }: WorkerOptions): string | null {
  if (workflowBundle === undefined) return null
  const code = 'code' in workflowBundle ? workflowBundle.code : readFileSync(workflowBundle.codePath, 'utf8')
  if (!hasHoldfastWorkflows(code))
    throw new Error(
      "The workflow bundle lacks Holdfast's workflows: make it with bundleWorkflowCode({ plugins: [holdfastPlugin()], … })",
    )
  return code
}

/**
 * WORKER-PLUGIN-1. Options that Temporal, or good sense, allows only together are not changed where one of them is set.
 */
function defaultsFor(
  { tuner, shutdownGraceTime, shutdownForceTime }: WorkerOptions,
  env: Env,
): Partial<WorkerOptions> {
  const { maxConcurrentActivityTaskExecutions, ...others } = WORKER_OPTIONS
  const ends = shutdownGraceTime === undefined && shutdownForceTime === undefined
  return {
    ...others,
    ...(tuner === undefined ? { maxConcurrentActivityTaskExecutions } : {}),
    ...(ends ? shutdownTimes(env) : {}),
    identity: ownIdentity(),
  }
}

/** Calls in flight at most. A tuner that decides by memory and processor sets no number. */
const slotsOf = ({ options: { tuner } }: Worker): number =>
  slotsBy(tuner.activityTaskSlotSupplier) ?? WORKER_OPTIONS.maxConcurrentActivityTaskExecutions

/** Half of its workflow tasks; undefined: their number is not fixed. */
function expressCallsOf({ options: { tuner } }: Worker): number | undefined {
  const tasks = slotsBy(tuner.workflowTaskSlotSupplier)
  return tasks === undefined ? undefined : Math.floor(tasks / 2)
}

const slotsBy = (supplier: object | undefined): number | undefined =>
  supplier !== undefined && 'numSlots' in supplier ? Number(supplier.numSlots) : undefined

/** An option that is `undefined` is one that the user has left open. */
const withoutUndefined = <T extends object>(options: T): T =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as T
