/** `holdfast gateway`: the HTTP side alone, against TEMPORAL_ADDRESS; workers stand elsewhere. */
import type { Command } from 'commander'
import { reachableDelivery } from '../client/delivery'
import { createInternalHoldfast } from '../client/internal'
import { loadConfig, unusableProviders } from '../config'
import { DEFAULT_TASK_QUEUE } from '../contract/generation'
import { createLogger, logShutdowns } from '../telemetry'
import { temporalOptions } from '../temporal/connection'
import type { StandaloneSettings } from '../worker/in-process/standalone'
import { shutdownTimes } from '../worker/shutdown-times'
import { countOption, portOption } from './options'
import { untilSignal } from './signals'
import { closeTraces, openTraces } from './traces'
import { version } from './version'

interface Options {
  config?: string
  port: number
  host: string
  corsOrigin?: string[]
  maxRequests?: number
}

/** Says that a gateway without keys may listen for others. */
const OPEN_ENV = 'HOLDFAST_OPEN'
const saysYes = (text = ''): boolean => /^(1|true|yes)$/i.test(text)

async function run({ config: file, port, host, corsOrigin, maxRequests }: Options): Promise<void> {
  const { env } = process
  const config = await loadConfig({ env, ...(file === undefined ? {} : { file }) })
  const {
    API_KEYS_ENV,
    KEYS_FILE_ENV,
    clusterOver,
    isLoopback,
    openApiKeys,
    remoteCodecOf,
    readinessOver,
    sharedConnection,
    startGateway,
  } = await import('../gateway')
  const { shutdownGraceTime: graceMs } = shutdownTimes(env)
  const options = temporalOptions(env)
  const { address, namespace } = options
  const taskQueue = env.HOLDFAST_TASK_QUEUE || DEFAULT_TASK_QUEUE
  const logger = createLogger()
  const { processMetrics } = await import('../telemetry/metrics')
  const keys = await openApiKeys({ env, logger, metrics: processMetrics() })
  const open = !keys.required && !isLoopback(host)
  if (open && !saysYes(env.HOLDFAST_OPEN))
    throw new Error(
      `Without keys whoever reaches ${host} could send requests, and pay with your providers' keys: set ${API_KEYS_ENV}=tenant:key or ${KEYS_FILE_ENV}, or ` +
        `listen on loopback (--host 127.0.0.1), or set ${OPEN_ENV}=1 where the network keeps others out`,
    )
  if (open)
    logger.warn(
      { event: 'gateway_open', host },
      `whoever reaches ${host} may send requests: ${OPEN_ENV} says so, and no ${API_KEYS_ENV} are set`,
    )
  const temporal = sharedConnection(options)
  const tracing = await openTraces(config, logger)
  const inProcess = await directRuns({ config, env, logger, tracing })
  // One for all tenants: it has two connections, and its own lines in the log.
  const delivery = await reachableDelivery(config, env, logger)
  const gateway = await startGateway({
    port,
    host,
    config,
    clientFor(tenant) {
      const own = tenant === null ? {} : { tenant }
      const whileAway = inProcess === null ? {} : { inProcess }
      const shared = delivery === null ? {} : { delivery }
      return createInternalHoldfast({
        config,
        env,
        connection: temporal.open,
        namespace,
        taskQueue,
        ...own,
        ...whileAway,
        ...shared,
      })
    },
    ready: readinessOver(temporal, namespace, taskQueue),
    cluster: clusterOver({ temporal: options, connection: temporal.open, taskQueue, config, env }),
    keys,
    logger,
    version: version(),
    tracing,
    corsOrigins: corsOrigin,
    codec: remoteCodecOf(options, env),
    ...(maxRequests === undefined ? {} : { limits: { requests: maxRequests } }),
  })
  const endLines = logShutdowns(config, logger)
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
  keys.close()
  endLines()
  // Its callers have had their time.
  await inProcess?.drain(0)
  await delivery?.close()
  await temporal.close()
  await closeTraces(tracing)
}

/** Only then does a gateway need the providers' keys. */
async function directRuns(settings: StandaloneSettings) {
  const { config, env, logger } = settings
  if (config.whenTemporalDown !== 'direct') return null
  for (const { provider, reason } of unusableProviders(config, env))
    logger.warn({ event: 'provider_unusable', provider, reason }, 'left out of plans while Temporal is away')
  return (await import('../worker/in-process/standalone')).startStandalone(settings)
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
