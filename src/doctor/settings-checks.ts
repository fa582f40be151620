/** The settings of the server that can be seen from outside (docs/temporal.md has all of them), and its clock. */
import http2 from 'node:http2'
import { grpcReason } from '../client/grpc-errors'
import { CALL_LIMIT_MS, type Context } from './context'
import { type DispatchProbe, PROBE_TIMER_MS, SLOW_DISPATCH_MS, type TimerProbe } from './probe'
import { type Check, type CheckFinding, ok, skipped, warn } from './types'

/** The setting's 20 ms, and what a busy machine adds. By default a timer of 300 ms takes a second. */
const TIMER_LATE_MS = 250
/** What two machines with NTP differ by, and the odd hiccup. */
const CLOCK_OFF_MS = 1_000
/** The setting's 3 s, and some. */
const PING_WITHIN_MS = 4_500
const STILL_CONNECT_MS = 1_000
const KEEPALIVE_LIMIT_MS = 6_000
const DEPLOYMENTS_BY_DEFAULT = 100
const NEARLY = 0.8

/** Where the server's settings are not the user's to change. */
export const isCloud = (address: string): boolean =>
  /\.(?:tmprl\.cloud|temporal\.io)(?::\d+)?$/i.test(address)

const set = (names: string): string => `set ${names} in the server's dynamic config (docs/temporal.md)`

/** A setting that can't be set is no finding. */
const ofOwnCluster =
  (look: (context: Context) => Promise<CheckFinding>) =>
  async (context: Context): Promise<CheckFinding> => {
    const { options } = await context.temporal()
    return isCloud(options.address) ? skipped('Temporal Cloud: it can not be set there') : look(context)
  }

/** A probe is refused where a key may not start runs, and takes too long on a machine that is too busy. */
const measured =
  <T>(
    probe: (context: Context) => Promise<T>,
    look: (result: T, context: Context) => Promise<CheckFinding> | CheckFinding,
  ) =>
  async (context: Context): Promise<CheckFinding> => {
    const probed = await probe(context).then(
      (result) => ({ ok: true as const, result }),
      (thrown: unknown) => ({ ok: false as const, reason: grpcReason(thrown) }),
    )
    return probed.ok ? look(probed.result, context) : skipped(`it could not be measured: ${probed.reason}`)
  }

function timers({ timerMs }: TimerProbe): CheckFinding {
  const found = `a timer of ${PROBE_TIMER_MS} ms took ${Math.round(timerMs)} ms (measured by the server's clock)`
  return timerMs > PROBE_TIMER_MS + TIMER_LATE_MS
    ? warn(
        `${found}: short pauses between attempts last as long`,
        set('history.timerProcessorMaxTimeShift: 20ms'),
      )
    : ok(found)
}

async function dispatch({ dispatchMs, tasks }: DispatchProbe, context: Context): Promise<CheckFinding> {
  if (dispatchMs === null)
    return skipped(
      `${tasks} workflow tasks went through, too few in that time to see it: this machine is too busy, or too far away`,
    )
  const { connection } = await context.temporal()
  const { historyShardCount } = await connection
    .withDeadline(Date.now() + CALL_LIMIT_MS, () => connection.workflowService.getClusterInfo({}))
    .catch(() => ({ historyShardCount: null }))
  const shards = historyShardCount
    ? `, ${historyShardCount} history ${historyShardCount === 1 ? 'shard' : 'shards'}`
    : ''
  const found = `of ${tasks} workflow tasks in a row the last ones took ${dispatchMs.toFixed(1)} ms to reach a worker (measured by the server's clock${shards})`
  return dispatchMs > SLOW_DISPATCH_MS
    ? warn(
        `${found}: under load each generation takes that time more, twice`,
        `${set('history.transferProcessorMaxPollRPS and history.timerProcessorMaxPollRPS: 2000')}; if they are, the server is busy`,
      )
    : ok(found)
}

function clock({ clockAheadMs, clockErrorMs }: TimerProbe): CheckFinding {
  const offMs = Math.round(Math.abs(clockAheadMs))
  const way = clockAheadMs > 0 ? 'ahead of' : 'behind'
  const found = `this machine's clock is ${offMs} ms ${way} Temporal's (give or take ${Math.ceil(clockErrorMs)} ms)`
  return offMs - clockErrorMs > CLOCK_OFF_MS
    ? warn(found, 'let NTP set the clock of both machines: timedatectl set-ntp true')
    : ok(found)
}

async function commands(context: Context): Promise<CheckFinding> {
  const { namespaceInfo } = await context.namespace()
  return namespaceInfo?.capabilities?.workerCommands === true
    ? ok('a cancellation reaches its call at once (the server says so)')
    : warn(
        'a cancellation reaches its call at the next heartbeat, half of timeouts.workerLost later: until then it is paid for (the server says so)',
        set('frontend.WorkerCommandsEnabled and system.enableCancelActivityWorkerCommand: true'),
      )
}

