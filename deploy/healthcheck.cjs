// A container's health, by its exit code: node healthcheck.cjs gateway|worker.
// gateway: does it say that it is ready (Temporal answers, a worker polls)? worker: does this very process poll?
// Runs beside the role in the same container, so it shares its host name and its environment.
const { hostname } = require('node:os')

/** Of activities: TASK_QUEUE_TYPE_ACTIVITY, without loading the whole of @temporalio/proto for one number. */
const ACTIVITIES = 2

/** As in src/gateway/readiness.ts: a poller was seen within the length of a long poll. */
const POLLED_WITHIN_MS = 70_000

/** The port that the Dockerfile exposes; outside it may be another. */
async function gatewayIsReady() {
  const { ok } = await fetch('http://127.0.0.1:4400/readyz')
  return ok
}

async function workerPolls() {
  const { connectClient, temporalOptions } = require('../dist/src/temporal/connection')
  const { DEFAULT_TASK_QUEUE } = require('../dist/src/contract/generation')
  const options = temporalOptions(process.env)
  const connection = await connectClient(options)
  const { pollers } = await connection.workflowService.describeTaskQueue({
    namespace: options.namespace,
    taskQueue: { name: process.env.HOLDFAST_TASK_QUEUE || DEFAULT_TASK_QUEUE },
    taskQueueType: ACTIVITIES,
  })
  await connection.close()
  return pollers.some(
    ({ identity, lastAccessTime }) =>
      identity.includes(`@${hostname()}/`) &&
      Number(lastAccessTime?.seconds ?? 0) * 1_000 > Date.now() - POLLED_WITHIN_MS,
  )
}

const CHECKS = { gateway: gatewayIsReady, worker: workerPolls }

CHECKS[process.argv[2]]().then(
  (healthy) => process.exit(healthy ? 0 : 1),
  (error) => {
    process.stderr.write(`${error.message}\n`)
    process.exit(1)
  },
)
