/**
 * The builds of one task queue, checked by one of its workers every CHECK_EVERY_MS.
 *
 * BUILDS-1 Its own build becomes the current one where it should (promotion.ts).
 * BUILDS-2 Generations that are pinned to an earlier build, whose code is kept, are run here with that code, by a worker
 *    of its own (a stand-in), until the server says that the build is drained.
 * BUILDS-3 Generations that are pinned to a build that nobody polls for and whose code is not kept go on with the
 *    current one: its code may refuse their history, but nobody else would ever take them.
 * BUILDS-4 What fails is tried again at the next check. A check never throws.
 * BUILDS-5 Code that no worker can be made of is as good as none, and keeps no other build from being served.
 * BUILDS-6 A worker that may not make its build current would wait for generations that never come: it does not start.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Client } from '@temporalio/client'
import type { Logger } from 'pino'
import {
  type DeploymentState,
  isDenied,
  makeCurrent,
  moveToCurrent,
  readDeployment,
} from '../../temporal/deployment'
import { pollersOf } from '../../temporal/pollers'
import type { KeptBuilds } from './kept-builds'
import { GONE_AFTER_MS, hasWorkers, shouldBeCurrent } from './promotion'

const CHECK_EVERY_MS = 30_000
/** Until the server knows this worker's build, which it learns by its first poll. */
const CHECK_FIRST_MS = 50
const CHECK_FIRST_FOR_MS = 10_000

/** What runs another build's workflows. */
export interface StandIn {
  /** Rejects when it breaks. */
  running: Promise<void>
  shutdown(): void
}

export interface BuildsSettings {
  client: Client
  taskQueue: string
  deploymentName: string
  /** This worker's own. */
  buildId: string
  /** No worker of this task queue has polled before: there is nothing to be compared. */
  first: boolean
  kept: KeptBuilds
  logger: Logger
  /** By Temporal's clock, epoch milliseconds. */
  now(): number
  /** Starts a worker with the code of another build. */
  standIn(buildId: string, code: string): Promise<StandIn>
  /** For tests. Default: CHECK_EVERY_MS. */
  checkEveryMs?: number | undefined
  /** For tests. Default: CHECK_FIRST_FOR_MS. */
  firstForMs?: number | undefined
  /** For tests. Default: GONE_AFTER_MS. */
  goneAfterMs?: number | undefined
}

export interface Builds {
  /**
   * Resolves when the first check has succeeded; where Temporal can't be reached, after ten seconds of trying. Rejects
   * where Temporal answers and takes no worker of this build.
   */
  ready: Promise<void>
  /** Ends the checks and the stand-ins, which let their calls in flight end as their worker does. */
  close(): Promise<void>
}

