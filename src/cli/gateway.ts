/** `holdfast gateway`: the HTTP side alone, against TEMPORAL_ADDRESS; workers stand elsewhere. */
import type { Command } from 'commander'
import { createHoldfast } from '../client'
import { loadConfig } from '../config'
import { DEFAULT_TASK_QUEUE } from '../contract/generation'
import { createLogger } from '../telemetry'
import { temporalOptions } from '../temporal/connection'
import { shutdownTimes } from '../worker/worker-options'
import { countOption, portOption } from './options'
import { untilSignal } from './signals'
import { version } from './version'

interface Options {
  config?: string
  port: number
  host: string
  corsOrigin?: string[]
  maxRequests?: number
}

const LOOPBACK = /^(localhost|127(\.\d+){3}|::1)$/

async function run({ config: file, port, host, corsOrigin, maxRequests }: Options): Promise<void> {
  const { env } = process
  const config = await loadConfig({ env, ...(file === undefined ? {} : { file }) })
  const { API_KEYS_ENV, readApiKeys, readinessOver, sharedConnection, startGateway } = await import(
    '../gateway'
  )
  const keys = readApiKeys(env)
  const { shutdownGraceTime: graceMs } = shutdownTimes(env)
  const options = temporalOptions(env)
  const { address, namespace } = options
  const taskQueue = env.HOLDFAST_TASK_QUEUE || DEFAULT_TASK_QUEUE
  const logger = createLogger()
  if (keys.count === 0 && !LOOPBACK.test(host))
    logger.warn(
      { event: 'gateway_open', host },
      `whoever reaches ${host} may ask: set ${API_KEYS_ENV} unless the network keeps others out`,
    )
  const temporal = sharedConnection(options)
  const gateway = await startGateway({
    port,
    host,
    config,
    async clientFor(tenant) {
      const connection = await temporal.open()
      const own = tenant === null ? {} : { tenant }
      return createHoldfast({ config, env, connection, namespace, taskQueue, ...own })
    },
    ready: () => readinessOver(temporal, namespace, taskQueue),
    keys,
    logger,
    version: version(),
    corsOrigins: corsOrigin,
    ...(maxRequests === undefined ? {} : { limits: { requests: maxRequests } }),
  })
  process.stdout.write(
    `Gateway at ${gateway.url}: Temporal ${address}, namespace ${namespace}, task queue ${taskQueue}\n`,
  )
  // Before the first request needs it. A gateway may start before Temporal: it is ready when Temporal is.
  temporal
    .open()
    .catch(({ message }: Error) => logger.warn({ event: 'temporal_unreachable', address }, message))
  const signal = await untilSignal()
  logger.info({ event: 'draining', signal }, 'no new requests; those in flight may end')
  await gateway.drain(graceMs)
  await temporal.close()
}

export function registerGateway(program: Command): void {
  program
    .command('gateway')
    .description("serve OpenAI's and Anthropic's HTTP APIs, with workers at TEMPORAL_ADDRESS")
    .option('--config <file>', 'config file (default: holdfast.yaml)')
    .option('--port <port>', 'HTTP port', portOption, 4400)
    .option('--host <address>', 'address to listen at', '127.0.0.1')
    .option('--cors-origin <origin...>', 'pages of these origins may read answers (default: none)')
    .option('--max-requests <count>', 'requests in flight at most (default: 1000)', countOption)
    .action(run)
}
