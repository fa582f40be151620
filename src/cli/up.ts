/** `holdfast up`: everything on one host. Temporal keeps its state in a file, so nothing is lost when this dies. */
import path from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { Command } from 'commander'
import {
  type Config,
  DEFAULT_DATA_FOLDER,
  demoConfig,
  diskPayloads,
  type Env,
  loadConfig,
  unusableProviders,
} from '../config'
import type { EmbeddedOptions } from '../dev-server/embedded'
import { readEncryptionKeys } from '../encryption'
import { createLogger } from '../telemetry'
import { DEFAULT_ADDRESS, DEFAULT_NAMESPACE } from '../temporal/connection'
import { type Closers, closeAll } from '../util/close-all'
import { shutdownTimes } from '../worker/shutdown-times'
import { type EmbeddedPorts, embeddedPorts, portOption } from './options'
import { untilSignal } from './signals'
import { closeTraces, openTraces } from './traces'
import { version } from './version'

interface Options extends EmbeddedPorts {
  config?: string
  port: number
  data: string
  demo?: boolean
}

const progress = (message: string): boolean => process.stderr.write(`${message}\n`)

async function run(options: Options): Promise<void> {
  const { env } = process
  const file = await loadConfig({ env, file: options.config, dataFolder: options.data })
  const loaded = { ...file, payloads: file.payloads ?? diskPayloads(options.data) }
  const closers: Closers = []
  try {
    await serve(loaded, options, env, closers)
  } finally {
    await closeAll(closers)
  }
}

async function serve(loaded: Config, options: Options, env: Env, closers: Closers): Promise<void> {
  const logger = createLogger()
  const tracing = await openTraces(loaded, logger)
  closers.push(() => closeTraces(tracing))
  const config = options.demo ? await withSimulator(loaded, closers) : loaded
  requireProvider(config, env)
  const graceMs = shutdownTimes(env).shutdownGraceTime
  const { startEmbedded } = await import('../worker/embedded')
  const server = embeddedServer(options, env)
  const { processMetrics } = await import('../telemetry/metrics')
  const { sdkMetrics } = await import('../telemetry/metrics/sdk')
  const { telemetryOptions, text } = await sdkMetrics()
  const runtimeOptions = { telemetryOptions }
  const embedded = await startEmbedded(
    { config, env, logger, runtimeOptions, ...(server === null ? {} : { server }) },
    tracing,
  )
  processMetrics().watch({ text })
  closers.push(embedded.close)
  const { host, temporal, server: own } = embedded

  const { createClient } = await import('../temporal/options')
  const { clusterOver, openApiKeys, readinessOf, remoteCodecOf, startGateway } = await import('../gateway')
  const { namespace, address } = temporal
  const { taskQueue, running } = host.worker
  const uiEnv = own === null ? env : { ...env, HOLDFAST_UI_URL: own.uiUrl }
  const client = createClient(host.connection, namespace)
  const ready = readinessOf(taskQueue)
  const keys = await openApiKeys({ env, logger, metrics: processMetrics() })
  closers.push(async () => keys.close())
  const gateway = await startGateway({
    port: options.port,
    config,
    clientFor: embedded.clientFor,
    ready: () => ready(client),
    cluster: clusterOver({
      temporal,
      connection: host.connection,
      taskQueue,
      config,
      env: uiEnv,
    }),
    codec: remoteCodecOf(temporal, uiEnv),
    keys,
    logger,
    version: version(),
    tracing,
  })
  // First: its callers wait for what the worker still does.
  closers.push(() => gateway.drain(graceMs))
  await Promise.race([untilReady(() => ready(client)), running])

  process.stdout.write(
    [
      'Holdfast is up.',
      `  Temporal    ${address} (namespace ${namespace}, task queue ${taskQueue})`,
      ...(own === null ? [] : [`  Web UI      ${own.uiUrl}`]),
      `  OpenAI API  ${gateway.url}/v1`,
      `  Operate     ${gateway.url}/ui`,
      `  Health      ${gateway.url}/readyz`,
      `  Try         ${tryLine(address)}${options.demo ? '   (the simulator answers: --demo)' : ''}`,
      '',
    ].join('\n'),
  )
  const ends: Promise<NodeJS.Signals | null>[] = [untilSignal(), running.then(() => null)]
  if (own !== null)
    ends.push(
      own.exited.then(({ code, signal }) => {
        throw new Error(`The Temporal server has gone (${signal ?? `exit code ${code}`})`)
      }),
    )
  const signal = await Promise.race(ends)
  if (signal !== null) logger.info({ event: 'draining', signal }, 'no new work; calls in flight may end')
}

const READY_WITHIN_MS = 10_000

/** Temporal knows of a worker's first poll a moment after the worker runs. Later than the limit, `/readyz` says why. */
async function untilReady(check: () => Promise<{ ok: boolean }>): Promise<void> {
  const until = performance.now() + READY_WITHIN_MS
  while (performance.now() < until && !(await check()).ok) await pause(20)
}

function tryLine(address: string): string {
  const elsewhere = address === DEFAULT_ADDRESS ? '' : `TEMPORAL_ADDRESS=${address} `
  return `${elsewhere}npx holdfast generate "Say hello"`
}

async function withSimulator(config: Config, closers: Closers): Promise<Config> {
  const { startSimulator } = await import('../simulator')
  const simulator = await startSimulator()
  closers.push(() => simulator.close())
  return demoConfig(config, simulator.url)
}

/** Every provider without its key: then nothing could ever be answered. */
function requireProvider(config: Config, env: Env): void {
  const unusable = unusableProviders(config, env)
  if (unusable.length === 0 || unusable.length < Object.keys(config.providers).length) return
  const reasons = unusable.map(({ provider, reason }) => `  ${provider}: ${reason}`).join('\n')
  throw new Error(
    `No provider can be called:\n${reasons}\nOr use --demo: the simulator answers in their place`,
  )
}

/** null: TEMPORAL_ADDRESS says where Temporal is. */
function embeddedServer(options: Options, env: Env): EmbeddedOptions | null {
  if (env.TEMPORAL_ADDRESS) {
    progress(`Using Temporal at ${env.TEMPORAL_ADDRESS} (TEMPORAL_ADDRESS)`)
    return null
  }
  progress('Starting Temporal…')
  return {
    ...embeddedPorts(options),
    namespace: env.TEMPORAL_NAMESPACE || DEFAULT_NAMESPACE,
    dataFile: path.join(options.data, 'temporal.db'),
    logFile: path.join(options.data, 'temporal.log'),
    ...(readEncryptionKeys(env) === null ? {} : { codecEndpoint: `http://127.0.0.1:${options.port}/codec` }),
    onProgress: progress,
  }
}

export function registerUp(program: Command): void {
  program
    .command('up')
    .description('run everything on this host: Temporal (unless TEMPORAL_ADDRESS is set), worker and gateway')
    .option('--config <file>', 'config file (default: holdfast.yaml)')
    .option('--port <port>', 'HTTP port', portOption, 4400)
    .option('--temporal-port <port>', "Temporal's gRPC port", portOption, 7233)
    .option('--ui-port <port>', "Temporal's Web UI port", portOption, 8233)
    .option('--data <folder>', "where Temporal's state is kept, and the cache on disk", DEFAULT_DATA_FOLDER)
    .option('--demo', 'put the simulator in the place of every provider')
    .action(run)
}
