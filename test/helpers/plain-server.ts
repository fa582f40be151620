/** A Temporal server as it comes, without our settings (src/temporal/server-args.ts): what a cluster of others is like. */
import { findTemporalCli } from '../../src/temporal/find-cli'
import { spawnGuarded } from '../../src/temporal/guarded-server'
import { connectNative } from '../../src/temporal/native-connection'
import { freePorts, portIsServed } from '../../src/temporal/ports'
import { until } from './processes'

const IP = '127.0.0.1'
const NAMESPACE = 'default'
const START_LIMIT_MS = 60_000

export interface PlainServer {
  address: string
  namespace: string
  stop(): Promise<void>
}

/** Resolves when its namespace answers. All in memory. */
export async function startPlainServer(): Promise<PlainServer> {
  const [port = 0] = await freePorts(1, IP)
  const server = spawnGuarded({
    command: await findTemporalCli(),
    args: ['server', 'start-dev', '--ip', IP, '--port', `${port}`, '--headless', '--log-level', 'error'],
    env: { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '' },
    logFile: null,
    graceMs: 0,
  })
  const address = `${IP}:${port}`
  if (!(await portIsServed(port, IP, START_LIMIT_MS))) throw new Error('the plain server does not listen')
  const answers = async (): Promise<boolean> => {
    const connection = await connectNative({ address, namespace: NAMESPACE, connection: {} })
    try {
      await connection.workflowService.describeNamespace({ namespace: NAMESPACE })
      return true
    } catch {
      // It still makes its namespace.
      return false
    } finally {
      await connection.close()
    }
  }
  await until('the plain server answers', answers, START_LIMIT_MS)
  server.unref()
  return { address, namespace: NAMESPACE, stop: server.stop }
}
