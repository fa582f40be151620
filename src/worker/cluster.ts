/** What a worker reads of the cluster before it polls. */
import type { NativeConnection } from '@temporalio/worker'
import type { Logger } from 'pino'
import { maxAnswerBytes } from '../contract/generation'
import { CONNECT_TIMEOUT_MS } from '../temporal/connection'
import { noNamespace, TemporalSettingsError } from '../temporal/errors'
import { payloadLimitBytes } from '../temporal/payload-limit'
import { checkSearchAttributes, searchesMetadata, usableAttributes } from '../temporal/search-attributes'
import type { ResourceSettings } from './resources'

/** gRPC's code: of a namespace here. */
const NOT_FOUND = 5

/** Throws TemporalSettingsError where the namespace does not exist. Logs which search attributes are missing. */
export async function readCluster(
  connection: NativeConnection,
  namespace: string,
  logger: Logger,
): Promise<Pick<ResourceSettings, 'searchAttributes' | 'searchesMetadata' | 'maxAnswerBytes'>> {
  const limit = await requireNamespace(connection, namespace)
  const attributes = await checkSearchAttributes(connection, namespace)
  if (!attributes.ok)
    logger.warn(
      { event: 'search_attributes_missing', missing: attributes.missing, command: attributes.command },
      attributes.message,
    )
  return {
    searchAttributes: usableAttributes(attributes),
    searchesMetadata: searchesMetadata(attributes),
    maxAnswerBytes: limit === null ? undefined : maxAnswerBytes(limit),
  }
}

/**
 * Before the worker is made: it would throw a dump of gRPC's error, and leave its core behind.
 * @returns its limit of a payload; null: not known.
 */
async function requireNamespace(connection: NativeConnection, namespace: string): Promise<number | null> {
  try {
    return await connection.withDeadline(Date.now() + CONNECT_TIMEOUT_MS, () =>
      payloadLimitBytes(connection, namespace),
    )
  } catch (error) {
    // Whatever else it is, the worker will report: a key that may poll need not be one that may describe.
    if (error instanceof Error && 'code' in error && error.code === NOT_FOUND)
      throw new TemporalSettingsError(noNamespace(namespace))
    return null
  }
}
