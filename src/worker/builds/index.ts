/** The Temporal workers of one Holdfast worker: one with its own build, and one for each earlier build that is still needed. */
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import type { Client } from '@temporalio/client'
import type { NativeConnection, Worker } from '@temporalio/worker'
import type { Logger } from 'pino'
import { type Env, readEnv } from '../../config'
import { standInIdentity } from '../../temporal/pollers'
import { RELEASES, workflowBundle } from '../../temporal/workflow-bundle'
import type { BuildOptions } from '../worker-options'
import { buildIdOf } from './build-id'
import { lookAfterBuilds } from './builds'
import { type KeptBuilds, keptBuilds, NOTHING_KEPT } from './kept-builds'
import { deploymentOptions, type Versioning, versioningOf } from './versioning'

interface BuildWorkersSettings {
  env: Env
  client: Client
  connection: NativeConnection
  taskQueue: string
  identity: string
  /** Keeps the code of builds that run here. Default: HOLDFAST_BUILDS, or none. */
  folder?: string | undefined
  /**
   * Something of the user's stands in the workflows' sandbox: then code of other builds lacks it, and can't be run here.
   */
  ownSandbox: boolean
  logger: Logger
  /** By Temporal's clock, epoch milliseconds. */
  now(): number
  create(options: BuildOptions): Promise<Worker>
}

export interface BuildWorkers {
  /** null: it names no build to Temporal. */
  buildId: string | null
  /** Rejects when the own worker breaks; resolves when all have drained after `shutdown`. */
  running: Promise<void>
  shutdown(): void
}

/** Polls at once, and resolves when new generations can come. Throws what Temporal throws, and where a setting is not usable. */
export async function startBuildWorkers(settings: BuildWorkersSettings): Promise<BuildWorkers> {
  const { env, client, connection, taskQueue, identity, logger, now, create } = settings
  const { namespace } = client.options
  const code = await readFile((await workflowBundle()).codePath, 'utf8')
  const buildId = buildIdOf(code)
  const versioning = await versioningOf({ env, connection, namespace, taskQueue, buildId, logger })
  const worker = await create({ identity, ...deploymentOptions(versioning) })
  const ran = worker.run()
  const shutdown = (): void => shutDown(worker)
  if (versioning.type !== 'own') return { buildId: named(versioning), running: ran, shutdown }

  const folder = settings.folder ?? readEnv(env, 'HOLDFAST_BUILDS')
  const kept = settings.ownSandbox
    ? NOTHING_KEPT
    : keptBuilds(RELEASES, folder === null ? null : path.resolve(folder))
  keepOwn(kept, buildId, code, logger)
  const { deploymentName, first } = versioning
  const builds = lookAfterBuilds({
    client,
    taskQueue,
    deploymentName,
    buildId,
    first,
    kept,
    logger,
    now,
    async standIn(build, earlierCode) {
      const standIn = await create({
        identity: standInIdentity(identity, build),
        code: earlierCode,
        ...deploymentOptions({ ...versioning, buildId: build }),
      })
      return { running: standIn.run(), shutdown: () => shutDown(standIn) }
    },
  })
  const running = ran.finally(builds.close)
  try {
    await Promise.race([builds.ready, running])
  } catch (error) {
    shutdown()
    await running.catch(() => undefined)
    throw error
  }
  return {
    buildId,
    running,
    shutdown() {
      shutdown()
      void builds.close()
    },
  }
}

/** A folder that can't be written to costs the generations that wait across the next deploy their code, and nothing now. */
function keepOwn(kept: KeptBuilds, buildId: string, code: string, logger: Logger): void {
  try {
    kept.keep(buildId, code)
  } catch (error) {
    logger.error(
      { event: 'build_not_kept', build: buildId, err: error },
      'the code of this build is not kept',
    )
  }
}

const named = (versioning: Versioning): string | null =>
  versioning.type === 'off' ? null : versioning.buildId

/** A worker that has broken, or was stopped before, is not stopped again: the SDK would throw. */
function shutDown(worker: Worker): void {
  if (worker.getState() === 'RUNNING') worker.shutdown()
}
