/** A way to a server that can be cut: once, or for good. */
import net from 'node:net'
import { type Listening, listen } from './sockets'

export interface CutProxy extends Listening {
  /** Ends what is connected; whatever connects from now on gets through. */
  drop(): void
  /** Ends what is connected, and whatever connects from now on. */
  cut(): void
}

/** `address`: `host:port`. */
export async function cutProxy(address: string): Promise<CutProxy> {
  const [host, port] = address.split(':')
  const pairs = new Set<[net.Socket, net.Socket]>()
  let isCut = false
  const proxy = await listen(
    net.createServer((near) => {
      const far = net.connect(Number(port), host)
      const pair: [net.Socket, net.Socket] = [near, far]
      pairs.add(pair)
      const end = (): void => {
        pairs.delete(pair)
        near.destroy()
        far.destroy()
      }
      for (const socket of pair) {
        socket.on('error', end)
        socket.on('close', end)
      }
      if (isCut) return end()
      near.pipe(far)
      far.pipe(near)
    }),
  )
  const drop = (): void => {
    for (const [near, far] of pairs) {
      near.destroy()
      far.destroy()
    }
  }
  return {
    ...proxy,
    drop,
    cut() {
      isCut = true
      drop()
    },
  }
}
