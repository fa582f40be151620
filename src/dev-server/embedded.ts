/**
 * The embedded Temporal server: the `temporal` CLI's own server, with the settings of `server-args.ts`.
 *
 * Invariants:
 * EMBEDDED-1 `startEmbeddedServer` resolves only when the server serves: its namespace answers, with
 *    retention set and the search attributes registered.
 * EMBEDDED-2 The server ends with this process, however that ends (`server-watchdog.cjs`).
 * EMBEDDED-3 One server per database file (`data-lock.ts`).
 * EMBEDDED-4 Its files are for their owner alone (`data-files.ts`), and its Web UI is behind a guard
 *    (`ui-guard.ts`).
 */
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Connection } from '@temporalio/client'
import { msToTs } from '@temporalio/common/lib/time'
import { connectClient } from '../temporal/connection'
import { EmbeddedServerError } from '../temporal/errors'
import { registerMissing } from '../temporal/search-attributes'
import { closeToOthers } from './data-files'
import { type DataLock, lockData } from './data-lock'
import { findTemporalCli } from './find-cli'
import { freePorts, portBecomesFree, portIsServed } from './ports'
import { serverArgs, serverEnv } from './server-args'
import { hiddenAddress, startUiGuard, type UiAddress, type UiGuard } from './ui-guard'
import { type ServerExit, spawnGuarded } from './watched-server'

export interface EmbeddedOptions {
  /** gRPC port. Default: any free one. */
  port?: number
  /** Web UI port. Default: any free one. */
  uiPort?: number
  /** The database; its directory is made. Default: all in memory, gone with the server. */
  dataFile?: string
  /** Made where it is not there. Default: `default`. */
  namespace?: string
  /** The address it listens at. Default: `127.0.0.1`. */
  ip?: string
  /** The server's own log is appended here. Default: it is dropped. */
  logFile?: string
  /** URL of a remote codec, for the Web UI to show what is encrypted. Default: none. */
  codecEndpoint?: string
  /** The CLI to use. Default: what `findTemporalCli` finds. */
  cli?: string
  /** Called with what is done before the server serves: a download, for example. Default: not called. */
  onProgress?: (message: string) => void
}

export interface EmbeddedServer {
  /** `ip:port` of the gRPC frontend. */
  address: string
  namespace: string
  uiUrl: string
  /** The server's own process, for those who measure it. */
  pid: number
  /** Ends the server and waits till it has gone: at most 8 s, and it may be called twice. */
  stop(): Promise<void>
  /** Resolves when the server has gone, for whatever reason. */
  exited: Promise<ServerExit>
}

