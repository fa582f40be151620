/** Workers and gateways of the cluster: processes of `dist/`, each with its own ways to Temporal and to Redis. */
import path from 'node:path'
import { DEFAULT_TASK_QUEUE } from '../../src/contract/generation'
import { TOP } from '../top'
import { type Link, openLink } from './link'
import { createPart, type Part } from './part'

export type HoldfastRole = 'worker' | 'gateway'

export interface HoldfastProcess extends Part {
  role: HoldfastRole
  /** A gateway's; of a worker that of its metrics. */
  url: string
  temporal: Link
  redis: Link
  /** The folder where a cache on disk goes. */
  folder: string
  closeLinks(): Promise<void>
}

export interface HoldfastSettings {
  role: HoldfastRole
  name: string
  port: number
  config: string
  folder: string
  logFolder: string
  buildsFolder: string
  temporalPort: number
  redisPort: number
  taskQueue?: string
}

/** The command line's program. */
export const MAIN = path.join(TOP, 'dist', 'src', 'cli', 'main.js')

/** What would steer a command or its Node. */
const STEERS = /^(TEMPORAL_(?!CLI$)|HOLDFAST_|OTEL_|.*_API_KEY$|NODE_OPTIONS|JEST_)/
const cleanEnv = (): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(process.env).filter(([name]) => !STEERS.test(name)))

export const argsOf = (role: HoldfastRole, config: string, port: number, main = MAIN): string[] => [
  main,
  role,
  '--config',
  config,
  ...(role === 'gateway' ? ['--port', `${port}`] : ['--metrics-port', `${port}`]),
]

export async function createHoldfastProcess(settings: HoldfastSettings): Promise<HoldfastProcess> {
  const { role, name, port, config, folder, logFolder, buildsFolder, temporalPort, redisPort } = settings
  const { taskQueue = DEFAULT_TASK_QUEUE } = settings
  const [temporal, redis] = await Promise.all([openLink(temporalPort), openLink(redisPort)])
  const url = `http://127.0.0.1:${port}`
  const part = createPart({
    name,
    command: process.execPath,
    args: argsOf(role, config, port),
    env: {
      ...cleanEnv(),
      TEMPORAL_ADDRESS: `127.0.0.1:${temporal.port}`,
      REDIS_URL: `redis://127.0.0.1:${redis.port}`,
      HOLDFAST_TASK_QUEUE: taskQueue,
      HOLDFAST_BUILDS: buildsFolder,
      HOLDFAST_SHUTDOWN_GRACE: '25s',
    },
    logFile: path.join(logFolder, `${name}.log`),
    cwd: folder,
    // A gateway is ready when it listens: that it has no Temporal is for its callers to meet.
    ready: () => fetched(`${url}${role === 'worker' ? '/readyz' : '/healthz'}`),
  })
  return {
    ...part,
    role,
    url,
    temporal,
    redis,
    folder,
    closeLinks: async () => {
      await Promise.all([temporal.close(), redis.close()])
    },
  }
}

const PROBE_LIMIT_MS = 2_000

const fetched = (url: string): Promise<boolean> =>
  fetch(url, { signal: AbortSignal.timeout(PROBE_LIMIT_MS) }).then(
    async (response) => {
      await response.body?.cancel()
      return response.ok
    },
    () => false,
  )
