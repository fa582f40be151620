/** The attempts of a generation, whether it has ended or not. */
import type { Client } from '@temporalio/client'
import { readAttemptDetails } from '../contract/attempt-details'
import { ATTEMPTS_QUERY } from '../contract/attempts-query'
import type { AttemptRecord } from '../domain/routing/attempt'
import { readHeartbeat } from '../temporal/payloads'
import { reportsEnd } from './result'
import { awaitResult } from './wait'

/**
 * All attempts known so far, in order. Of a run under way: those of its ended candidates, and of the
 * running ones what the last heartbeat reported.
 */
export async function readAttempts(client: Client, id: string): Promise<AttemptRecord[]> {
  const handle = client.workflow.getHandle(id)
  const { status, raw } = await handle.describe()
  if (status.name === 'COMPLETED' || status.name === 'FAILED') return attemptsOfEnd(client, id)
  const ended = await handle.query<AttemptRecord[]>(ATTEMPTS_QUERY)
  const details = (raw.pendingActivities ?? []).map(({ activityId, heartbeatDetails }) =>
    readHeartbeat(client, id, activityId, heartbeatDetails?.payloads),
  )
  const running = (await Promise.all(details)).flatMap(([details]) => readAttemptDetails(details).records)
  // A candidate may have ended between the two reads: then both contain it.
  const known = new Set(ended.map(placeOf))
  return [...ended, ...running.filter((record) => !known.has(placeOf(record)))]
}

const placeOf = ({ candidate, number, startedAt }: AttemptRecord): string =>
  `${candidate} ${number} ${startedAt}`

async function attemptsOfEnd(client: Client, id: string): Promise<AttemptRecord[]> {
  try {
    return (await awaitResult(client, id)).attempts
  } catch (error) {
    if (reportsEnd(error)) return [...error.attempts]
    throw error
  }
}
