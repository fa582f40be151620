/** The workers of the task queue, as Temporal knows them: who polls, who answers, what waits, which builds. */
import { grpcReason } from '../client/grpc-errors'
import { circuitWorkflowId } from '../contract/circuits'
import { span } from '../domain/text/durations'
import { countPinned, deploymentNameOf, deploymentsOf } from '../temporal/deployment'
import { millisecondsOf, type Poller, pollersOf } from '../temporal/pollers'
import { CALL_LIMIT_MS, type Context } from './context'
import { type Check, type CheckFinding, error, ok, skipped, warn } from './types'
import { clockFinding, liveFinding, reportedWorkers } from './worker-heartbeats'

/** A poll stands for a minute; who polls now was seen since. */
const POLLED_WITHIN_MS = 90_000
/** A task that waits for longer has found no free worker. */
const WAITS_LONG_MS = 10_000
/** A worker in use answers in milliseconds. */
const ANSWER_LIMIT_MS = 3_000
/** Temporal's own query, which every workflow answers. */
const QUERY = '__temporal_workflow_metadata'

/** By Temporal's clock as far as it is known, epoch milliseconds. */
const temporalNow = (context: Context): Promise<number> =>
  context.timers().then(
    ({ clockAheadMs }) => context.now() - clockAheadMs,
    () => context.now(),
  )

const within = async <T>(context: Context, call: () => Promise<T>): Promise<T> => {
  const { client } = await context.temporal()
  return client.withDeadline(Date.now() + CALL_LIMIT_MS, call)
}

const polls = async (context: Context, type: 'workflow' | 'activity'): Promise<Poller[]> => {
  const { client } = await context.temporal()
  return within(context, () => pollersOf(client, context.taskQueue, type))
}

const startOne = (context: Context, namespace: string): string =>
  `start one with the same Temporal: TEMPORAL_NAMESPACE=${namespace} HOLDFAST_TASK_QUEUE=${context.taskQueue} holdfast worker; or set HOLDFAST_TASK_QUEUE to the queue of those that run`

async function polling(context: Context): Promise<CheckFinding> {
  const { client } = await context.temporal()
  const { namespace } = client.options
  const [workflow, activity, now] = await Promise.all([
    polls(context, 'workflow'),
    polls(context, 'activity'),
    temporalNow(context),
  ])
  const recent = (pollers: Poller[]): Poller[] =>
    pollers.filter(({ lastPollAt }) => now - lastPollAt < POLLED_WITHIN_MS)
  const names = new Set(recent(workflow).map(({ identity }) => identity))
  const calls = new Set(recent(activity).map(({ identity }) => identity))
  const lastAt = Math.max(...[...workflow, ...activity].map(({ lastPollAt }) => lastPollAt))
  const last = Number.isFinite(lastAt) ? `; the last poll was ${span(now - lastAt)} ago` : ''
  if (names.size === 0)
    return error(
      `no worker polls the task queue ${context.taskQueue} in the namespace ${namespace}${last}`,
      startOne(context, namespace),
    )
  if (calls.size === 0)
    return error(
      `${names.size} workers poll for workflows, none for calls${last}`,
      'see the logs of the workers for errors, and start them again',
    )
  const [one] = names
  const who = names.size === 1 ? `1 worker polls (${one})` : `${names.size} workers poll`
  return ok(`${who} the task queue ${context.taskQueue}${last}`)
}

/** Of the circuits' entities one that runs: any worker of the queue may be given its query. */
async function answering(context: Context): Promise<CheckFinding> {
  const { client } = await context.temporal()
  const { providers } = await context.config()
  const ids = Object.keys(providers).map((provider) => circuitWorkflowId(provider, context.taskQueue))
  const running = await Promise.all(
    ids.map((id) =>
      within(context, () => client.workflow.getHandle(id).describe()).then(
        ({ status }) => status.name === 'RUNNING',
        () => false,
      ),
    ),
  )
  const id = ids.find((_, index) => running[index])
  if (id === undefined) return skipped('there is no entity of the circuits to ask: see circuits.readable')
  const startedAt = performance.now()
  try {
    // Raw: its answer may be encrypted, and nobody reads it.
    await client.withDeadline(Date.now() + ANSWER_LIMIT_MS, () =>
      client.workflowService.queryWorkflow({
        namespace: client.options.namespace,
        execution: { workflowId: id },
        query: { queryType: QUERY },
      }),
    )
    return ok(`a worker answered a query in ${Math.round(performance.now() - startedAt)} ms`)
  } catch (thrown) {
    const tookMs = Math.round(performance.now() - startedAt)
    return error(
      `no worker answered a query of ${id} within ${tookMs} ms (${grpcReason(thrown)}): workers poll, and are frozen or have no room`,
      'look at the machines of the workers (a process that is stopped, no CPU left), and start more or start them again',
    )
  }
}