/** For how long ended generations are kept: also the window in which an idempotency key is known. */
export const RETENTION_DAYS = 7
/** It takes half a second; a loaded machine with a large database may need many. */
const START_LIMIT_MS = 60_000
/** SIGTERM takes the server 1 s. With all in memory there is nothing to save. */
const END_GRACE_MS = 3_000
/** How long a port may still be held by a server that is just ending. */
const PORT_GRACE_MS = 500
const PORT_GRACE_AFTER_CRASH_MS = 6_000
/** A free port may be taken by another process before the server has it. */
const START_TRIES = 3
/** The CLI panics where one of the ports that it chose for the server's parts was taken: the end of the trace. */
const OWN_PORT_TAKEN = /exit code 2 before[\s\S]*devserver\.Start\(/

/**
 * Starts a server and waits until it serves.
 *
 * @throws BinaryNotFoundError when there is no CLI to be had
 * @throws EmbeddedServerError when a port or the data is taken, or the server doesn't come up
 */
export async function startEmbeddedServer(options: EmbeddedOptions = {}): Promise<EmbeddedServer> {
  const cli = options.cli ?? (await findTemporalCli({ ...pick(options, 'onProgress') }))
  const dataFile = options.dataFile === undefined ? undefined : path.resolve(options.dataFile)
  const logFile = options.logFile === undefined ? undefined : path.resolve(options.logFile)
  const files = { ...(dataFile ? { dataFile } : {}), ...(logFile ? { logFile } : {}) }
  closeToOthers(files)
  const lock = dataFile ? await lockData(dataFile) : undefined
  try {
    const server = await startWithPorts(cli, { ...options, ...files }, lock)
    server.exited.then(() => lock?.release())
    return server
  } catch (error) {
    lock?.release()
    throw error
  }
}

async function startWithPorts(
  cli: string,
  options: EmbeddedOptions,
  lock: DataLock | undefined,
): Promise<EmbeddedServer> {
  const ip = options.ip ?? '127.0.0.1'
  const graceMs = lock?.takenOver ? PORT_GRACE_AFTER_CRASH_MS : PORT_GRACE_MS
  await requireFree(options.port, ip, graceMs, 'Temporal', '--temporal-port')
  await requireFree(options.uiPort, ip, graceMs, "Temporal's Web UI", '--ui-port')
  const choosesPorts = options.port === undefined || options.uiPort === undefined
  for (let tries = 1; ; tries += 1) {
    const [freePort = 0, freeUiPort = 0] = await freePorts(2, ip)
    const ports = { port: options.port ?? freePort, uiPort: options.uiPort ?? freeUiPort }
    try {
      return await startOnce(cli, { ...options, ...ports, ip }, lock)
    } catch (error) {
      const died = error instanceof EmbeddedServerError && error.reason === 'died' ? error.message : ''
      const portTaken = choosesPorts && /address already in use/i.test(died)
      if (tries === START_TRIES || !(portTaken || OWN_PORT_TAKEN.test(died))) throw error
    }
  }
}

async function requireFree(port: number | undefined, ip: string, graceMs: number, who: string, flag: string) {
  if (port === undefined || (await portBecomesFree(port, ip, graceMs))) return
  throw new EmbeddedServerError(
    'port_taken',
    `Port ${port} for ${who} is taken on ${ip}: stop what listens there, or choose another with ${flag}`,
  )
}

async function startOnce(
  cli: string,
  options: EmbeddedOptions & { port: number; uiPort: number; ip: string },
  lock: DataLock | undefined,
  startedAgain = false,
): Promise<EmbeddedServer> {
  const { port, uiPort, ip, dataFile, codecEndpoint, namespace = 'default' } = options
  const address = `${ip}:${port}`
  // EMBEDDED-4
  const ui = await hiddenAddress(ip)
  const guard = await guardOf({ ip, port: uiPort }, ui)
  const server = spawnGuarded({
    command: cli,
    args: serverArgs({ ip, port, ui, codecEndpoint, namespace, dataFile }),
    env: serverEnv(process.env),
    logFile: options.logFile ?? null,
    graceMs: dataFile ? END_GRACE_MS : 0,
  })
  const died = server.exited.then(({ code, signal, tail }) => {
    const how = signal ? `by ${signal}` : `with exit code ${code}`
    throw new EmbeddedServerError(
      'died',
      `The Temporal server ended ${how} before it was ready:\n${tail.map((line) => `  ${line}`).join('\n')}`,
    )
  })
  died.catch(() => undefined)
  server.exited.then(guard.close)
  const givenUp = new AbortController()
  try {
    const pid = await Promise.race([server.pid, died])
    lock?.serverStarted(pid)
    const complete = await Promise.race([becomesReady(port, ip, namespace, givenUp.signal), died])
    if (!complete && dataFile && !startedAgain) {
      // For a minute this server would refuse runs with what it has just learned.
      await server.stop()
      return startOnce(cli, options, lock, true)
    }
    // From here on the server holds nobody up: if this process has nothing else to do, both end.
    server.unref()
    return {
      address,
      namespace,
      uiUrl: `http://${ip}:${uiPort}`,
      pid,
      stop: server.stop,
      exited: server.exited,
    }
  } catch (error) {
    givenUp.abort()
    await server.stop()
    throw error
  }
}

async function guardOf(at: UiAddress, ui: UiAddress): Promise<UiGuard> {
  return startUiGuard(at, ui).catch((error: Error) => {
    throw new EmbeddedServerError(
      'died',
      `Temporal's Web UI can't listen on ${at.ip}:${at.port}: ${error.message}`,
    )
  })
}

/** EMBEDDED-1. false: attributes had to be registered first. Gives up at `signal`, or after START_LIMIT_MS. */
async function becomesReady(
  port: number,
  ip: string,
  namespace: string,
  signal: AbortSignal,
): Promise<boolean> {
  const until = Date.now() + START_LIMIT_MS
  const slow = (what: string) =>
    new EmbeddedServerError('slow', `The Temporal server did not ${what} within ${START_LIMIT_MS / 1000} s`)
  if (!(await portIsServed(port, ip, START_LIMIT_MS, signal))) throw slow('listen')
  const connection = await connectUntil(`${ip}:${port}`, until, signal)
  try {
    while (!(await setRetention(connection, namespace))) {
      if (Date.now() > until || signal.aborted) throw slow(`know its namespace ${namespace}`)
      await sleep(25)
    }
    return !(await registerMissing(connection, namespace))
  } finally {
    await connection.close()
  }
}

/** A server that listens may still take a while to answer, or be somebody else's that never will. */
async function connectUntil(address: string, until: number, signal: AbortSignal): Promise<Connection> {
  for (;;) {
    try {
      return await connectClient({ address })
    } catch (error) {
      if (Date.now() > until || signal.aborted) throw error
    }
  }
}

/** @returns false while the server doesn't know the namespace yet. */
async function setRetention(connection: Connection, namespace: string): Promise<boolean> {
  const retention = msToTs(`${RETENTION_DAYS} days`)
  try {
    await connection.workflowService.updateNamespace({
      namespace,
      config: { workflowExecutionRetentionTtl: retention },
    })
    return true
  } catch {
    // Not there yet, or the server is still starting: tried again until START_LIMIT_MS.
    return false
  }
}

function pick<T, K extends keyof T>(from: T, key: K): Partial<Pick<T, K>> {
  const picked: Partial<Pick<T, K>> = {}
  if (from[key] !== undefined) picked[key] = from[key]
  return picked
}
