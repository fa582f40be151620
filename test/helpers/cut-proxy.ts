/** A way to a server that can be cut for good. */
import net from 'node:net'
import { type Listening, listen } from './sockets'

export interface CutProxy extends Listening {
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
  return {
    ...proxy,
    cut() {
      isCut = true
      for (const [near, far] of pairs) {
        near.destroy()
        far.destroy()
      }
    },
  }
}
