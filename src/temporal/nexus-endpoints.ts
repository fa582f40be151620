/** Nexus endpoints of a cluster: by which name callers of other namespaces reach this task queue. */
import type { ConnectionLike } from '@temporalio/client'

export interface Place {
  namespace: string
  taskQueue: string
}

/** `target` null: it leads out of the cluster. */
export interface Endpoint {
  target: Place | null
}

/** null: there is none of this name. Rejects where the server does not say: Temporal Cloud has an API of its own for them. */
export async function readEndpoint(connection: ConnectionLike, name: string): Promise<Endpoint | null> {
  const { endpoints } = await connection.operatorService.listNexusEndpoints({ name })
  const spec = endpoints.find((endpoint) => endpoint.spec?.name === name)?.spec
  if (spec == null) return null
  const { namespace, taskQueue } = spec.target?.worker ?? {}
  return { target: namespace && taskQueue ? { namespace, taskQueue } : null }
}

/**
 * Makes those that are not there: only on a server of our own.
 *
 * @returns whether any was made
 */
export async function createMissingEndpoints(
  connection: ConnectionLike,
  names: readonly string[],
  worker: Place,
): Promise<boolean> {
  let made = false
  for (const name of names) {
    if ((await readEndpoint(connection, name)) !== null) continue
    await connection.operatorService.createNexusEndpoint({ spec: { name, target: { worker } } })
    made = true
  }
  return made
}

/** @returns the CLI command that makes the endpoint. */
export const createEndpointCommand = (name: string, { namespace, taskQueue }: Place): string =>
  `temporal operator nexus endpoint create --name ${name} --target-namespace ${namespace} --target-task-queue ${taskQueue}`
