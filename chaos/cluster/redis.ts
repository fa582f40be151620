/** Redis, with the settings of `docker-compose.yml`. */
import path from 'node:path'
import { createClient } from '@redis/client'
import { createPart, type Part } from './part'
import type { Tools } from './tools'

export interface Redis extends Part {
  /** One command, past all links. Its reply as it comes. */
  command(...words: string[]): Promise<unknown>
}

export function createRedis(tools: Tools, folder: string, logFolder: string, port: number): Redis {
  const command = async (...words: string[]): Promise<unknown> => {
    const client = createClient({ url: `redis://127.0.0.1:${port}`, socket: { reconnectStrategy: false } })
    client.on('error', () => undefined)
    try {
      await client.connect()
      return await client.sendCommand(words)
    } finally {
      if (client.isOpen) client.destroy()
    }
  }
  const part = createPart({
    name: 'redis',
    command: tools.redisServer,
    args: ['--port', `${port}`, '--bind', '127.0.0.1', '--dir', folder, ...SETTINGS],
    logFile: path.join(logFolder, 'redis.log'),
    cwd: folder,
    ready: () =>
      command('PING').then(
        (reply) => reply === 'PONG',
        () => false,
      ),
  })
  return { ...part, command }
}

const SETTINGS = [
  ...['--appendonly', 'yes', '--appendfsync', 'everysec', '--save', ''],
  ...['--maxmemory', '512mb', '--maxmemory-policy', 'volatile-ttl'],
]
