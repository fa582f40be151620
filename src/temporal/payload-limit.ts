/** How large a payload the cluster takes: its operator's setting (limit.blobSize.error), read with the namespace. */
import type { ConnectionLike } from '@temporalio/client'

/** null: the cluster does not say (an older server). Throws what Temporal throws. */
export async function payloadLimitBytes(
  { workflowService }: Pick<ConnectionLike, 'workflowService'>,
  namespace: string,
): Promise<number | null> {
  const { namespaceInfo } = await workflowService.describeNamespace({ namespace })
  return Number(namespaceInfo?.limits?.blobSizeLimitError ?? 0) || null
}
