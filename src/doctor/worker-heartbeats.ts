/**
 * What workers say of themselves to Temporal, once a minute. A worker of less than a minute has said nothing yet.
 *
 * HEARTBEATS-1 The moment in a heartbeat is by the worker's own clock, and at most HEARTBEAT_MS old: so a clock is off for
 *    sure where that moment lies ahead, or is older while the worker still polls.
 */
import { span } from '../domain/text/durations'
import { millisecondsOf, pollersOf } from '../temporal/pollers'
import { CALL_LIMIT_MS, type Context } from './context'
import { type CheckFinding, ok, skipped, warn } from './types'

/** The SDK's default interval. */
const HEARTBEAT_MS = 60_000
/** What a busy machine adds. */
const LATE_MS = 30_000
const CLOCK_OFF_MS = 1_000
const WORKERS_AT_MOST = 200
/** WORKER_STATUS_RUNNING. */
const RUNNING = 1

export interface ReportedWorker {
  identity: string
  running: boolean
  /** By its own clock, epoch milliseconds. */
  heartbeatAt: number
  /** By Temporal's clock, epoch milliseconds; null: it is not known to have polled. */
  lastPollAt: number | null
}

/** Those of the task queue. Throws what Temporal throws. */
export async function reportedWorkers(context: Context): Promise<ReportedWorker[] | null> {
  const { connection, client } = await context.temporal()
  const { namespace } = client.options
  const { namespaceInfo } = await context.namespace()
  if (namespaceInfo?.capabilities?.workerHeartbeats !== true) return null
  const [{ workersInfo }, pollers] = await connection.withDeadline(Date.now() + CALL_LIMIT_MS, () =>
    Promise.all([
      connection.workflowService.listWorkers({ namespace, pageSize: WORKERS_AT_MOST }),
      pollersOf(client, context.taskQueue, 'workflow'),
    ]),
  )
  return (workersInfo ?? []).flatMap(({ workerHeartbeat: one }) => {
    if (one == null || one.taskQueue !== context.taskQueue) return []
    const identity = one.workerIdentity ?? ''
    const polls = pollers
      .filter((poller) => identity.startsWith(poller.identity))
      .map(({ lastPollAt }) => lastPollAt)
    return [
      {
        identity,
        running: one.status === RUNNING,
        heartbeatAt: millisecondsOf(one.heartbeatTime),
        lastPollAt: polls.length === 0 ? null : Math.max(...polls),
      },
    ]
  })
}

const NONE = skipped('no worker of this task queue has reported yet: they do so once a minute')
const UNKNOWN = skipped('the server takes no reports of workers')

/** @param now by Temporal's clock, epoch milliseconds. */
export function liveFinding(workers: readonly ReportedWorker[] | null, now: number): CheckFinding {
  if (workers === null) return UNKNOWN
  const running = workers.filter((one) => one.running)
  if (running.length === 0) return NONE
  const polls = ({ lastPollAt }: ReportedWorker): boolean =>
    lastPollAt !== null && now - lastPollAt < HEARTBEAT_MS + LATE_MS
  const silent = running.filter((one) => now - one.heartbeatAt > HEARTBEAT_MS + LATE_MS && !polls(one))
  if (silent.length === 0)
    return ok(`${running.length} ${running.length === 1 ? 'worker reports' : 'workers report'} that they run`)
  const names = silent.map(({ identity, heartbeatAt }) => `${identity} (for ${span(now - heartbeatAt)})`)
  return warn(
    `${silent.length} of ${running.length} workers ${silent.length === 1 ? 'is' : 'are'} silent and did not say that they end: ${names.join(', ')}`,
    'look at those machines: the process is frozen, cut off, or was killed; Temporal forgets one that is gone within minutes',
  )
}

/** HEARTBEATS-1. @param now by Temporal's clock, epoch milliseconds. */
export function clockFinding(workers: readonly ReportedWorker[] | null, now: number): CheckFinding {
  if (workers === null) return UNKNOWN
  const running = workers.filter((one) => one.running)
  if (running.length === 0) return NONE
  const off = running.flatMap(({ identity, heartbeatAt, lastPollAt }) => {
    const aheadMs = heartbeatAt - now
    const behindMs = -aheadMs - HEARTBEAT_MS - LATE_MS
    if (aheadMs > CLOCK_OFF_MS) return [`${identity} is ahead by at least ${span(aheadMs)}`]
    const polls = lastPollAt !== null && now - lastPollAt < HEARTBEAT_MS + LATE_MS
    return polls && behindMs > 0 ? [`${identity} is behind by at least ${span(behindMs)}`] : []
  })
  return off.length === 0
    ? ok(
        `no clock of ${running.length} ${running.length === 1 ? 'worker' : 'workers'} is known to be off (by their reports, at most a minute old)`,
      )
    : warn(
        `clocks of workers are off against Temporal's: ${off.join(', ')}`,
        'let NTP set the clocks of those machines: timedatectl set-ntp true',
      )
}
