/** Before its start a large request goes to the payload store: one that could not be stored was not accepted. */
import type { Client } from '@temporalio/client'
import type { GenerationRequest } from '../domain/request/request'
import type { PayloadStore } from '../stores/payloads'
import { storeContent } from '../temporal/external-storage'
import { notStored } from './payload-faults'
import type { PreparedStart } from './prepare-start'

/** What its workflow is given. Throws HoldfastError. */
export async function storedRequest(
  client: Client,
  { id, request, large }: Pick<PreparedStart, 'id' | 'request' | 'large'>,
  payloads: PayloadStore | null,
): Promise<GenerationRequest> {
  if (!large || payloads === null) return request
  try {
    return await storeContent(client, payloads, id, request)
  } catch (error) {
    throw notStored(error, id)
  }
}
