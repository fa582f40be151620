/** How this worker names its build to Temporal: by its workflows' code, as its environment says, or not at all. */
import type { NativeConnection, WorkerOptions } from '@temporalio/worker'
import type { Logger } from 'pino'
import { type Env, readEnv } from '../../config'
import { deploymentNameOf, deploymentsOf } from '../../temporal/deployment'

export type Versioning =
  /** Runs go to whatever worker there is: a server without worker deployments, or `HOLDFAST_VERSIONING=off`. */
  | { type: 'off' }
  /** Somebody else says which build is current: Temporal's worker controller, which sets both variables. */
  | { type: 'controlled'; deploymentName: string; buildId: string }
  /** The workers see to it themselves (builds.ts). `first`: no worker of this task queue has polled yet. */
  | { type: 'own'; deploymentName: string; buildId: string; first: boolean }

interface VersioningSettings {
  env: Env
  connection: NativeConnection
  namespace: string
  taskQueue: string
  /** Of its workflows' code. */
  buildId: string
  logger: Logger
}

/** Throws where a setting is not usable, or Temporal can't be reached. */
export async function versioningOf(settings: VersioningSettings): Promise<Versioning> {
  const { env, connection, namespace, taskQueue, buildId, logger } = settings
  const wanted = readEnv(env, 'HOLDFAST_VERSIONING') ?? 'auto'
  if (wanted !== 'auto' && wanted !== 'off')
    throw new Error(`HOLDFAST_VERSIONING is "${wanted}": write auto or off`)
  const controlled = wanted === 'off' ? null : controlledBy(env)
  if (controlled !== null) return controlled
  const deploymentName = deploymentNameOf(taskQueue)
  const deployments = await deploymentsOf(connection, namespace, deploymentName)
  if (!deployments.usable) {
    const { reason } = deployments
    logger.info(
      { event: 'versioning_off', reason },
      'no worker deployments: a deploy with changed workflows may stop generations that wait (docs/upgrading.md)',
    )
    return { type: 'off' }
  }
  const { deployment } = deployments
  if (wanted === 'auto') return { type: 'own', deploymentName, buildId, first: deployment === null }
  const current = deployment?.current ?? null
  if (current !== null)
    throw new Error(
      `HOLDFAST_VERSIONING is off, but new generations go to workers of build ${current}. Let them go to any: ` +
        `temporal worker deployment set-current-version --namespace ${namespace} --deployment-name ${deploymentName} --unversioned`,
    )
  return { type: 'off' }
}

function controlledBy(env: Env): Versioning | null {
  const deploymentName = readEnv(env, 'TEMPORAL_DEPLOYMENT_NAME')
  const buildId = readEnv(env, 'TEMPORAL_WORKER_BUILD_ID')
  if (deploymentName === null && buildId === null) return null
  if (deploymentName === null || buildId === null)
    throw new Error('Set both TEMPORAL_DEPLOYMENT_NAME and TEMPORAL_WORKER_BUILD_ID, or neither')
  return { type: 'controlled', deploymentName, buildId }
}

/** Each workflow says itself how it moves between builds (workflows/between-builds.ts). */
export function deploymentOptions(versioning: Versioning): Pick<WorkerOptions, 'workerDeploymentOptions'> {
  if (versioning.type === 'off') return {}
  const { deploymentName, buildId } = versioning
  return {
    workerDeploymentOptions: {
      version: { deploymentName, buildId },
      useWorkerVersioning: true,
      // Of a run that began with a worker without a build, and of one that says nothing: they end with whatever build there is.
      defaultVersioningBehavior: 'AUTO_UPGRADE',
    },
  }
}
