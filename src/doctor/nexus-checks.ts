/** The Nexus service as callers of other namespaces find it: the endpoints that the config names, and who serves them. */
import { grpcReason } from '../client/grpc-errors'
import { createEndpointCommand, readEndpoint } from '../temporal/nexus-endpoints'
import { pollersOf } from '../temporal/pollers'
import { CALL_LIMIT_MS, type Context } from './context'
import { type Check, type CheckFinding, error, ok, skipped, warn } from './types'

const NONE = skipped('the config serves no Nexus callers')

async function endpoints(context: Context): Promise<CheckFinding | CheckFinding[]> {
  const { nexus } = await context.config()
  if (nexus === null) return NONE
  return Promise.all(Object.keys(nexus.endpoints).map((name) => endpoint(context, name)))
}

async function endpoint(context: Context, name: string): Promise<CheckFinding> {
  const { client, connection } = await context.temporal()
  const { taskQueue } = context
  const { namespace } = client.options
  const command = createEndpointCommand(name, { namespace, taskQueue })
  try {
    const found = await connection.withDeadline(Date.now() + CALL_LIMIT_MS, () =>
      readEndpoint(connection, name),
    )
    if (found === null) return error(`${name} is not registered in Temporal: nobody reaches it`, command)
    const { target } = found
    if (target?.namespace === namespace && target.taskQueue === taskQueue)
      return ok(`${name} leads to the task queue ${taskQueue} in the namespace ${namespace}`)
    const where =
      target === null ? 'out of the cluster' : `to the task queue ${target.taskQueue} in ${target.namespace}`
    return error(`${name} leads ${where}`, command.replace('endpoint create', 'endpoint update'))
  } catch (thrown) {
    return skipped(`${name}: the server does not say (${grpcReason(thrown)})`, command)
  }
}

async function polling(context: Context): Promise<CheckFinding> {
  const { nexus } = await context.config()
  if (nexus === null) return NONE
  const { client } = await context.temporal()
  const pollers = await client.withDeadline(Date.now() + CALL_LIMIT_MS, () =>
    pollersOf(client, context.taskQueue, 'nexus'),
  )
  const workers = new Set(pollers.map(({ identity }) => identity)).size
  return workers === 0
    ? warn(
        `no worker polls the task queue ${context.taskQueue} for Nexus operations: they wait`,
        'start the workers with this config',
      )
    : ok(`${workers} ${workers === 1 ? 'worker polls' : 'workers poll'} for Nexus operations`)
}

export const NEXUS_CHECKS: readonly Check[] = [
  { id: 'nexus.endpoints', needs: ['temporal.namespace'], run: endpoints },
  { id: 'nexus.polling', needs: ['temporal.namespace'], run: polling },
]
