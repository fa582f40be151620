/** How a generation stands, without waiting for its end. */
import type { Client } from '@temporalio/client'
import { HoldfastError, withWebUrl } from '../contract/errors'
import type { GenerationResult } from '../contract/generation'
import { metadataIn, type ParkedFact, readParked } from '../contract/generation-memo'
import { type BudgetWait, WAITS_QUERY, type Waits } from '../contract/waits-query'
import type { Metadata } from '../domain/request/metadata'
import type { AttemptRecord } from '../domain/routing/attempt'
import { readAttempts } from './attempts'
import { requireTenant } from './result'
import type { Generation } from './types'
import { awaitResult } from './wait'
import type { WebUrl } from './web-url'

interface Common {
  id: string
  /** Epoch milliseconds. */
  startedAt: number
  /** The run in the Temporal Web UI. */
  webUrl: string
  /** Of the request that began it. Absent: it had none. */
  metadata?: Metadata | undefined
}

export type GenerationStatus = Common &
  (
    | {
        state: 'running'
        /** It waits, or did, for a valid key of these providers. Absent: it has not. */
        parked?: ParkedFact | undefined
        /** It waits for its tenant's budget (`whenSpent: wait`). Absent: it does not, or no worker answered. */
        waitsForBudget?: BudgetWait | undefined
        /** null: no worker answered. */
        attempts: AttemptRecord[] | null
      }
    | { state: 'answered'; attempts: AttemptRecord[]; result: Generation }
    | { state: 'failed' | 'cancelled'; attempts: readonly AttemptRecord[]; error: HoldfastError }
  )

/** A worker answers the questions for the attempts and for what it waits for; where none is there, nobody waits for one. */
const QUERIES_DEADLINE_MS = 2_000

/** Another tenant's generation is none. Throws HoldfastError, or what Temporal throws. */
export async function readStatus(
  client: Client,
  id: string,
  tenant: string | null,
  generationOf: (result: GenerationResult, webUrl: string) => Generation,
  webUrl: WebUrl,
): Promise<GenerationStatus> {
  const { status, runId, startTime, memo } = await requireTenant(client, id, tenant)
  const common = {
    id,
    startedAt: startTime.getTime(),
    webUrl: webUrl(id, runId),
    ...metadataIn(memo),
  }
  if (status.name === 'RUNNING' || status.name === 'CONTINUED_AS_NEW') {
    const [attempts, waits] = await Promise.all([
      answered(client, () => readAttempts(client, id)),
      answered(client, () => client.workflow.getHandle(id).query<Waits>(WAITS_QUERY)),
    ])
    const budget = waits?.budget
    const waitsForBudget = budget === undefined ? {} : { waitsForBudget: budget }
    return { ...common, ...parkedIn(memo), ...waitsForBudget, state: 'running', attempts }
  }
  try {
    const result = generationOf(await awaitResult(client, id, { accepted: true }), common.webUrl)
    return { ...common, state: 'answered', attempts: result.attempts, result }
  } catch (error) {
    if (!(error instanceof HoldfastError) || error.accepted !== true) throw error
    withWebUrl(error, () => common.webUrl)
    const state = error.kind === 'cancelled' ? 'cancelled' : 'failed'
    return { ...common, state, attempts: error.attempts, error }
  }
}

function parkedIn(memo: { [name: string]: unknown } | undefined): { parked?: ParkedFact } {
  const parked = readParked(memo)
  return parked === null ? {} : { parked }
}

async function answered<T>(client: Client, query: () => Promise<T>): Promise<T | null> {
  try {
    return await client.withDeadline(Date.now() + QUERIES_DEADLINE_MS, query)
  } catch {
    // The state is known all the same.
    return null
  }
}
