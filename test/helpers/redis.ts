/** A real Redis server on a free loopback port, where the binary is installed. It ends with the test. */
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import * as net from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createClient } from '@redis/client'
import { portIsFree } from '../../src/dev-server/ports'
import { until } from './processes'
import { listen } from './sockets'

export interface RedisServer {
  port: number
  url: string
  pid(): number
  /** SIGKILL; its data goes with it. */
  kill(): Promise<void>
  /** On the same port again. */
  start(): Promise<void>
  close(): Promise<void>
}

const BINARY = 'redis-server'

function isInstalled(): boolean {
  try {
    execFileSync(BINARY, ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

/** Why the Redis tests can't run here; null where they can. */
export const withoutRedis = isInstalled() ? null : `${BINARY} is not installed`

/** In the title of what also runs with Redis, and a word on stderr where it can't. */
export function redisPlaces(title: string): ('memory' | 'redis')[] {
  if (withoutRedis === null) return ['memory', 'redis']
  process.stderr.write(`SKIPPED: ${title} over Redis: ${withoutRedis}\n`)
  return ['memory']
}

/** `describe`, or where there is no Redis a loud skip: in the title, and on stderr. */
export function describeRedis(title: string, tests: () => void): void {
  if (withoutRedis === null) {
    describe(title, tests)
    return
  }
  process.stderr.write(`SKIPPED: ${title}: ${withoutRedis}\n`)
  describe.skip(`${title} (skipped: ${withoutRedis})`, tests)
}

async function freePort(): Promise<number> {
  const server = await listen(net.createServer())
  await server.close()
  return server.port
}

/** A node's cluster port stands this far above its own. */
const BUS_OFFSET = 10_000
const PORT_MAX = 65_535

/** With its bus beside it. */
async function freeNodePort(): Promise<number> {
  for (;;) {
    const port = await freePort()
    const bus = port + BUS_OFFSET
    if (bus <= PORT_MAX && (await portIsFree(bus, '127.0.0.1'))) return port
  }
}

const answers = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1', () => socket.write('PING\r\n'))
    socket.once('data', (data) => {
      socket.destroy()
      // One that wants a password says so.
      resolve(/^(\+PONG|-NOAUTH)/.test(data.toString()))
    })
    socket.once('error', () => resolve(false))
    socket.once('close', () => resolve(false))
  })

/** `args` as on its command line, e.g. `--maxmemory 2mb`. */
export async function startRedis(args: readonly string[] = []): Promise<RedisServer> {
  const port = await (args.includes('--cluster-enabled') ? freeNodePort() : freePort())
  const folder = mkdtempSync(path.join(tmpdir(), 'holdfast-redis-'))
  const own = [
    '--port',
    String(port),
    '--bind',
    '127.0.0.1',
    '--save',
    '',
    '--appendonly',
    'no',
    '--dir',
    folder,
  ]
  const run = () => spawn(BINARY, [...own, ...args], { stdio: 'ignore' })
  let child = run()
  const ready = () => until('Redis answers', () => answers(port))
  const kill = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    const exited = once(child, 'exit')
    child.kill('SIGKILL')
    await exited
  }
  await ready().catch(async (error: unknown) => {
    await kill()
    throw error
  })
  return {
    port,
    url: `redis://127.0.0.1:${port}`,
    pid: () => child.pid ?? 0,
    kill,
    async start() {
      child = run()
      await ready()
    },
    async close() {
      await kill()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

const SLOTS = 16_384

export interface RedisCluster {
  nodes: RedisServer[]
  /** Of all nodes. */
  url: string
  /** On one node; the reply as it comes. */
  command(node: number, ...words: string[]): Promise<unknown>
  /** Which node has the slot of a key. */
  ownerOf(key: string): Promise<{ slot: number; node: number }>
  /** Gives a slot to another node, key by key as `redis-cli --cluster reshard` does. */
  moveSlot(slot: number, from: number, to: number, between?: () => Promise<void>): Promise<void>
  close(): Promise<void>
}

/** Three masters that share the slots; with a replica of the first one as the fourth node, and a password for all. */
export async function startRedisCluster({
  replica = false,
  password = '',
}: {
  replica?: boolean
  password?: string
} = {}): Promise<RedisCluster> {
  const secret = password === '' ? [] : ['--requirepass', password, '--masterauth', password]
  const args = ['--cluster-enabled', 'yes', '--cluster-node-timeout', '2000', ...secret]
  const nodes = await Promise.all((replica ? [0, 1, 2, 3] : [0, 1, 2]).map(() => startRedis(args)))
  const clients = await Promise.all(
    nodes.map(async ({ url }) => {
      const client = createClient({ url, RESP: 2, ...(password === '' ? {} : { password }) })
      client.on('error', () => undefined)
      await client.connect()
      return client
    }),
  )
  const command = async (node: number, ...words: string[]): Promise<unknown> =>
    clients[node]?.sendCommand(words)
  const close = async () => {
    for (const client of clients) if (client.isOpen) client.destroy()
    await Promise.all(nodes.map((node) => node.close()))
  }
  try {
    const ids = await Promise.all(
      nodes.map(async (_, node) => String(await command(node, 'CLUSTER', 'MYID'))),
    )
    for (const [node, { port }] of nodes.entries()) {
      const slots = Array.from({ length: SLOTS }, (_, slot) => slot).filter((slot) => ownerBy(slot) === node)
      await command(node, 'CLUSTER', 'SET-CONFIG-EPOCH', `${node + 1}`)
      if (slots.length > 0) await command(node, 'CLUSTER', 'ADDSLOTS', ...slots.map(String))
      if (node > 0) await command(0, 'CLUSTER', 'MEET', '127.0.0.1', `${port}`)
    }
    const complete = async () => {
      const infos = await Promise.all(nodes.map((_, node) => command(node, 'CLUSTER', 'INFO')))
      return infos.every(
        (text) => /cluster_state:ok/.test(String(text)) && /cluster_size:3/.test(String(text)),
      )
    }
    await until('the cluster is complete', complete)
    if (replica) await command(3, 'CLUSTER', 'REPLICATE', ids[0] ?? '')
    return {
      nodes,
      url: `redis+cluster://${password === '' ? '' : `:${password}@`}${nodes.map(({ port }) => `127.0.0.1:${port}`).join(',')}`,
      command,
      async ownerOf(key) {
        const slot = Number(await command(0, 'CLUSTER', 'KEYSLOT', key))
        return { slot, node: ownerBy(slot) }
      },
      async moveSlot(slot, from, to, between = async () => undefined) {
        await command(to, 'CLUSTER', 'SETSLOT', `${slot}`, 'IMPORTING', ids[from] ?? '')
        await command(from, 'CLUSTER', 'SETSLOT', `${slot}`, 'MIGRATING', ids[to] ?? '')
        const { port = 0 } = nodes[to] ?? {}
        for (;;) {
          const keys = (await command(from, 'CLUSTER', 'GETKEYSINSLOT', `${slot}`, '1')) as string[]
          if (keys.length === 0) break
          await command(from, 'MIGRATE', '127.0.0.1', `${port}`, keys[0] ?? '', '0', '5000')
          await between()
        }
        for (const node of [to, from])
          await command(node, 'CLUSTER', 'SETSLOT', `${slot}`, 'NODE', ids[to] ?? '')
      },
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}

const ownerBy = (slot: number): number => Math.min(2, Math.floor((slot * 3) / SLOTS))
