/**
 * What this worker knows of the providers before it asks one. A local activity: its result is
 * recorded, so that a replay takes the same way.
 */
import type { Activities, BoardView } from '../src/contract/generation'
import type { ActivityDeps } from './deps'

export function createReadCircuits(deps: Pick<ActivityDeps, 'access'>): Activities['readCircuits'] {
  return async (providers: string[]): Promise<BoardView> => ({
    unusable: providers.flatMap((provider) => {
      const access = deps.access(provider)
      return access.ok ? [] : [{ provider, reason: access.reason }]
    }),
  })
}
