/** A Temporal server as it comes, without our settings (src/dev-server/server-args.ts): what a cluster of others is like. */
import { findTemporalCli } from '../../src/dev-server/find-cli'
import { freePorts, portIsServed } from '../../src/dev-server/ports'
import { spawnGuarded } from '../../src/dev-server/watched-server'
import { connectNative } from '../../src/temporal/native-connection'
import { until } from './processes'

const IP = '127.0.0.1'
const NAMESPACE = 'default'
const START_LIMIT_MS = 60_000

export interface PlainServer {
  address: string
  namespace: string
  stop(): Promise<void>
}

/** Resolves when its namespace answers. All in memory. `settings`: its dynamic config. */
export async function startPlainServer(settings: { [name: string]: string } = {}): Promise<PlainServer> {
  const [port = 0] = await freePorts(1, IP)
  const server = spawnGuarded({
    command: await findTemporalCli(),
    args: [
      ...['server', 'start-dev', '--ip', IP, '--port', `${port}`, '--headless', '--log-level', 'error'],
      ...Object.entries(settings).flatMap(([name, value]) => ['--dynamic-config-value', `${name}=${value}`]),
    ],
    env: { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '' },
    logFile: null,
    graceMs: 0,
  })
  const address = `${IP}:${port}`
  try {
    if (!(await portIsServed(port, IP, START_LIMIT_MS))) throw new Error('the plain server does not listen')
    await until('the plain server answers', () => answers(address), START_LIMIT_MS)
  } catch (error) {
    await server.stop()
    throw error
  }
  server.unref()
  return { address, namespace: NAMESPACE, stop: server.stop }
}

/** It listens before it is well, and is well before it has its namespace. */
async function answers(address: string): Promise<boolean> {
  const connection = await connectNative({ address, namespace: NAMESPACE, connection: {} }).catch(() => null)
  if (connection === null) return false
  const found = await connection.workflowService.describeNamespace({ namespace: NAMESPACE }).then(
    () => true,
    () => false,
  )
  await connection.close()
  return found
}
