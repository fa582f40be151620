/**
 * Temporal as four processes, one for each role, on one PostgreSQL: as a cluster runs it, and with the settings of
 * `deploy/temporal`. Each role has a way of its own to the database.
 */
import { execFile } from 'node:child_process'
import { copyFileSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { promisify } from 'node:util'
import { stringify } from 'yaml'
import { findTemporalCli } from '../../src/dev-server/find-cli'
import { portIsServed } from '../../src/dev-server/ports'
import { TOP } from '../top'
import { type Link, openLink } from './link'
import { createPart, type Part } from './part'
import { stablePorts } from './ports'
import { DATABASE_USER } from './postgresql'
import type { Tools } from './tools'

export const ROLES = ['frontend', 'history', 'matching', 'worker'] as const
export type TemporalRole = (typeof ROLES)[number]

const HOST = '127.0.0.1'
const NAMESPACE = 'default'
/** Of a chaos run: what is kept longer than its namespace must keep it is not looked at. */
const RETENTION = '1d'
const DEPLOY = path.join(TOP, 'deploy', 'temporal')

export interface TemporalRoleProcess extends Part {
  /** Its way to PostgreSQL. */
  database: Link
}

export interface Temporal {
  roles: { [role in TemporalRole]: TemporalRoleProcess }
  frontendPort: number
  /** Tables, then the roles, then the namespace. */
  start(): Promise<void>
  closeLinks(): Promise<void>
}

interface Places {
  folder: string
  logFolder: string
  databasePort: number
}

export async function createTemporal(
  tools: Tools,
  { folder, logFolder, databasePort }: Places,
): Promise<Temporal> {
  const ports = await stablePorts(ROLES.length * 2)
  const portOf = (role: TemporalRole): number => ports[ROLES.indexOf(role) * 2] ?? 0
  const membershipPortOf = (role: TemporalRole): number => ports[ROLES.indexOf(role) * 2 + 1] ?? 0
  const services = Object.fromEntries(
    ROLES.map((role) => [
      role,
      { rpc: { grpcPort: portOf(role), membershipPort: membershipPortOf(role), bindOnIP: HOST } },
    ]),
  )
  const dynamicConfig = path.join(folder, 'dynamic-config.yaml')
  mkdirSync(folder, { recursive: true })
  copyFileSync(path.join(DEPLOY, 'dynamic-config.yaml'), dynamicConfig)

  const roleOf = async (role: TemporalRole): Promise<TemporalRoleProcess> => {
    const database = await openLink(databasePort)
    const config = path.join(folder, role)
    mkdirSync(config, { recursive: true })
    const settings = serverConfig({
      databasePort: database.port,
      dynamicConfig,
      services,
      frontendPort: portOf('frontend'),
    })
    writeFileSync(path.join(config, 'cluster.yaml'), stringify(settings))
    const part = createPart({
      name: `temporal-${role}`,
      command: tools.temporalServer,
      args: [
        '--root',
        folder,
        '--config',
        role,
        '--env',
        'cluster',
        '--allow-no-auth',
        'start',
        '--service',
        role,
      ],
      // 10-20 % less CPU for some more memory.
      env: { ...process.env, GOGC: '400' },
      logFile: path.join(logFolder, `temporal-${role}.log`),
      cwd: folder,
      ready: () => portIsServed(role === 'worker' ? membershipPortOf(role) : portOf(role), HOST, 0),
    })
    return { ...part, database }
  }
  const made = await Promise.all(ROLES.map(async (role) => [role, await roleOf(role)] as const))
  const roles = Object.fromEntries(made) as Temporal['roles']
  const script = (name: string, env: { [name: string]: string }) => runScript(tools, folder, name, env)

  return {
    roles,
    frontendPort: portOf('frontend'),
    async start() {
      await script('schema.sh', {
        SQL_PLUGIN: 'postgres12',
        SQL_HOST: HOST,
        SQL_PORT: `${databasePort}`,
        SQL_USER: DATABASE_USER,
        SQL_PASSWORD: DATABASE_USER,
      })
      // The first one writes what all are to know of the cluster; several that do it at once fail.
      await roles.frontend.start()
      await Promise.all(ROLES.filter((role) => role !== 'frontend').map((role) => roles[role].start()))
      await script('namespace.sh', {
        TEMPORAL_ADDRESS: `${HOST}:${portOf('frontend')}`,
        TEMPORAL_NAMESPACE: NAMESPACE,
        RETENTION,
      })
    },
    closeLinks: async () => {
      await Promise.all(ROLES.map((role) => roles[role].database.close()))
    },
  }
}

const SCRIPT_LIMIT_MS = 180_000

/** One of `deploy/temporal`, with the two programs that it expects. */
async function runScript(
  tools: Tools,
  folder: string,
  name: string,
  env: { [name: string]: string },
): Promise<void> {
  const bin = path.join(folder, 'bin')
  mkdirSync(bin, { recursive: true })
  const programs = { 'temporal-sql-tool': tools.temporalSqlTool, temporal: await findTemporalCli({}) }
  for (const [program, file] of Object.entries(programs)) {
    try {
      symlinkSync(file, path.join(bin, program))
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    }
  }
  await promisify(execFile)('sh', [path.join(DEPLOY, name)], {
    env: { ...process.env, ...env, PATH: `${bin}:${process.env.PATH}` },
    timeout: SCRIPT_LIMIT_MS,
  })
}

interface ServerConfig {
  databasePort: number
  dynamicConfig: string
  services: object
  frontendPort: number
}

const serverConfig = ({ databasePort, dynamicConfig, services, frontendPort }: ServerConfig): object => {
  const database = (databaseName: string) => ({
    sql: {
      pluginName: 'postgres12',
      databaseName,
      connectAddr: `${HOST}:${databasePort}`,
      connectProtocol: 'tcp',
      user: DATABASE_USER,
      password: DATABASE_USER,
      maxConns: 20,
      maxIdleConns: 20,
      maxConnLifetime: '1h',
    },
  })
  return {
    log: { stdout: true, level: 'warn' },
    persistence: {
      numHistoryShards: 4,
      defaultStore: 'default',
      visibilityStore: 'visibility',
      datastores: { default: database('temporal'), visibility: database('temporal_visibility') },
    },
    global: { membership: { maxJoinDuration: '30s', broadcastAddress: HOST } },
    services,
    clusterMetadata: {
      enableGlobalNamespace: false,
      failoverVersionIncrement: 10,
      masterClusterName: 'active',
      currentClusterName: 'active',
      clusterInformation: {
        active: { enabled: true, initialFailoverVersion: 1, rpcAddress: `${HOST}:${frontendPort}` },
      },
    },
    dcRedirectionPolicy: { policy: 'noop' },
    archival: { history: { state: 'disabled' }, visibility: { state: 'disabled' } },
    namespaceDefaults: { archival: { history: { state: 'disabled' }, visibility: { state: 'disabled' } } },
    publicClient: { hostPort: `${HOST}:${frontendPort}` },
    dynamicConfigClient: { filepath: dynamicConfig, pollInterval: '60s' },
  }
}