async function backlog(context: Context): Promise<CheckFinding> {
  const { client } = await context.temporal()
  const found = await Promise.all(
    ([1, 2] as const).map(async (taskQueueType) => {
      const { stats } = await within(context, () =>
        client.workflowService.describeTaskQueue({
          namespace: client.options.namespace,
          taskQueue: { name: context.taskQueue },
          taskQueueType,
          reportStats: true,
        }),
      )
      return {
        count: Number(stats?.approximateBacklogCount ?? 0),
        ageMs: millisecondsOf(stats?.approximateBacklogAge),
      }
    }),
  )
  const count = found.reduce((sum, one) => sum + one.count, 0)
  const oldestMs = Math.max(...found.map(({ ageMs }) => ageMs))
  if (count === 0) return ok('nothing waits for a worker')
  const text = `about ${count} ${count === 1 ? 'task waits' : 'tasks wait'} for a worker, the oldest for ${span(oldestMs)}`
  return oldestMs > WAITS_LONG_MS
    ? warn(text, 'start more workers (holdfast worker), or see workers.answering')
    : ok(text)
}

async function builds(context: Context): Promise<CheckFinding[]> {
  const { client, connection } = await context.temporal()
  const { namespace } = client.options
  const name = context.env.TEMPORAL_DEPLOYMENT_NAME || deploymentNameOf(context.taskQueue)
  const deployments = await within(context, () => deploymentsOf(connection, namespace, name))
  if (!deployments.usable)
    return [
      skipped(
        `worker deployments: ${deployments.reason}; a deploy with changed workflows may stop generations that wait`,
      ),
    ]
  const { deployment } = deployments
  if (deployment === null)
    return [
      skipped('no worker of this task queue names its build (HOLDFAST_VERSIONING=off, or none has run)'),
    ]
  const [pollers, now] = await Promise.all([polls(context, 'workflow'), temporalNow(context)])
  const draining = deployment.builds.filter(({ state }) => state === 'draining')
  const pinned = await Promise.all(
    draining.map(async ({ buildId }) => ({
      buildId,
      count: await within(context, () => countPinned(client, name, buildId)),
    })),
  )
  const recent = pollers.filter(({ lastPollAt }) => now - lastPollAt < POLLED_WITHIN_MS)
  return buildFindings({ namespace, name, current: deployment.current, pinned, pollers: recent })
}

interface BuildFacts {
  namespace: string
  /** Of the deployment. */
  name: string
  /** null: to workers that name no build. */
  current: string | null
  /** Earlier builds, and how many generations are pinned to each. */
  pinned: readonly { buildId: string; count: number }[]
  /** Those that poll now. */
  pollers: readonly Pick<Poller, 'buildId' | 'standIn'>[]
}

export function buildFindings({ namespace, name, current, pinned, pollers }: BuildFacts): CheckFinding[] {
  const own = pollers.some(({ buildId, standIn }) => buildId === current && !standIn)
  const to = `new generations go to ${current === null ? 'workers without a build' : `build ${current}`}`
  return [
    own
      ? ok(`${to}, whose workers poll`)
      : error(
          `${to}, and none of its workers polls`,
          `start workers of that build, or: temporal worker deployment set-current-version --namespace ${namespace} --deployment-name ${name} --build-id BUILD`,
        ),
    ...pinned
      .filter(({ count }) => count > 0)
      .map(({ buildId, count }) => {
        const runs = `${count} running ${count === 1 ? 'generation is' : 'generations are'} pinned to the earlier build ${buildId}`
        return pollers.some((poller) => poller.buildId === buildId)
          ? ok(`${runs}, which workers still run`)
          : warn(
              `${runs}, which nobody runs`,
              'give the workers its code (HOLDFAST_BUILDS, docs/upgrading.md); after a minute they let such generations go on with the current build',
            )
      }),
  ]
}

async function alive(context: Context): Promise<CheckFinding> {
  const [workers, now] = await Promise.all([reportedWorkers(context), temporalNow(context)])
  return liveFinding(workers, now)
}

async function clocks(context: Context): Promise<CheckFinding> {
  const [workers, now] = await Promise.all([reportedWorkers(context), temporalNow(context)])
  return clockFinding(workers, now)
}

/** Words reach those who wait through the memory of one process, or through Redis. */
async function delivery(context: Context): Promise<CheckFinding> {
  const { delivery: settings } = await context.config()
  if (settings.store !== 'memory') return ok('streams and early answers go through Redis')
  const workers = new Set((await polls(context, 'workflow')).map(({ identity }) => identity)).size
  const found = 'streams and early answers stay in the process that makes them (delivery.store: memory)'
  return workers > 1
    ? warn(
        `${found}, and ${workers} workers have polled: a stream of another process comes all at once, at its end`,
        'set delivery.store: redis and delivery.url for gateways and workers (docs/delivery.md)',
      )
    : ok(found)
}

const NEEDS = ['temporal.namespace']

export const WORKER_CHECKS: readonly Check[] = [
  { id: 'clock.workers', needs: NEEDS, run: clocks },
  { id: 'workers.polling', needs: NEEDS, run: polling },
  { id: 'workers.answering', needs: ['workers.polling', 'config.valid'], run: answering },
  { id: 'workers.alive', needs: NEEDS, run: alive },
  { id: 'workers.backlog', needs: NEEDS, run: backlog },
  { id: 'workers.builds', needs: ['workers.polling'], run: builds },
  { id: 'workers.delivery', needs: ['workers.polling', 'config.valid'], run: delivery },
]
