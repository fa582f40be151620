/** Free ports and taken ones. */
import net from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/** Is the port free for a listener on `ip`? */
export function portIsFree(port: number, ip: string): Promise<boolean> {
  return listen(port, ip).then(
    async (server) => {
      await close(server)
      return true
    },
    () => false,
  )
}

/** Waits up to `graceMs` for a port whose last owner is just going. @returns whether it is free now. */
export async function portBecomesFree(port: number, ip: string, graceMs: number): Promise<boolean> {
  const until = Date.now() + graceMs
  while (!(await portIsFree(port, ip))) {
    if (Date.now() >= until) return false
    await sleep(50)
  }
  return true
}

/** `count` different ports that were free a moment ago. */
export async function freePorts(count: number, ip: string): Promise<number[]> {
  // All are held until the last is known, or the system may give the same one twice.
  const servers = await Promise.all(Array.from({ length: count }, () => listen(0, ip)))
  const ports = servers.map((server) => (server.address() as net.AddressInfo).port)
  await Promise.all(servers.map(close))
  return ports
}

/**
 * Waits up to `timeoutMs`, or till `signal`, for somebody to accept connections on the port.
 *
 * @returns whether somebody does
 */
export async function portIsServed(
  port: number,
  ip: string,
  timeoutMs: number,
  signal?: AbortSignal,
): Promise<boolean> {
  const until = Date.now() + timeoutMs
  while (!(await accepts(port, ip))) {
    if (Date.now() >= until || signal?.aborted) return false
    await sleep(25)
  }
  return true
}

function accepts(port: number, ip: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect({ port, host: ip, timeout: 1_000 })
    const finish = (accepted: boolean) => {
      socket.destroy()
      resolve(accepted)
    }
    socket.once('connect', () => finish(true))
    socket.once('error', () => finish(false))
    socket.once('timeout', () => finish(false))
  })
}

function listen(port: number, ip: string): Promise<net.Server> {
  return new Promise((resolve, reject) => {
    const server = net.createServer()
    server.once('error', reject)
    server.listen({ port, host: ip, exclusive: true }, () => resolve(server))
  })
}

const close = (server: net.Server) => new Promise<void>((resolve) => server.close(() => resolve()))
