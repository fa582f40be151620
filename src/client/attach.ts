/** To a generation that was started before, by anybody of this tenant. */
import { readParked } from '../contract/generation-memo'
import type { Begun } from './coalesced'
import type { Polls } from './polls'
import { requireTenant } from './result'
import type { Runs } from './runs'
import { attachedTo } from './start'
import { awaitResult } from './wait'

export interface AttachDeps {
  runs: Runs
  tenant: string | null
  polls: Polls
}

const MAY_ANSWER: ReadonlySet<string> = new Set(['RUNNING', 'COMPLETED', 'CONTINUED_AS_NEW'])

/** Throws HoldfastError. */
export const attachTo = (id: string, { runs, tenant }: AttachDeps): Promise<Begun> =>
  runs.atOnce(id, async (client) => {
    const described = await requireTenant(client, id, tenant)
    const startedAt = described.startTime.getTime()
    const parks = readParked(described.memo) !== null
    return { id, shared: 'key', startedAt, deadlineAt: 0, parks, ...(await attachedTo(client, described)) }
  })

/** A failed run gives its id free: started again it would be another run. Throws what it ended with. */
export const requireAnswerable = (id: string, { runs, tenant, polls }: AttachDeps): Promise<void> =>
  runs.atOnce(id, async (client) => {
    const { status, runId } = await requireTenant(client, id, tenant)
    if (!MAY_ANSWER.has(status.name)) await awaitResult(client, id, { accepted: true, runId, polls })
  })
