/** What a generation was asked, as its history has it while the namespace keeps it. */
import type { Client } from '@temporalio/client'
import type { GenerationRequest } from '../domain/request/request'
import type { PayloadStore } from '../stores/payloads'
import { wholeRequest } from '../temporal/external-storage'
import { historyPage, readWorkflowPayloads } from '../temporal/payloads'
import { notFound, requireTenant } from './result'

/** Another tenant's generation is none. Throws HoldfastError, or what Temporal throws. */
export async function readRequest(
  client: Client,
  id: string,
  tenant: string | null,
  payloads: PayloadStore | null,
): Promise<GenerationRequest> {
  const { runId } = await requireTenant(client, id, tenant)
  const { namespace } = client.options
  const page = await historyPage(client, {
    namespace,
    execution: { workflowId: id, runId },
    maximumPageSize: 1,
  })
  const started = page.history?.events?.[0]?.workflowExecutionStartedEventAttributes
  const [input] = await readWorkflowPayloads(client, id, started?.input?.payloads)
  const request = isRecord(input) ? input.request : undefined
  // A run of a workflow of the user's own has been started without one.
  if (!isRecord(request) || !Array.isArray(request.messages)) throw notFound(id)
  return wholeRequest(client, payloads, request as unknown as GenerationRequest)
}

const isRecord = (value: unknown): value is { [field: string]: unknown } =>
  typeof value === 'object' && value !== null
