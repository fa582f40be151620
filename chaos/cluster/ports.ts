/**
 * Ports for what is killed and started again in the same place.
 *
 * PORTS-1 They are below those that the system gives to connections, so that none takes one while its owner is away.
 * PORTS-2 They fit into 16 bits with a sign: Temporal's table of its own members has no room for more on PostgreSQL
 *    (schema/postgresql/v12/temporal of server 1.32.0, `cluster_membership.rpc_port`).
 */
import { portIsFree } from '../../src/dev-server/ports'

const FIRST = 20_000
const LAST = 32_000
const HOST = '127.0.0.1'
const TRIES = 1_000

const taken = new Set<number>()

/** Throws where there are none left. No port is given twice by one process. */
export async function stablePorts(count: number): Promise<number[]> {
  const ports: number[] = []
  for (let tries = 0; ports.length < count && tries < TRIES; tries += 1) {
    const port = FIRST + Math.floor(Math.random() * (LAST - FIRST))
    if (taken.has(port) || !(await portIsFree(port, HOST))) continue
    taken.add(port)
    ports.push(port)
  }
  if (ports.length < count) throw new Error(`no ${count} ports are free between ${FIRST} and ${LAST}`)
  return ports
}
