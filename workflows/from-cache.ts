/**
 * What a generation takes from the cache: an answer before anything is dispatched, or an old one in place of an error.
 *
 * FROM-CACHE-1 A request that wants nothing of the cache costs no event here.
 * FROM-CACHE-2 An entry that is to be renewed is served at once; one of those that meet it starts the
 *    renewal, a generation of its own that outlives this one, and ends where no worker takes it.
 * FROM-CACHE-3 A cache that can't be read costs a call, and no answer.
 */
import {
  isCancellation,
  log,
  ParentClosePolicy,
  proxyLocalActivities,
  startChild,
} from '@temporalio/workflow'
import {
  type Activities,
  type CacheHit,
  type CacheQuery,
  GENERATION_WORKFLOW,
  type GenerationInput,
} from '../src/contract/generation'
import { generationMemo } from '../src/contract/generation-memo'
import { cacheQuery } from '../src/engine/steps'
import { LOCAL_LIMITS } from './local-limits'

const { lookupCache } = proxyLocalActivities<Pick<Activities, 'lookupCache'>>(LOCAL_LIMITS)

/** null: nothing that could be served. */
export async function fromCache(
  input: GenerationInput,
  purpose: CacheQuery['purpose'],
): Promise<CacheHit | null> {
  const query = cacheQuery(input, purpose)
  if (query === null) return null
  // FROM-CACHE-3
  return lookupCache({ ...query, at: Date.now() }).catch((error: unknown) => {
    if (isCancellation(error)) throw error
    log.error('the cache could not be read', { event: 'cache_lookup', generation: input.id })
    return null
  })
}

/** By its name: @temporalio/workflow does not export the class that it throws. */
const ALREADY_STARTED = 'WorkflowExecutionAlreadyStartedError'

/** Past its deadline it ends itself. */
const RENEWAL_MARGIN_MS = 60_000

/** FROM-CACHE-2 */
export async function renew(input: GenerationInput): Promise<void> {
  const { cache, route, tenant } = input
  if (cache?.key == null) return
  const id = `renew-${cache.key}`
  const anew: GenerationInput = {
    ...input,
    // Nobody waits for it.
    route: { ...route, park: undefined },
    id,
    shadow: undefined,
    deadlineAt: Date.now() + route.deadlineMs,
    deadlineMs: route.deadlineMs,
    cache: { key: cache.key, control: 'no-cache' },
  }
  try {
    await startChild(GENERATION_WORKFLOW, {
      workflowId: id,
      args: [anew],
      parentClosePolicy: ParentClosePolicy.ABANDON,
      workflowExecutionTimeout: route.deadlineMs + RENEWAL_MARGIN_MS,
      workflowIdReusePolicy: 'ALLOW_DUPLICATE',
      memo: generationMemo({ tenant, body: null }),
      staticSummary: `${route.name}: renews a cached answer`,
    })
  } catch (error) {
    // Somebody renews it already.
    if (!(error instanceof Error && error.name === ALREADY_STARTED)) throw error
  }
}
