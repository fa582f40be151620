/** Real runs of many kinds, on one stack with a cache. */

import { readRecordedRuns, runOf } from '../../src/client/recorded-runs'
import type { Run } from '../../src/history'
import { type CacheStack, startCacheStack } from './cache-stack'
import { until } from './processes'

const ROUTES = `
  default: { candidates: [alpha/model-a, beta/model-b], retry: { maximumAttempts: 2, initialInterval: 20ms } }
  race: { candidates: [alpha/model-a, beta/model-b], strategy: race }
  hedge: { candidates: [alpha/model-a, beta/model-b], strategy: { hedge: { after: 100ms, budget: 100% } } }
  cached: { candidates: [alpha/model-a], cache: { ttl: 1h, staleIfError: 24h } }
  passes: { candidates: [alpha/model-a, beta/model-b], passes: 3, deadline: 1h }
  held: { candidates: [alpha/model-a], retry: { maximumAttempts: 2 }, circuit: { whenAllOpen: wait } }
`

export const startRecordedStack = (): Promise<CacheStack> => startCacheStack({ routes: ROUTES })

/** As `holdfast explain` reads it. */
export const recorded = async ({ client }: CacheStack, id: string): Promise<Run> =>
  runOf(await readRecordedRuns(client, id))

/** Once it is like this. */
export async function recordedWhen(
  stack: CacheStack,
  id: string,
  what: string,
  is: (run: Run) => boolean,
): Promise<Run> {
  let run = await recorded(stack, id)
  await until(
    what,
    async () => {
      run = await recorded(stack, id)
      return is(run)
    },
    20_000,
  )
  return run
}
