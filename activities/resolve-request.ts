/** The request of a user's own workflow -> a generation's input, by this worker's config. A local activity. */

import { HoldfastError } from '../src/contract/errors'
import type { Activities, ResolvedRequest, UnresolvedRequest } from '../src/contract/generation'
import { prepare } from '../src/request'
import type { ActivityDeps } from './deps'

export function createResolveRequest({
  config,
  searchAttributes,
}: ActivityDeps): Activities['resolveRequest'] {
  return async (request: UnresolvedRequest, tenant: string | null = null): Promise<ResolvedRequest> => {
    try {
      // Its metadata stands in the memo that its caller wrote.
      const { metadata: _metadata, searchable: _searchable, ...resolved } = prepare(config, request, tenant)
      return { ok: true, searchAttributes, ...resolved }
    } catch (error) {
      if (error instanceof HoldfastError) return { ok: false, message: error.message }
      throw error
    }
  }
}
