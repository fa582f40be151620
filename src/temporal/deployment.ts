/**
 * A worker deployment of Temporal: the builds that have polled one task queue, and which of them new runs go to.
 * Source: https://docs.temporal.io/worker-versioning
 */
import type { Client, ConnectionLike } from '@temporalio/client'
import { temporal } from '@temporalio/proto'

const { WorkerDeploymentVersionStatus } = temporal.api.enums.v1

export interface DeploymentBuild {
  buildId: string
  /** Has it ever been the current one? */
  everCurrent: boolean
  /** `draining`: not the current one any longer, and runs may be pinned to it. */
  state: 'current' | 'draining' | 'drained' | 'unused'
}

export interface DeploymentState {
  /** The build that new runs go to. null: to workers that name no build. */
  current: string | null
  builds: DeploymentBuild[]
  /** A change that names it fails where somebody else has changed the deployment meanwhile. */
  conflictToken: Uint8Array
}

/** Temporal reserves these in names of deployments. */
const RESERVED = /[.:]/g

/** The deployment that the workers of a task queue make up. */
export const deploymentNameOf = (taskQueue: string): string => taskQueue.replace(RESERVED, '-')

/** gRPC's codes. */
const NOT_FOUND = 5
const PERMISSION_DENIED = 7
const FAILED_PRECONDITION = 9
const UNIMPLEMENTED = 12

type Service = Pick<ConnectionLike, 'workflowService'>

const codeOf = (error: unknown): unknown =>
  error instanceof Error && 'code' in error ? error.code : undefined

/** Does the server not allow it? */
export const isDenied = (error: unknown): boolean => codeOf(error) === PERMISSION_DENIED

/** null: no worker of it has polled yet. Throws what Temporal throws. */
export async function readDeployment(
  { workflowService }: Service,
  namespace: string,
  deploymentName: string,
): Promise<DeploymentState | null> {
  try {
    const { workerDeploymentInfo, conflictToken } = await workflowService.describeWorkerDeployment({
      namespace,
      deploymentName,
    })
    return {
      current: workerDeploymentInfo?.routingConfig?.currentDeploymentVersion?.buildId ?? null,
      conflictToken: conflictToken ?? new Uint8Array(),
      builds: (workerDeploymentInfo?.versionSummaries ?? []).map((summary) => ({
        buildId: summary.deploymentVersion?.buildId ?? '',
        everCurrent: summary.firstActivationTime != null,
        state: STATES[summary.status ?? 0] ?? 'unused',
      })),
    }
  } catch (error) {
    if (codeOf(error) === NOT_FOUND) return null
    throw error
  }
}

const STATES: { [status: number]: DeploymentBuild['state'] } = {
  [WorkerDeploymentVersionStatus.WORKER_DEPLOYMENT_VERSION_STATUS_CURRENT]: 'current',
  [WorkerDeploymentVersionStatus.WORKER_DEPLOYMENT_VERSION_STATUS_RAMPING]: 'current',
  [WorkerDeploymentVersionStatus.WORKER_DEPLOYMENT_VERSION_STATUS_DRAINING]: 'draining',
  [WorkerDeploymentVersionStatus.WORKER_DEPLOYMENT_VERSION_STATUS_DRAINED]: 'drained',
}

export type Deployments =
  /** `deployment`: null where no worker of it has polled yet. */
  { usable: true; deployment: DeploymentState | null } | { usable: false; reason: string }

/** Can worker deployments be used there? Throws where Temporal can't be reached. */
export async function deploymentsOf(
  connection: Service,
  namespace: string,
  deploymentName: string,
): Promise<Deployments> {
  try {
    return { usable: true, deployment: await readDeployment(connection, namespace, deploymentName) }
  } catch (error) {
    const code = codeOf(error)
    if (code === UNIMPLEMENTED) return { usable: false, reason: 'the server does not know them' }
    if (isDenied(error)) return { usable: false, reason: 'the server does not allow them' }
    throw error
  }
}

/**
 * @param state null: whatever it is
 * @returns false: no worker of that build has polled yet, or somebody else has changed the deployment since `state` was
 *    read. Throws what Temporal throws.
 */
export async function makeCurrent(
  { workflowService }: Service,
  namespace: string,
  deploymentName: string,
  buildId: string,
  state: Pick<DeploymentState, 'conflictToken'> | null,
): Promise<boolean> {
  try {
    await workflowService.setWorkerDeploymentCurrentVersion({
      namespace,
      deploymentName,
      buildId,
      ...(state === null ? {} : { conflictToken: state.conflictToken }),
      // Whether it polls is what the caller knows best: it is the one that does.
      ignoreMissingTaskQueues: true,
    })
    return true
  } catch (error) {
    if (NOT_YET.has(codeOf(error))) return false
    throw error
  }
}

const NOT_YET: ReadonlySet<unknown> = new Set([NOT_FOUND, FAILED_PRECONDITION])

function pinnedQuery(deploymentName: string, buildId: string): string {
  const version = `${deploymentName}:${buildId}`.replaceAll("'", '')
  return `ExecutionStatus = 'Running' AND TemporalWorkerDeploymentVersion = '${version}'`
}

/** @returns how many running workflows are pinned to a build. Throws what Temporal throws. */
export const countPinned = async (client: Client, deploymentName: string, buildId: string): Promise<number> =>
  (await client.workflow.count(pinnedQuery(deploymentName, buildId))).count

/**
 * Lets the runs that are pinned to a build go on with whatever build is current.
 *
 * @returns how many there were. Throws what Temporal throws.
 */
export async function moveToCurrent(
  client: Client,
  deploymentName: string,
  buildId: string,
): Promise<number> {
  const { namespace } = client.options
  const query = pinnedQuery(deploymentName, buildId)
  let moved = 0
  for await (const { workflowId, runId } of client.workflow.list({ query })) {
    await client.workflowService
      .updateWorkflowExecutionOptions({
        namespace,
        workflowExecution: { workflowId, runId },
        workflowExecutionOptions: { versioningOverride: { autoUpgrade: true } },
        updateMask: { paths: ['versioning_override'] },
      })
      .then(
        () => {
          moved += 1
        },
        (error: unknown) => {
          // It has ended meanwhile.
          if (codeOf(error) !== NOT_FOUND) throw error
        },
      )
  }
  return moved
}
