/** Payloads in the server's raw answers, read by the client's own data converter, codecs included (OPTIONS-1). */
import type { Client } from '@temporalio/client'
import type { Payload, ProtoFailure } from '@temporalio/common'
import type { SerializationContext } from '@temporalio/common/lib/converter/serialization-context'
import {
  decodeArrayFromPayloads,
  decodeOptionalFailureToOptionalError,
  extstoreInboundOptions,
  visit,
  walkGetWorkflowExecutionHistoryResponse,
} from '@temporalio/common/lib/internal-non-workflow'

type HistoryRequest = Parameters<Client['workflowService']['getWorkflowExecutionHistory']>[0]
type HistoryResponse = Awaited<ReturnType<Client['workflowService']['getWorkflowExecutionHistory']>>

/** One page of a history, what stands in external storage included. Throws what Temporal throws. */
export async function historyPage(client: Client, request: HistoryRequest): Promise<HistoryResponse> {
  const response = await client.workflowService.getWorkflowExecutionHistory(request)
  const { externalStorage } = client.options.loadedDataConverter
  await visit(response, walkGetWorkflowExecutionHistoryResponse, extstoreInboundOptions(externalStorage))
  return response
}

const workflowContext = ({ options }: Client, workflowId: string): SerializationContext => ({
  type: 'workflow',
  namespace: options.namespace,
  workflowId,
})

/** What a workflow was given or has returned. Rejects with what the data converter throws. */
export const readWorkflowPayloads = (
  client: Client,
  workflowId: string,
  payloads: Payload[] | null | undefined,
): Promise<unknown[]> =>
  decodeArrayFromPayloads(client.options.loadedDataConverter, payloads, workflowContext(client, workflowId))

/** The details of an activity's heartbeat. Rejects with what the data converter throws. */
export const readHeartbeat = (
  client: Client,
  workflowId: string,
  activityId: string | null | undefined,
  payloads: Payload[] | null | undefined,
): Promise<unknown[]> =>
  decodeArrayFromPayloads(client.options.loadedDataConverter, payloads, {
    type: 'activity',
    namespace: client.options.namespace,
    workflowId,
    ...(activityId == null ? {} : { activityId }),
    isLocal: false,
  })

/** Of a workflow, or of one of its tasks. Rejects with what the data converter throws. */
export const readWorkflowFailure = (
  client: Client,
  workflowId: string,
  failure: ProtoFailure | null | undefined,
): Promise<Error | undefined> =>
  decodeOptionalFailureToOptionalError(
    client.options.loadedDataConverter,
    failure,
    workflowContext(client, workflowId),
  )