export function lookAfterBuilds(settings: BuildsSettings): Builds {
  const { client, taskQueue, deploymentName, buildId, kept, logger, now } = settings
  const {
    checkEveryMs = CHECK_EVERY_MS,
    goneAfterMs = GONE_AFTER_MS,
    firstForMs = CHECK_FIRST_FOR_MS,
  } = settings
  let { first } = settings
  const { connection } = client
  const { namespace } = client.options
  const standIns = new Map<string, StandIn>()
  /** BUILDS-5 */
  const unusable = new Set<string>()
  /** Builds without code and without a poller at the last check. */
  let abandoned: ReadonlySet<string> = new Set()
  const closing = new AbortController()

  /** false: the server does not know this build yet, or the deployment was changed meanwhile. */
  async function check(): Promise<boolean> {
    if (first) {
      // The server takes a second to describe a deployment that it has just made.
      first = !(await becomeCurrent(null))
      return !first
    }
    const state = await readDeployment(connection, namespace, deploymentName)
    if (state === null || !state.builds.some((build) => build.buildId === buildId)) return false
    const pollers = await pollersOf(client, taskQueue, 'workflow')
    const isPolled = (build: string): boolean => hasWorkers(build, pollers, now() - goneAfterMs)
    // BUILDS-1
    if (shouldBeCurrent(state, buildId, isPolled)) {
      // What was current before may be draining then.
      return (await becomeCurrent(state)) && check()
    }
    await serveEarlier(state, isPolled)
    return true
  }

  async function becomeCurrent(state: DeploymentState | null): Promise<boolean> {
    if (!(await makeCurrent(connection, namespace, deploymentName, buildId, state))) return false
    logger.info(
      { event: 'build_current', build: buildId, before: state?.current ?? null, deployment: deploymentName },
      'new generations go to this build',
    )
    return true
  }

  async function serveEarlier(
    { builds }: DeploymentState,
    isPolled: (build: string) => boolean,
  ): Promise<void> {
    const draining = builds.filter((build) => build.state === 'draining' && build.buildId !== buildId)
    const needed = new Set([
      buildId,
      ...builds.filter(({ state }) => state !== 'drained').map((one) => one.buildId),
    ])
    for (const [build, { shutdown }] of standIns) if (!needed.has(build)) shutdown()
    kept.prune(needed)
    const missing = new Set<string>()
    for (const build of draining.map((one) => one.buildId).filter((one) => !standIns.has(one))) {
      if (closing.signal.aborted) return
      const served = !unusable.has(build) && (await serve(build))
      if (!served && !isPolled(build)) missing.add(build)
    }
    // BUILDS-3. Seen twice: a server that was just started knows of no poller yet.
    for (const build of missing) if (abandoned.has(build)) await move(build)
    abandoned = missing
  }

  /** BUILDS-2. false: its code is not kept, or no worker can be made of it. */
  async function serve(build: string): Promise<boolean> {
    const code = kept.find(build)
    const standIn = code === null ? null : await standInOf(build, code)
    if (standIn === null) return false
    standIns.set(build, standIn)
    logger.info({ event: 'build_served', build }, 'generations of an earlier build go on with its code')
    standIn.running
      .catch((error: unknown) =>
        logger.error({ event: 'build_broke', build, err: error }, 'a stand-in broke'),
      )
      .finally(() => standIns.delete(build))
    return true
  }

  /** BUILDS-5 */
  async function standInOf(build: string, code: string): Promise<StandIn | null> {
    try {
      return await settings.standIn(build, code)
    } catch (error) {
      unusable.add(build)
      logger.error({ event: 'build_unusable', build, err: error }, 'no worker can be made of the kept code')
      return null
    }
  }

  async function move(build: string): Promise<void> {
    const moved = await moveToCurrent(client, deploymentName, build)
    if (moved > 0)
      logger.warn(
        { event: 'build_missing', build, generations: moved },
        'no worker runs this build and its code is not kept: its generations go on with the current one',
      )
  }

  async function run(becameReady: () => void, refused: (error: Error) => void): Promise<void> {
    const giveUpAt = performance.now() + firstForMs
    let checked = false
    let failing = false
    while (!closing.signal.aborted) {
      try {
        checked = (await check()) || checked
        failing = false
      } catch (error) {
        // BUILDS-4
        if (!failing && !closing.signal.aborted)
          logger.warn({ event: 'builds_unchecked', err: error }, 'the builds could not be checked')
        failing = true
        // BUILDS-6
        if (!checked && isDenied(error)) refused(new Error(NOT_ALLOWED, { cause: error }))
      }
      const late = performance.now() > giveUpAt
      if (late && !checked && !failing) refused(new Error(notTaken(deploymentName)))
      if (checked || late) becameReady()
      const pauseMs = checked || late ? checkEveryMs : CHECK_FIRST_MS
      await sleep(pauseMs, undefined, { signal: closing.signal, ref: false }).catch(() => undefined)
    }
    becameReady()
  }

  let checks: Promise<void> = Promise.resolve()
  const ready = new Promise<void>((resolve, reject) => {
    checks = run(resolve, reject)
  })
  return {
    ready,
    async close() {
      closing.abort()
      await checks
      const ending = [...standIns.values()]
      for (const { shutdown } of ending) shutdown()
      await Promise.allSettled(ending.map(({ running }) => running))
    },
  }
}

const NOT_ALLOWED =
  'Temporal does not let this worker make its build the current one (permission denied): give it a key that may, let ' +
  'somebody else do it (TEMPORAL_DEPLOYMENT_NAME and TEMPORAL_WORKER_BUILD_ID), or set HOLDFAST_VERSIONING=off ' +
  '(docs/upgrading.md)'

const notTaken = (deploymentName: string): string =>
  `Temporal has not taken this worker into the deployment ${deploymentName} within ${CHECK_FIRST_FOR_MS / 1_000} s. ` +
  'A namespace has at most 100 deployments by default (matching.maxDeployments): delete those that are not used, or set ' +
  'HOLDFAST_VERSIONING=off (docs/upgrading.md)'
