/**
 * What stands before the Web UI of the embedded server, at the address that is printed. The UI itself answers whoever reaches
 * it: a web page whose name was made to point here (DNS rebinding) could read all histories and end workflows.
 *
 * UI-GUARD-1 A request that names a host that is not loopback's own is refused, and so is one from a page of
 *    another origin.
 * UI-GUARD-2 The UI itself listens where no page finds it: at an address out of the 16 million of
 *    127.0.0.0/8, chosen anew at each start, and at a free port of it. Where a system has 127.0.0.1 alone
 *    (macOS), the port alone has to be guessed.
 */
import { randomInt } from 'node:crypto'
import http from 'node:http'
import { isLoopback, isOwnPage, namesLoopback } from '../domain/request/hosts'
import { freePorts, portIsFree } from './ports'

export interface UiGuard {
  close(): void
}

export interface UiAddress {
  ip: string
  port: number
}

/** UI-GUARD-2. A UI that others shall reach listens on the same host as the server. */
export async function hiddenAddress(ip: string): Promise<UiAddress> {
  const hidden = `127.${randomInt(1, 255)}.${randomInt(1, 255)}.${randomInt(1, 255)}`
  const own = isLoopback(ip) && (await portIsFree(0, hidden)) ? hidden : ip
  const [port = 0] = await freePorts(1, own)
  return { ip: own, port }
}

const FORBIDDEN = 'The Web UI answers to localhost and 127.0.0.1 alone, and to no page of another origin.\n'

/** Throws what `listen` throws. */
export function startUiGuard(at: UiAddress, ui: UiAddress): Promise<UiGuard> {
  const guarded = isLoopback(at.ip)
  const server = http.createServer((request, response) => {
    // UI-GUARD-1
    if (guarded && !(namesLoopback(request.headers) && isOwnPage(request.headers))) {
      response.writeHead(403, { 'content-type': 'text/plain', connection: 'close' }).end(FORBIDDEN)
      return
    }
    passOn(request, response, ui)
  })
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host: at.ip, port: at.port, exclusive: true }, () => {
      // Like the server itself, it keeps no process alive.
      server.unref()
      resolve({
        close() {
          server.close()
          server.closeAllConnections()
        },
      })
    })
  })
}

function passOn(request: http.IncomingMessage, response: http.ServerResponse, ui: UiAddress): void {
  const { method, url, headers } = request
  const onwards = http.request({ host: ui.ip, port: ui.port, method, path: url, headers, agent: false })
  onwards.once('response', (answer) => {
    const { connection: _ours, ...headers } = answer.headers
    response.writeHead(answer.statusCode ?? 502, headers)
    answer.pipe(response)
    answer.once('error', () => response.destroy())
  })
  onwards.once('error', () => {
    if (response.headersSent) response.destroy()
    else response.writeHead(502, { 'content-type': 'text/plain' }).end('The Web UI does not answer.\n')
  })
  response.once('close', () => onwards.destroy())
  request.pipe(onwards)
}
