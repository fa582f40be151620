/**
 * A way over TCP to one address, that can be cut. While it is cut nothing is lost and nothing comes: as on a network
 * that delivers no packet, a connection stays open until one of its ends gives up, and what was sent arrives when the
 * way is there again.
 */
import net from 'node:net'

export interface Link {
  port: number
  cut(): void
  mend(): void
  close(): Promise<void>
}

const HOST = '127.0.0.1'

export async function openLink(farPort: number): Promise<Link> {
  const pairs = new Set<readonly [net.Socket, net.Socket]>()
  let isCut = false
  const server = net.createServer({ pauseOnConnect: true }, (near) => {
    const far = net.connect({ port: farPort, host: HOST })
    const pair = [near, far] as const
    pairs.add(pair)
    const end = (): void => {
      pairs.delete(pair)
      near.destroy()
      far.destroy()
    }
    for (const [from, to] of [pair, [far, near] as const]) {
      from.setNoDelay(true)
      from.on('error', end)
      from.on('close', end)
      from.on('end', () => to.end())
      from.on('data', (data) => {
        if (!to.write(data)) from.pause()
      })
      to.on('drain', () => {
        if (!isCut) from.resume()
      })
    }
    for (const socket of pair)
      if (isCut) socket.pause()
      else socket.resume()
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, HOST, resolve)
  })
  return {
    port: (server.address() as net.AddressInfo).port,
    cut() {
      isCut = true
      for (const socket of [...pairs].flat()) socket.pause()
    },
    mend() {
      isCut = false
      for (const socket of [...pairs].flat()) socket.resume()
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        for (const socket of [...pairs].flat()) socket.destroy()
      }),
  }
}
