/** The request of a user's own workflow -> a generation's input, by this worker's config. A local activity. */

import { Context } from '@temporalio/activity'
import { HoldfastError } from '../src/contract/errors'
import type { Activities, ResolvedRequest, UnresolvedRequest } from '../src/contract/generation'
import { prepare } from '../src/request'
import type { ActivityDeps } from './deps'

export function createResolveRequest({
  config,
  searchAttributes,
  storeRequest,
}: ActivityDeps): Activities['resolveRequest'] {
  return async (request: UnresolvedRequest, tenant: string | null = null): Promise<ResolvedRequest> => {
    try {
      // Its metadata stands in the memo that its caller wrote.
      const {
        metadata: _metadata,
        searchable: _searchable,
        large,
        ...resolved
      } = prepare(config, request, tenant)
      const { workflowId = '' } = Context.current().info.workflowExecution ?? {}
      const stored = large && (await storeRequest?.(workflowId, resolved.request))
      return { ok: true, searchAttributes, ...resolved, ...(stored ? { request: stored } : {}) }
    } catch (error) {
      if (error instanceof HoldfastError) return { ok: false, message: error.message }
      throw error
    }
  }
}
