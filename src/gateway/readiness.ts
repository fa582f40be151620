import { type Client, isGrpcServiceError } from '@temporalio/client'
import { noNamespace } from '../temporal/errors'
import { pollersOf } from '../temporal/pollers'

export interface Readiness {
  ok: boolean
  temporal: boolean
  worker: boolean
  /** Where it is not ready: what to do. */
  reason?: string | undefined
}

/** A probe asks every few seconds, and has little patience itself. */
const PROBE_DEADLINE_MS = 1_000

/** Temporal forgets a poller after five minutes; one that polls now was seen within a long poll's length. */
const POLLED_WITHIN_MS = 70_000

/** gRPC's code: of a namespace here. */
const NOT_FOUND = 5
/** Anybody may ask, and each question is a call to Temporal. */
const ANSWER_HOLDS_MS = 1_000

/** The answer of the last second for all who ask, and one question at a time. `now` in milliseconds, of any clock. */
export function cachedReadiness(
  ask: () => Promise<Readiness>,
  now: () => number = () => performance.now(),
): () => Promise<Readiness> {
  let asking: Promise<Readiness> | null = null
  let known: { at: number; readiness: Readiness } | null = null
  return () => {
    if (known !== null && now() - known.at < ANSWER_HOLDS_MS) return Promise.resolve(known.readiness)
    asking ??= ask()
      .then((readiness) => {
        known = { at: now(), readiness }
        return readiness
      })
      .finally(() => {
        asking = null
      })
    return asking
  }
}

/** Temporal does not answer. */
export const NOT_READY: Readiness = {
  ok: false,
  temporal: false,
  worker: false,
  reason: 'Temporal does not answer: see TEMPORAL_ADDRESS, and whether the server runs',
}

/** Ready: Temporal answers, and a worker polls the task queue. Never throws. */
export async function readiness(client: Client, namespace: string, taskQueue: string): Promise<Readiness> {
  try {
    const pollers = await client.withDeadline(Date.now() + PROBE_DEADLINE_MS, () =>
      pollersOf(client, taskQueue, 'workflow'),
    )
    const worker = pollers.some(({ lastPollAt }) => lastPollAt > Date.now() - POLLED_WITHIN_MS)
    if (worker) return { ok: true, temporal: true, worker }
    const reason =
      `no worker polls the task queue "${taskQueue}" in the namespace "${namespace}": start one with \`holdfast worker\`, ` +
      'or set HOLDFAST_TASK_QUEUE to the queue of those that run'
    return { ok: false, temporal: true, worker, reason }
  } catch (error) {
    return isGrpcServiceError(error) && error.code === NOT_FOUND
      ? { ...NOT_READY, temporal: true, reason: noNamespace(namespace) }
      : NOT_READY
  }
}
