/** Servers on free loopback ports that end with the test, whatever their connections do. */
import { readFileSync } from 'node:fs'
import type { RequestListener } from 'node:http'
import * as http from 'node:http'
import * as https from 'node:https'
import type { AddressInfo, Server, Socket } from 'node:net'
import * as net from 'node:net'
import { join } from 'node:path'

export interface Listening {
  port: number
  /** Connections that were ever made. */
  connections(): number
  /** Connections that are open now. */
  open(): number
  close(): Promise<void>
}

/** Listens on 127.0.0.1, on a free port unless one is given. `close` destroys what is still connected. */
export const listen = async (server: Server, port = 0): Promise<Listening> => {
  const sockets = new Set<Socket>()
  let connections = 0
  server.on('connection', (socket: Socket) => {
    connections += 1
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    // A client that hangs up is what many of these tests are about.
    socket.on('error', () => undefined)
  })
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    connections: () => connections,
    open: () => sockets.size,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        for (const socket of sockets) socket.destroy()
      }),
  }
}

export const httpServer = (listener: RequestListener): Promise<Listening> =>
  listen(http.createServer(listener))

/** A server that is handed each connection as soon as its request (or anything else) has come. */
export const rawServer = (onRequest: (socket: Socket, received: string) => void): Promise<Listening> =>
  listen(net.createServer((socket) => socket.on('data', (data) => onRequest(socket, data.toString()))))

const fixture = (name: string): string => readFileSync(join(__dirname, '../fixtures/tls', name), 'utf8')

/** Self-signed, for `localhost` and `provider.test`, till 2125. Made for these tests, protects nothing. */
export const TLS = { key: fixture('localhost-key.pem'), cert: fixture('localhost-cert.pem') }

export const httpsServer = (listener: RequestListener): Promise<Listening> =>
  listen(https.createServer(TLS, listener))

/** Waits till `condition` holds; fails after `limitMs`. Returns how long it took, in milliseconds. */
export const until = async (condition: () => boolean, limitMs = 5_000): Promise<number> => {
  const startedAt = performance.now()
  while (!condition()) {
    if (performance.now() - startedAt > limitMs) throw new Error(`not within ${limitMs} ms: ${condition}`)
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
  return performance.now() - startedAt
}

/** How often `timed` checks, and the gap between two checks from which on this process had not got to run. */
const TICK_MS = 5
const LATE_TICK_MS = 15

export interface Timed<T> {
  value: T
  tookMs: number
  /** Less the time for which this process did not get to run: for upper bounds, on a busy machine too. */
  ownMs: number
}

export const timed = async <T>(work: () => Promise<T>): Promise<Timed<T>> => {
  const startedAt = performance.now()
  let tickedAt = startedAt
  let stolenMs = 0
  const tick = (): void => {
    const gapMs = performance.now() - tickedAt
    if (gapMs > LATE_TICK_MS) stolenMs += gapMs - TICK_MS
    tickedAt = performance.now()
  }
  const ticker = setInterval(tick, TICK_MS)
  const value = await work()
  clearInterval(ticker)
  tick()
  const tookMs = performance.now() - startedAt
  return { value, tookMs, ownMs: tookMs - stolenMs }
}
