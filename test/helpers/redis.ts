/** A real Redis server on a free loopback port, where the binary is installed. It ends with the test. */
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import * as net from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
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
  const port = await freePort()
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
