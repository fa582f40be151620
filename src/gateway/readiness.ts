import { type Client, isGrpcServiceError } from '@temporalio/client'
import { noNamespace } from '../temporal/errors'
import { pollersOf } from '../temporal/pollers'
import { singleFlight } from '../util/async'

export interface Readiness {
  ok: boolean
  temporal: boolean
  worker: boolean
  /** Where it is not ready: what to do. */
  reason?: string | undefined
}

/** A probe comes every few seconds, and has a short timeout of its own. */
const PROBE_DEADLINE_MS = 1_000

/** Temporal forgets a poller after five minutes; one that polls now was seen within a long poll's length. */
const POLLED_WITHIN_MS = 70_000

/** gRPC's code: of a namespace here. */
const NOT_FOUND = 5

/** Anybody may send this request, and each check is a call to Temporal. */
const ANSWER_HOLDS_MS = 1_000

/** The answer of the last second for all requests, and one check at a time. `now` in milliseconds, of any clock. */
export function cachedReadiness(
  check: () => Promise<Readiness>,
  now: () => number = () => performance.now(),
): () => Promise<Readiness> {
  let known: { at: number; readiness: Readiness } | null = null
  const checkOnce = singleFlight(async () => {
    const readiness = await check()
    known = { at: now(), readiness }
    return readiness
  })
  return () => {
    if (known !== null && now() - known.at < ANSWER_HOLDS_MS) return Promise.resolve(known.readiness)
    return checkOnce()
  }
}

/** Temporal does not answer. */
export const NOT_READY: Readiness = {
  ok: false,
  temporal: false,
  worker: false,
  reason: 'Temporal does not answer: see TEMPORAL_ADDRESS, and whether the server runs',
}

/**
 * Does anybody poll? Given each poller's last poll, by Temporal's clock, epoch milliseconds. `wall`: this machine's clock,
 * which may be off; `steady`: one that is never set, milliseconds.
 *
 * READINESS-1 A poll that comes between two questions is proof of a worker, whatever this machine's clock says.
 * READINESS-2 Without such proof only the clock shows how old the last poll is.
 * READINESS-3 A poll that nobody follows is worth POLLED_WITHIN_MS.
 */
export function pollWatch(
  wall: () => number = Date.now,
  steady: () => number = () => performance.now(),
): (lastPolls: readonly number[]) => boolean {
  let known = { poll: Number.NaN, seenAt: 0, proven: false }
  let checkedAt = Number.NEGATIVE_INFINITY
  return (lastPolls) => {
    const at = steady()
    const poll = Math.max(...lastPolls)
    if (poll !== known.poll)
      known = { poll, seenAt: at, proven: poll > known.poll && at - checkedAt < POLLED_WITHIN_MS }
    checkedAt = at
    if (at - known.seenAt >= POLLED_WITHIN_MS) return false
    return known.proven || poll > wall() - POLLED_WITHIN_MS
  }
}

/**
 * Checks whether it is ready: Temporal answers, and a worker polls the task queue. To be kept: it remembers earlier
 * checks. `identity`: of the one worker that is meant. Default: any.
 */
export function readinessOf(
  taskQueue: string,
  isPolled = pollWatch(),
  identity?: string,
): (client: Client) => Promise<Readiness> {
  return async (client) => {
    const { namespace } = client.options
    try {
      const pollers = await client.withDeadline(Date.now() + PROBE_DEADLINE_MS, () =>
        pollersOf(client, taskQueue, 'workflow'),
      )
      const meant = pollers.filter((poller) => identity === undefined || poller.identity === identity)
      const worker = isPolled(meant.map(({ lastPollAt }) => lastPollAt))
      if (worker) return { ok: true, temporal: true, worker }
      const reason =
        identity !== undefined
          ? `Temporal knows of no poll by this worker of the task queue "${taskQueue}" in the namespace "${namespace}"`
          : `no worker polls the task queue "${taskQueue}" in the namespace "${namespace}": start one with \`holdfast worker\`, ` +
            'or set HOLDFAST_TASK_QUEUE to the queue of those that run'
      return { ok: false, temporal: true, worker, reason }
    } catch (error) {
      return isGrpcServiceError(error) && error.code === NOT_FOUND
        ? { ...NOT_READY, temporal: true, reason: noNamespace(namespace) }
        : NOT_READY
    }
  }
}
