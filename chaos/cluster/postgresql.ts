/** PostgreSQL in a folder of its own, on a port of loopback. */
import { execFileSync } from 'node:child_process'
import { chownSync, mkdirSync } from 'node:fs'
import path from 'node:path'
import { portIsServed } from '../../src/dev-server/ports'
import { createPart, type Part } from './part'
import { postgresqlUser, type Tools } from './tools'

export const DATABASE_USER = 'temporal'

export interface Postgresql extends Part {
  /** The rows of a query, as `psql` prints them. */
  query(sql: string): string
}

/** `folder`: where its data goes, made by this. */
export function createPostgresql(tools: Tools, folder: string, logFolder: string, port: number): Postgresql {
  const user = postgresqlUser()
  const data = path.join(folder, 'data')
  mkdirSync(folder, { recursive: true })
  if (user !== null) chownSync(folder, user.uid, user.gid)
  const options = { stdio: 'pipe', ...(user ?? {}) } as const
  const initdb = ['-D', data, '-U', DATABASE_USER, '--auth=trust', '--no-sync', '-E', 'UTF8', '--locale=C']
  execFileSync(path.join(tools.postgresqlFolder, 'initdb'), initdb, options)
  const psql = path.join(tools.postgresqlFolder, 'psql')
  const query = (sql: string): string =>
    execFileSync(psql, ['-h', '127.0.0.1', '-p', `${port}`, '-U', DATABASE_USER, '-Atc', sql, 'postgres'], {
      ...options,
      encoding: 'utf8',
      timeout: QUERY_LIMIT_MS,
    })
  const part = createPart({
    name: 'postgresql',
    command: path.join(tools.postgresqlFolder, 'postgres'),
    args: ['-D', data, '-p', `${port}`, '-h', '127.0.0.1', '-k', folder, ...SETTINGS],
    logFile: path.join(logFolder, 'postgresql.log'),
    user,
    cwd: folder,
    ready: async () => (await portIsServed(port, '127.0.0.1', 0)) && answers(query),
  })
  return { ...part, query }
}

const QUERY_LIMIT_MS = 5_000
/** Temporal's four services have pools of their own. */
const SETTINGS = ['-c', 'max_connections=200', '-c', 'max_wal_size=160MB', '-c', 'min_wal_size=80MB']

function answers(query: (sql: string) => string): boolean {
  try {
    return query('select 1').trim() === '1'
  } catch {
    return false
  }
}
