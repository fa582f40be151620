/** A small server of S3's protocol, in memory, with faults. A real one is in test/long/payloads.test.ts. */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** What an answer is instead: an S3 error by status and code, none at all, half of a body, other bytes, or other words. */
export type S3Fault =
  | { status: number; code: string }
  | 'silent'
  | 'truncated'
  | 'short'
  | 'damaged'
  | 'edited'

export interface FakeS3 {
  url: string
  /** By path. */
  objects: Map<string, Buffer>
  /** So many times had each method been asked. */
  asked(method: string): number
  /** The next `times` requests of this method get it. Default: all. */
  fail(method: string, fault: S3Fault, times?: number): void
  /** The bucket's rules, as XML. null, the default: it has none. `denied`: nobody may read them. */
  setLifecycle(xml: string | null): void
  /** Ends all faults and forgets what was asked. */
  reset(): void
  close(): Promise<void>
}

export async function startFakeS3(): Promise<FakeS3> {
  const objects = new Map<string, Buffer>()
  const faults = new Map<string, { fault: S3Fault; left: number }>()
  const counts = new Map<string, number>()

  const state: { lifecycle: string | null } = { lifecycle: null }

  const faultOf = (method: string): S3Fault | null => {
    counts.set(method, (counts.get(method) ?? 0) + 1)
    const planned = faults.get(method)
    if (planned === undefined || planned.left === 0) return null
    planned.left -= 1
    return planned.fault
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url = '' } = request
    const { pathname, searchParams } = new URL(url, 'http://any')
    const body = Buffer.concat(await request.toArray())
    const fault = faultOf(method)
    if (fault === 'silent') return
    if (typeof fault === 'object' && fault !== null) return refuse(response, fault)
    if (method === 'PUT') objects.set(pathname, body)
    if (method === 'DELETE') objects.delete(pathname)
    if (method !== 'GET') {
      response.writeHead(method === 'PUT' ? 200 : 204).end()
      return
    }
    if (searchParams.has('lifecycle')) {
      if (state.lifecycle === null)
        return refuse(response, { status: 404, code: 'NoSuchLifecycleConfiguration' })
      if (state.lifecycle === 'denied') return refuse(response, { status: 403, code: 'AccessDenied' })
      response.end(state.lifecycle)
      return
    }
    if (searchParams.has('list-type')) {
      const at = `${pathname}${searchParams.get('prefix')}`
      const keys = [...objects.keys()].filter((one) => one.startsWith(at))
      response.end(keys.map((one) => `<Key>${one.slice(pathname.length)}</Key>`).join(''))
      return
    }
    const found = objects.get(pathname)
    if (found === undefined) return refuse(response, { status: 404, code: 'NoSuchKey' })
    give(response, found, fault)
  }

  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    objects,
    setLifecycle(xml) {
      state.lifecycle = xml
    },
    asked: (method) => counts.get(method) ?? 0,
    fail: (method, fault, times = Number.POSITIVE_INFINITY) => faults.set(method, { fault, left: times }),
    reset() {
      faults.clear()
      counts.clear()
    },
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

const refuse = (response: ServerResponse, { status, code }: { status: number; code: string }): void => {
  response.writeHead(status).end(`<Error><Code>${code}</Code></Error>`)
}

function give(response: ServerResponse, bytes: Buffer, fault: S3Fault | null): void {
  const half = bytes.subarray(0, bytes.length / 2)
  switch (fault) {
    case 'truncated':
      response.writeHead(200, { 'content-length': bytes.length })
      response.write(half, () => response.destroy())
      return
    case 'short':
      response.end(half)
      return
    case 'damaged':
      response.end(Buffer.concat([half, Buffer.alloc(bytes.length - half.length)]))
      return
    case 'edited':
      response.end(Buffer.from(bytes.toString('latin1').replaceAll('planted', 'altered'), 'latin1'))
      return
    default:
      response.end(bytes)
  }
}
