/**
 * The programs that a cluster consists of, which no package of npm brings along. They are found, never installed.
 *
 * TOOLS-1 Where one is missing, all that are missing are named in one error, each with the command that installs it.
 */
import { execFileSync } from 'node:child_process'
import { accessSync, constants, readdirSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'

export const TEMPORAL_SERVER_VERSION = '1.32.0'

export interface Tools {
  /** Temporal's server, one process for each role. */
  temporalServer: string
  /** Makes Temporal's tables. */
  temporalSqlTool: string
  /** The folder of `postgres`, `initdb` and `psql`. */
  postgresqlFolder: string
  redisServer: string
  /** libfaketime, which steps the clock of one process. null: it is not installed, and only those faults need it. */
  faketime: string | null
}

/** An error whose message says all there is to say. */
export class ToolsMissingError extends Error {
  override name = 'ToolsMissingError'
}

const CACHE = path.join(os.homedir(), '.cache', 'holdfast', `temporal-server-${TEMPORAL_SERVER_VERSION}`)
const DEBIAN_POSTGRESQL = '/usr/lib/postgresql'
const FAKETIME = ['/usr/lib/x86_64-linux-gnu/faketime', '/usr/lib/aarch64-linux-gnu/faketime']

const GO_INSTALL = ['server', 'tools/sql']
  .map((command) => `go.temporal.io/server/cmd/${command}@v${TEMPORAL_SERVER_VERSION}`)
  .join(' ')

/** What installs each: Debian's packages, and Go's command for what has none. */
const INSTALL = {
  temporalServer: `GOBIN=${CACHE} go install ${GO_INSTALL}`,
  temporalSqlTool: `GOBIN=${CACHE} go install ${GO_INSTALL}`,
  postgresqlFolder: 'apt-get install postgresql',
  redisServer: 'apt-get install redis-server',
} as const satisfies Partial<Record<keyof Tools, string>>

export const FAKETIME_INSTALL = 'apt-get install libfaketime'

const runs = (file: string): boolean => isThere(file, constants.X_OK)
/** A library is loaded and not run: Debian's has no right to be. */
const loads = (file: string): boolean => isThere(file, constants.R_OK)

function isThere(file: string, right: number): boolean {
  try {
    accessSync(file, right)
    return true
  } catch {
    return false
  }
}

const inFolders = (name: string, folders: readonly string[], usable = runs): string | null =>
  folders.map((folder) => path.join(folder, name)).find(usable) ?? null

const searchPath = (env: NodeJS.ProcessEnv): string[] =>
  (env.PATH ?? '').split(path.delimiter).filter((folder) => folder !== '')

function debianPostgresql(): string[] {
  try {
    const versions = readdirSync(DEBIAN_POSTGRESQL).sort((one, other) => Number(other) - Number(one))
    return versions.map((version) => path.join(DEBIAN_POSTGRESQL, version, 'bin'))
  } catch {
    return []
  }
}

/** Throws ToolsMissingError. `env`: of this process. */
export function findTools(env: NodeJS.ProcessEnv = process.env): Tools {
  const initdb = inFolders('initdb', [...debianPostgresql(), ...searchPath(env)])
  const found = {
    temporalServer: inFolders('server', [CACHE]) ?? inFolders('temporal-server', searchPath(env)),
    temporalSqlTool: inFolders('sql', [CACHE]) ?? inFolders('temporal-sql-tool', searchPath(env)),
    postgresqlFolder: initdb === null ? null : path.dirname(initdb),
    redisServer: inFolders('redis-server', searchPath(env)),
  }
  const missing = Object.entries(INSTALL).filter(([name]) => found[name as keyof typeof INSTALL] === null)
  // TOOLS-1
  if (missing.length > 0)
    throw new ToolsMissingError(missingText(new Map(missing.map(([name, how]) => [how, name]))))
  return { ...(found as Omit<Tools, 'faketime'>), faketime: inFolders('libfaketime.so.1', FAKETIME, loads) }
}

const missingText = (commands: ReadonlyMap<string, string>): string =>
  [
    'The cluster needs programs that are not installed. These commands install them:',
    ...commands.keys(),
  ].join('\n  ')

/** The user that PostgreSQL runs as: it refuses root. null: this process is not root's, and runs it itself. */
export function postgresqlUser(): { uid: number; gid: number } | null {
  if (process.getuid?.() !== 0) return null
  const idOf = (flag: string): number => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }))
  try {
    return { uid: idOf('-u'), gid: idOf('-g') }
  } catch {
    throw new ToolsMissingError(
      'PostgreSQL refuses to run as root, and there is no user `postgres`: apt-get install postgresql',
    )
  }
}
