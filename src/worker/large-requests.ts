/**
 * What a worker's calls have of the payload store.
 *
 * LARGE-REQUESTS-1 Calls of one request that run here at the same time have one copy of it: a race would hold it several times.
 *    It is held as long as a call holds it.
 */
import type { Client } from '@temporalio/client'
import type { ActivityDeps } from '../../activities'
import type { GenerationRequest } from '../domain/request/request'
import type { PayloadStore } from '../stores/payloads'
import { storeContent, wholeRequest } from '../temporal/external-storage'
import { createSingleFlight } from '../util/async'

/** `store` null: the config names none. */
export function largeRequests(
  client: Client,
  store: PayloadStore | null,
): Pick<ActivityDeps, 'wholeRequest' | 'storeRequest'> {
  const held = new Map<string, WeakRef<GenerationRequest>>()
  const released = new FinalizationRegistry<string>((key) => {
    if (held.get(key)?.deref() === undefined) held.delete(key)
  })
  const flight = createSingleFlight<GenerationRequest>()
  const read = async (outline: GenerationRequest, key: string): Promise<GenerationRequest> => {
    const request = await wholeRequest(client, store, outline)
    held.set(key, new WeakRef(request))
    released.register(request, key)
    return request
  }
  return {
    // LARGE-REQUESTS-1
    async wholeRequest(outline) {
      const key = outline.stored?.key
      if (key === undefined) return outline
      return held.get(key)?.deref() ?? flight(key, () => read(outline, key))
    },
    ...(store === null
      ? {}
      : { storeRequest: (workflowId, request) => storeContent(client, store, workflowId, request) }),
  }
}
