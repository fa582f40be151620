/** Holdfast's HTTP side. Today: is it alive, is it ready. */
import type { Client } from '@temporalio/client'
import Fastify from 'fastify'
import { readiness } from './readiness'

export interface GatewayOptions {
  /** 0: any free one. */
  port: number
  /** Loopback unless told otherwise. */
  host?: string
  client: Client
  namespace: string
  taskQueue: string
}

export interface Gateway {
  url: string
  close(): Promise<void>
}

/** Throws an error that names the port when it is taken. */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const { port, host = '127.0.0.1', client, namespace, taskQueue } = options
  const app = Fastify({ logger: false })
  app.get('/healthz', () => ({ status: 'ok' }))
  app.get('/readyz', async (_request, reply) => {
    const ready = await readiness(client, namespace, taskQueue)
    return reply.code(ready.ok ? 200 : 503).send(ready)
  })
  try {
    const url = await app.listen({ port, host })
    return { url, close: () => app.close() }
  } catch (error) {
    await app.close()
    if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE')
      throw new Error(`Port ${port} is taken: choose another one with --port`)
    throw error
  }
}
