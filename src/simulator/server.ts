/**
 * The simulator's HTTP server: `/<provider>/v1/…` (Gemini's: `v1beta`) plays scripts, `/_simulator/…` steers.
 * Any provider name works without set-up, and so does any model name.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { type Calls, modelsBody } from './calls'
import { CONTROL_PREFIX, type Controls, control } from './control'
import { invalidRequest } from './errors'
import { FORMATS, formatAt } from './formats'
import { openAiChat } from './formats/openai-chat'

const MAX_BODY_BYTES = 64 * 1024 * 1024

/** The request's body, or null where it is too large. Rejects where the caller hangs up. */
function readBody(request: IncomingMessage): Promise<string | null> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let bytes = 0
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length
      if (bytes <= MAX_BODY_BYTES) chunks.push(chunk)
    })
    request.on('end', () => resolve(bytes <= MAX_BODY_BYTES ? Buffer.concat(chunks).toString() : null))
    request.on('error', reject)
    request.on('close', () => reject(new Error('the caller hung up')))
  })
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  const text = JSON.stringify(body)
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
  })
  response.end(text)
}

const PROVIDER_PATH = /^\/([^/]+)\/v1(?:beta)?(\/.+)$/

export interface ServerParts {
  calls: Calls
  controls: Controls
  /** Models that `GET /models` lists for a provider. */
  models(provider: string): string[]
}

export function createSimulatorServer({ calls, controls, models }: ServerParts): Server {
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const receivedAt = Date.now()
    const { method = 'GET', url = '/' } = request
    const [fullPath = '/', query = ''] = url.split('?', 2)
    if (fullPath.startsWith(`${CONTROL_PREFIX}/`)) {
      const body = (await readBody(request)) ?? ''
      const answer = control(controls, method, fullPath.slice(CONTROL_PREFIX.length), query, body)
      return sendJson(response, answer.status, answer.body)
    }
    const [, provider = '', path = ''] = PROVIDER_PATH.exec(fullPath) ?? []
    const keyError = calls.keyError(provider, openAiChat, request.headers)
    if (method === 'GET' && path === '/models') {
      if (keyError) return sendJson(response, keyError.status, openAiChat.errorBody(keyError, ''))
      return sendJson(response, 200, modelsBody(models(provider), request.headers))
    }
    if (await calls.serveById({ path, query, keyError }, request, response)) return
    const format = formatAt(path)
    if (format === undefined || method !== 'POST') {
      const known = Object.keys(FORMATS).map((known) => `POST /<provider>/v1${known}`)
      const error = invalidRequest(
        `Invalid URL (${method} ${fullPath}); the simulator serves ${known.join(', ')}`,
      )
      return sendJson(response, 404, openAiChat.errorBody(error, ''))
    }
    const text = await readBody(request)
    if (text === null) {
      return sendJson(response, 413, format.errorBody(invalidRequest('Request too large'), ''))
    }
    await calls.serve({
      provider: decodeURIComponent(provider),
      path: fullPath,
      format,
      receivedAt,
      text,
      request,
      response,
    })
  }

  const server = createServer({ keepAlive: true, noDelay: true }, (request, response) => {
    serve(request, response).catch(() => response.destroy())
  })
  // Idle connections are never closed from this side: the race with a new request on them looks like a reset.
  server.keepAliveTimeout = 0
  server.requestTimeout = 0
  return server
}
