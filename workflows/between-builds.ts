/**
 * How a workflow moves from one build of the workers to the next (docs/upgrading.md). The target is named by a worker
 * that names its build alone: a server refuses it from any other.
 */
import type { WorkflowDefinitionOptions } from '@temporalio/common'
import { workflowInfo } from '@temporalio/workflow'

/** For `setWorkflowOptions`. */
export const betweenBuilds =
  (versioningBehavior: 'PINNED' | 'AUTO_UPGRADE') => (): WorkflowDefinitionOptions => {
    // A worker that names no build has one of the SDK's making, of no deployment.
    const { deploymentName = '' } = workflowInfo().currentDeploymentVersion ?? {}
    return deploymentName === '' ? {} : { versioningBehavior }
  }
