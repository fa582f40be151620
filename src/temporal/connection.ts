/**
 * Where Temporal is and how to get to it, from the environment and Temporal's own config file.
 * Pure JavaScript: what the client entry loads. The native connection stands in `native-connection.ts`.
 */
import net from 'node:net'
import tls from 'node:tls'
import { Connection, type ConnectionOptions } from '@temporalio/client'
import { loadClientConnectConfig } from '@temporalio/envconfig'
import { interceptors } from './closed-channel'
import { reasonOf, TemporalSettingsError, TemporalUnreachableError } from './errors'

export const DEFAULT_ADDRESS = '127.0.0.1:7233'
export const DEFAULT_NAMESPACE = 'default'
/** Longer than any healthy connect, short enough that a person at a prompt still waits. */
export const CONNECT_TIMEOUT_MS = 2_000

/** gRPC's own pauses grow to two minutes: a server that is back would be taken for one that is away. Milliseconds. */
const RECONNECT = { 'grpc.initial_reconnect_backoff_ms': 100, 'grpc.max_reconnect_backoff_ms': 1_000 }

/** How to reach one namespace on one cluster. Good for both kinds of connection. */
export interface TemporalOptions {
  /** `host:port`. */
  address: string
  namespace: string
  connection: Pick<ConnectionOptions, 'tls' | 'metadata' | 'plugins'> & { apiKey?: string }
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
      address: usableAddress(address ?? DEFAULT_ADDRESS),
      namespace: namespace ?? DEFAULT_NAMESPACE,
      connection: {
        ...(tls == null ? {} : { tls }),
        ...(metadata ? { metadata } : {}),
        ...(typeof apiKey === 'string' ? { apiKey } : {}),
      },
    }
  } catch (error) {
    throw error instanceof TemporalSettingsError ? error : new TemporalSettingsError(reasonOf(error))
  }
}

/** The SDK would take any of these for a host name, and say "deadline exceeded". */
function usableAddress(address: string): string {
  const bare = address
    .trim()
    .replace(/^[a-z][a-z0-9+.-]*:\/\//i, '')
    .replace(/\/.*$/s, '')
  const [, host = bare, port] = /^(\[[^\]]+\]|[^:]*)(?::(\d+))?$/.exec(bare) ?? []
  const named = net.isIPv6(bare) ? `[${bare}]` : host
  const cure = `write host:port, here ${named === '' ? '127.0.0.1' : named}:${port ?? '7233'}`
  if (bare !== address.trim())
    throw new TemporalSettingsError(`the address "${address}" is a URL, with a scheme or a path; ${cure}`)
  if (host === '' || port === undefined || Number(port) > 65_535)
    throw new TemporalSettingsError(`the address "${address}" has no port of 1 to 65535; ${cure}`)
  return address.trim()
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
      channelArgs: RECONNECT,
      interceptors,
    })
  } catch (error) {
    throw await unreachable(options, error, timeoutMs)
  }
}

/** What a TCP connection says of the address, in place of what gRPC says: "deadline exceeded", or a struct dump. */
export async function unreachable(
  { address, connection }: Pick<TemporalOptions, 'address'> & Partial<TemporalOptions>,
  error: unknown,
  timeoutMs: number,
): Promise<TemporalUnreachableError> {
  const code = await tcpProblem(address)
  const mismatch = code === null ? await tlsMismatch(address, connection) : null
  if (mismatch !== null) return new TemporalUnreachableError(address, mismatch)
  const reason = reasonOf(error)
  const late = /deadline|no answer within/i.test(reason) ? `no answer within ${timeoutMs / 1000} s` : reason
  return new TemporalUnreachableError(address, (code && REASONS[code]) ?? late)
}

const REASONS: Record<string, string> = {
  ECONNREFUSED: 'connection refused',
  ENOTFOUND: 'no such host',
  EAI_AGAIN: 'the host name could not be looked up',
  ENETUNREACH: 'no route to the network',
  EHOSTUNREACH: 'no route to the host',
}

const PROBE_MS = 300

/** One side uses TLS and the other does not: which, and what to set. An API key turns TLS on. */
async function tlsMismatch(
  address: string,
  connection: TemporalOptions['connection'] = {},
): Promise<string | null> {
  const wanted = connection.tls === undefined ? connection.apiKey !== undefined : connection.tls !== false
  const serverUsesTls = await usesTls(address)
  if (wanted && serverUsesTls === false)
    return connection.apiKey === undefined
      ? 'the server uses no TLS; set TEMPORAL_TLS=false'
      : 'the server uses no TLS, which TEMPORAL_API_KEY turns on; set TEMPORAL_TLS=false, or unset the key'
  if (!wanted && serverUsesTls === true)
    return 'the server uses TLS; set TEMPORAL_TLS=true (an API key does so by itself)'
  return null
}

/** null: not known. */
function usesTls(address: string): Promise<boolean | null> {
  const [, host = '', port] = /^\[?(.+?)\]?:(\d+)$/.exec(address) ?? []
  return new Promise((resolve) => {
    // An address is no server name.
    const servername = net.isIP(host) === 0 ? host : ''
    const socket = tls.connect({ host, port: Number(port), rejectUnauthorized: false, servername })
    const finish = (uses: boolean | null) => {
      clearTimeout(timer)
      socket.destroy()
      resolve(uses)
    }
    const timer = setTimeout(() => finish(null), PROBE_MS)
    socket.once('secureConnect', () => finish(true))
    // An alert is TLS as well: a server that wants a certificate of ours, say.
    socket.once('error', (error) => finish(/alert/i.test(error.message)))
  })
}

/** @returns the error code of a TCP connection to `host:port`; null where it opens or takes too long. */
function tcpProblem(address: string): Promise<string | null> {
  const [, host, port] = /^\[?(.+?)\]?:(\d+)$/.exec(address) ?? []
  if (!host || Number(port) > 65_535) return Promise.resolve(null)
  return new Promise((resolve) => {
    const socket = net.connect({ host, port: Number(port) })
    const finish = (code: string | null) => {
      clearTimeout(timer)
      socket.destroy()
      resolve(code)
    }
    const timer = setTimeout(() => finish(null), PROBE_MS)
    socket.once('connect', () => finish(null))
    socket.once('error', (error: NodeJS.ErrnoException) => finish(error.code ?? null))
  })
}
