/** Work on a run: the way to Temporal is opened at the first use, and every error is a HoldfastError. */
import type { Client } from '@temporalio/client'
import type { Accepted } from '../contract/errors'
import { requireHealthy } from './health-check'
import { checkId, toHoldfastError } from './result'
import type { TemporalClients } from './temporal-client'

export interface Runs {
  /** `accepted`: what is known of the run before. Default: `unknown`. Throws HoldfastError. */
  on<T>(id: string, act: (client: Client) => Promise<T>, accepted?: Accepted): Promise<T>
  /**
   * For an answer that comes at once or not at all: a native connection would try an absent server for ten seconds.
   * Throws HoldfastError.
   */
  atOnce<T>(id: string, act: (client: Client) => Promise<T>): Promise<T>
}

export function createRuns(temporalClients: TemporalClients): Runs {
  const on: Runs['on'] = async (id, act, accepted = 'unknown') => {
    checkId(id)
    const { client } = await temporalClients.open(accepted)
    try {
      return await act(client)
    } catch (error) {
      throw toHoldfastError(error, id, accepted)
    }
  }
  return {
    on,
    atOnce: (id, act) =>
      on(id, async (client) => {
        await requireHealthy(client.connection, id, 'unknown')
        return act(client)
      }),
  }
}
