/**
 * Where Temporal is and how to get to it, from the environment and Temporal's own config file.
 * Pure JavaScript: what the client entry loads. The native connection stands in `native-connection.ts`.
 */
import { Connection, type ConnectionOptions } from '@temporalio/client'
import { loadClientConnectConfig } from '@temporalio/envconfig'
import { reasonOf, TemporalSettingsError, TemporalUnreachableError } from './errors'

export const DEFAULT_ADDRESS = '127.0.0.1:7233'
export const DEFAULT_NAMESPACE = 'default'
/** Longer than any healthy connect, short enough that a person at a prompt still waits. */
export const CONNECT_TIMEOUT_MS = 2_000

/** How to reach one namespace on one cluster. Good for both kinds of connection. */
export interface TemporalOptions {
  /** `host:port`. */
  address: string
  namespace: string
  connection: Pick<ConnectionOptions, 'tls' | 'metadata'> & { apiKey?: string }
}

/**
 * Reads TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE, TEMPORAL_API_KEY, TEMPORAL_TLS_*, TEMPORAL_PROFILE and
 * TEMPORAL_CONFIG_FILE, as every Temporal tool does. Nothing set means a local server.
 *
 * @throws TemporalSettingsError when the config file, the profile or a certificate can't be read.
 */
export function temporalOptions(env: NodeJS.ProcessEnv = process.env): TemporalOptions {
  const overrideEnvVars = Object.fromEntries(
    Object.entries(env).filter(
      (entry): entry is [string, string] => entry[1] !== undefined && entry[1] !== '',
    ),
  )
  try {
    const { namespace, connectionOptions } = loadClientConnectConfig({ overrideEnvVars })
    const { address, apiKey, tls, metadata } = connectionOptions
    return {
      address: address ?? DEFAULT_ADDRESS,
      namespace: namespace ?? DEFAULT_NAMESPACE,
      connection: {
        ...(tls == null ? {} : { tls }),
        ...(metadata ? { metadata } : {}),
        ...(typeof apiKey === 'string' ? { apiKey } : {}),
      },
    }
  } catch (error) {
    throw new TemporalSettingsError(reasonOf(error))
  }
}

/**
 * Connects over gRPC in pure JavaScript. The caller closes the connection.
 *
 * @param timeoutMs for the whole attempt, the first call to the server included
 * @throws TemporalUnreachableError
 */
export async function connectClient(
  options: Pick<TemporalOptions, 'address'> & Partial<TemporalOptions>,
  timeoutMs = CONNECT_TIMEOUT_MS,
): Promise<Connection> {
  try {
    return await Connection.connect({
      ...options.connection,
      address: options.address,
      connectTimeout: timeoutMs,
    })
  } catch (error) {
    throw new TemporalUnreachableError(options.address, connectReason(error, timeoutMs))
  }
}

export function connectReason(error: unknown, timeoutMs: number): string {
  const reason = reasonOf(error)
  return /deadline|timed? ?out/i.test(reason) ? `no answer within ${timeoutMs / 1000} s` : reason
}