async function partitions(context: Context): Promise<CheckFinding> {
  const { connection, client } = await context.temporal()
  const { workflowTaskQueuePartitions } = await connection.withDeadline(Date.now() + CALL_LIMIT_MS, () =>
    connection.workflowService.listTaskQueuePartitions({
      namespace: client.options.namespace,
      taskQueue: { name: context.taskQueue },
    }),
  )
  const count = workflowTaskQueuePartitions?.length ?? 0
  const found = `the task queue ${context.taskQueue} has ${count} ${count === 1 ? 'part' : 'parts'} (the server says so)`
  return count > 1
    ? warn(
        `${found}: tenants take turns in each part alone, and beside one that floods another may wait for seconds`,
        `${set('matching.numTaskqueueWritePartitions: 1 and matching.enableFairness: true')}; leave it where the queue has thousands of tasks a second`,
      )
    : ok(found)
}

/** A server pings a connection that is still, so that one whose other end is frozen is found. */
async function keepalive(context: Context): Promise<CheckFinding> {
  const { options } = await context.temporal()
  const { tls, apiKey } = options.connection
  if (tls !== undefined || apiKey !== undefined)
    return skipped('over TLS what lies between may answer for the server: it is not measured')
  const pingMs = await firstPing(`http://${options.address}`)
  if (pingMs === 'closed')
    return skipped('a still connection was closed, or not opened in time: it could not be measured')
  return pingMs === null
    ? warn(
        `the server sent no ping to a still connection within ${PING_WITHIN_MS / 1_000} s (measured): a worker that is frozen keeps its polls for a minute or more, and each takes a task`,
        set('frontend.keepAliveTime: 3s and frontend.keepAliveTimeout: 5s'),
      )
    : ok(`the server pinged a still connection after ${(pingMs / 1_000).toFixed(1)} s (measured)`)
}

/** Milliseconds from the connection on; null: none came in time. */
function firstPing(url: string): Promise<number | 'closed' | null> {
  return new Promise((resolve) => {
    const session = http2.connect(url)
    let timer: NodeJS.Timeout
    let connectedAt = Number.NaN
    const finish = (pingMs: number | 'closed' | null): void => {
      clearTimeout(timer)
      session.destroy()
      resolve(pingMs)
    }
    timer = setTimeout(() => finish('closed'), STILL_CONNECT_MS)
    session.once('connect', () => {
      clearTimeout(timer)
      connectedAt = performance.now()
      // What has come while this process was busy is read first.
      timer = setTimeout(() => setImmediate(finish, null), PING_WITHIN_MS)
    })
    session.once('ping', () => finish(performance.now() - connectedAt))
    session.once('error', () => finish('closed'))
    session.once('close', () => finish('closed'))
  })
}

/** A namespace takes so many; what comes after is refused. */
async function deployments(context: Context): Promise<CheckFinding> {
  const { connection, client } = await context.temporal()
  const { workerDeployments } = await connection.withDeadline(Date.now() + CALL_LIMIT_MS, () =>
    connection.workflowService.listWorkerDeployments({
      namespace: client.options.namespace,
      pageSize: DEPLOYMENTS_BY_DEFAULT + 1,
    }),
  )
  const count = workerDeployments?.length ?? 0
  // Then it was raised.
  if (count > DEPLOYMENTS_BY_DEFAULT)
    return ok(`the namespace has over ${DEPLOYMENTS_BY_DEFAULT} worker deployments`)
  const found = `the namespace has ${count} worker deployments; a server takes ${DEPLOYMENTS_BY_DEFAULT} by default`
  return count >= DEPLOYMENTS_BY_DEFAULT * NEARLY
    ? warn(
        found,
        `${set('matching.maxDeployments: 1000')}, or delete those that are not used: temporal worker deployment delete`,
      )
    : ok(found)
}

const NEEDS = ['temporal.namespace']

export const SETTINGS_CHECKS: readonly Check[] = [
  { id: 'settings.timers', needs: NEEDS, run: ofOwnCluster(measured((context) => context.timers(), timers)) },
  {
    id: 'settings.dispatch',
    needs: NEEDS,
    run: ofOwnCluster(measured((context) => context.dispatch(), dispatch)),
  },
  { id: 'settings.cancellation', needs: NEEDS, run: ofOwnCluster(commands) },
  { id: 'settings.keepalive', needs: NEEDS, limitMs: KEEPALIVE_LIMIT_MS, run: ofOwnCluster(keepalive) },
  { id: 'settings.partitions', needs: NEEDS, run: ofOwnCluster(partitions) },
  { id: 'settings.deployments', needs: NEEDS, run: deployments },
  { id: 'clock.here', needs: NEEDS, run: measured((context) => context.timers(), clock) },
]
