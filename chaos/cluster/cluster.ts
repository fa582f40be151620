/**
 * All of it on one host: PostgreSQL, Temporal's four roles, Redis, workers and gateways, and the simulator in this
 * process as every provider. Ports are free ones of loopback, data and logs go into a folder of its own.
 *
 * CLUSTER-1 What was started is ended, whatever fails, also where the start itself does.
 */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

import { type Simulator, startSimulator } from '../../src/simulator'
import { type Closers, closeAll } from '../../src/util/close-all'
import { CACHE_FOLDER, type CacheStore, configText } from './config'
import { mountSmall } from './disk'
import { createHoldfastProcess, type HoldfastProcess, type HoldfastRole } from './holdfast'
import { stablePorts } from './ports'
import { createPostgresql, type Postgresql } from './postgresql'
import { createRedis, type Redis } from './redis'
import { createTemporal, type Temporal } from './temporal'
import { findTools, type Tools } from './tools'

export interface ClusterSettings {
  workers?: number
  gateways?: number
  /** Of the simulator. */
  seed?: number
  onProgress?: (line: string) => void
}

export interface Cluster {
  tools: Tools
  folder: string
  logFolder: string
  configFile: string
  simulator: Simulator
  postgresql: Postgresql
  redis: Redis
  temporal: Temporal
  workers: HoldfastProcess[]
  gateways: HoldfastProcess[]
  /** Folders, each on a disk of its own where this process may mount one (`small`). */
  disks: { postgresql: string; redis: string; cache: string; small: boolean }
  /** Workers and gateways start anew, with the cache in this store. */
  useConfig(store: CacheStore): Promise<void>
  /** `keep`: its folder stays, for its logs. */
  close(options?: { keep?: boolean }): Promise<void>
}

/** Throws ToolsMissingError, before anything is started. */
export async function startCluster(settings: ClusterSettings = {}): Promise<Cluster> {
  const tools = findTools()
  const folder = mkdtempSync(path.join(tmpdir(), 'holdfast-cluster-'))
  // PostgreSQL runs as another user, below it.
  chmodSync(folder, 0o711)
  const closers: Closers = []
  let keeps = false
  closers.push(async () => {
    if (!keeps) rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  })
  try {
    const started = await startParts(tools, folder, settings, closers)
    return {
      ...started,
      close: ({ keep = false } = {}) => {
        keeps = keep
        return closeAll(closers)
      },
    }
  } catch (error) {
    // CLUSTER-1
    keeps = true
    await closeAll(closers)
    throw error
  }
}

async function startParts(
  tools: Tools,
  folder: string,
  { workers = 3, gateways = 2, seed = 1, onProgress = () => undefined }: ClusterSettings,
  closers: Closers,
): Promise<Omit<Cluster, 'close'>> {
  const logFolder = path.join(folder, 'logs')
  const buildsFolder = path.join(folder, 'builds')
  for (const made of [logFolder, buildsFolder]) mkdirSync(made, { recursive: true })
  const disks = makeDisks(folder, closers)
  const [postgresqlPort = 0, redisPort = 0, ...ports] = await stablePorts(2 + workers + gateways)

  onProgress('starting PostgreSQL and Redis')
  const simulator = await startSimulator({ seed })
  closers.push(simulator.close)
  const postgresql = createPostgresql(tools, disks.postgresql, logFolder, postgresqlPort)
  closers.push(() => postgresql.stop(undefined, 'SIGINT'))
  const redis = createRedis(tools, disks.redis, logFolder, redisPort)
  closers.push(() => redis.stop())
  await Promise.all([postgresql.start(), redis.start()])

  onProgress('starting Temporal: frontend, history, matching, worker')
  const temporal = await createTemporal(tools, {
    folder: path.join(folder, 'temporal'),
    logFolder,
    databasePort: postgresqlPort,
  })
  closers.push(temporal.closeLinks)
  for (const role of Object.values(temporal.roles)) closers.push(() => role.stop())
  await temporal.start()

  const configFile = path.join(folder, 'holdfast.yaml')
  const writeConfig = (store: CacheStore): void => writeFileSync(configFile, configText(simulator.url, store))
  writeConfig('redis')
  const create = (role: HoldfastRole, name: string, port: number): Promise<HoldfastProcess> => {
    const own = path.join(folder, name)
    const ownCache = path.join(disks.cache, name)
    for (const made of [own, ownCache]) mkdirSync(made, { recursive: true })
    symlinkSync(ownCache, path.join(own, CACHE_FOLDER))
    const { frontendPort: temporalPort } = temporal
    return createHoldfastProcess({
      ...{ role, name, port, config: configFile, folder: own },
      ...{ logFolder, buildsFolder, temporalPort, redisPort },
    })
  }
  const many = (role: HoldfastRole, count: number, from: number): Promise<HoldfastProcess[]> =>
    Promise.all(
      Array.from({ length: count }, (_, index) =>
        create(role, `${role}-${index + 1}`, ports[from + index] ?? 0),
      ),
    )
  onProgress(`starting ${workers} workers and ${gateways} gateways`)
  const [startedWorkers, startedGateways] = await Promise.all([
    many('worker', workers, 0),
    many('gateway', gateways, workers),
  ])
  const all = [...startedWorkers, ...startedGateways]
  closers.push(async () => {
    await Promise.all(all.map((one) => one.closeLinks()))
  })
  closers.push(async () => {
    await Promise.all(all.map((one) => one.stop()))
  })
  await Promise.all(all.map((one) => one.start()))
  return {
    ...{ tools, folder, logFolder, configFile, simulator, postgresql, redis, temporal },
    workers: startedWorkers,
    gateways: startedGateways,
    disks,
    async useConfig(store) {
      writeConfig(store)
      await Promise.all(all.map((one) => one.stop()))
      await Promise.all(all.map((one) => one.start()))
    },
  }
}

/** In MiB. PostgreSQL begins with 60, and its log may grow. */
const DISK_SIZES = { postgresql: 768, redis: 256, cache: 16 }

function makeDisks(folder: string, closers: Closers): Cluster['disks'] {
  const mounts = Object.entries(DISK_SIZES).map(([name, sizeMb]) =>
    mountSmall(path.join(folder, name), sizeMb),
  )
  for (const unmount of mounts) if (unmount !== null) closers.push(async () => unmount())
  const [postgresql, redis, cache] = ['postgresql', 'redis', 'cache'].map((name) => path.join(folder, name))
  return { postgresql, redis, cache, small: mounts.every((one) => one !== null) } as Cluster['disks']
}
