/** How errors reach the caller: those of routes, of paths that are not there, and of what is no HTTP at all. */

import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { HoldfastError } from '../client'
import type { GatewayDeps } from './deps'
import { canonicalPath, insteadOf, pathOf } from './paths'
import { dialectOf, errorResponse, HttpProblem, internalError, toHttpError } from './problems'
import { errorHeaders, SECURITY_HEADERS } from './response-headers'

export function registerErrors(app: FastifyInstance, { limits, onFault }: GatewayDeps): void {
  const routes: { methods: string[]; url: string; pattern: RegExp }[] = []
  app.addHook('onRoute', ({ method, url }) => {
    const pattern = new RegExp(`^${url.replace(/:\w+/g, '[^/]+').replace('*', '.*')}$`)
    routes.push({ methods: [method].flat(), url, pattern })
  })
  app.setErrorHandler((error, request, reply) => {
    const problem = toHttpError(error, limits.bodyBytes)
    if (problem === null && !isCutOff(request.raw)) onFault(error)
    return send(problem ?? internalError(), request, reply)
  })
  app.setNotFoundHandler((request, reply) => {
    const path = pathOf(request.url)
    const allowed = routes.filter(({ pattern }) => pattern.test(path)).flatMap(({ methods }) => methods)
    return send(
      allowed.length > 0 ? wrongMethod(request.method, allowed) : nothingThere(path),
      request,
      reply,
    )
  })

  const wrongMethod = (method: string, allowed: string[]): HttpProblem =>
    new HttpProblem(405, 'method_not_allowed', `${method} is not for this path: ${allowed.join(', ')}`, {
      allow: allowed.join(', '),
    })

  const nothingThere = (path: string): HttpProblem => {
    const there = routes.map(({ methods: [method], url }) => `${method} ${url}`)
    const instead = insteadOf(path)
    const why = instead === null ? 'There is nothing at this path' : instead
    const base = "The base URL of OpenAI's clients ends in /v1, that of Anthropic's does not"
    const message = `${why}. There is: ${there.join(', ')}. ${base}`
    return new HttpProblem(404, 'not_found', message)
  }
}

function send(error: HoldfastError | HttpProblem, request: FastifyRequest, reply: FastifyReply) {
  const { status, headers, body } = errorResponse(error, dialectOf(pathOf(request.url), request.headers))
  const own = error instanceof HoldfastError ? errorHeaders(error) : {}
  return reply
    .code(status)
    .headers({ ...own, ...headers })
    .send(body)
}

/** Its caller went before the body was whole: whatever is said of that, it is no fault. */
const isCutOff = ({ destroyed, complete }: IncomingMessage): boolean => destroyed && !complete

/** A path that can't be read: there is no route, and no hook was called. */
export function answerFrameworkError(_error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  reply.headers(SECURITY_HEADERS)
  send(new HttpProblem(400, 'invalid_request', 'The path can not be read'), request, reply)
}

/** `Expect` with anything but `100-continue`. Node calls no route for it, and would answer without a body. */
export function refuseExpectation({ url = '', headers }: IncomingMessage, response: ServerResponse): void {
  const problem = new HttpProblem(417, 'invalid_request', 'The Expect header can be `100-continue` alone')
  const { status, body } = errorResponse(problem, dialectOf(pathOf(canonicalPath(url)), headers))
  response
    .writeHead(status, { ...SECURITY_HEADERS, 'content-type': 'application/json', connection: 'close' })
    .end(JSON.stringify(body))
}

/** What Node's parser says, as [status, code, message]. */
const BROKEN: { readonly [code: string]: readonly [number, string, string] } = {
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'request_timeout', 'The request did not arrive in time'],
  HPE_HEADER_OVERFLOW: [431, 'headers_too_large', 'The headers are too large'],
}
const NOT_HTTP = [400, 'invalid_request', 'This is not HTTP'] as const

/** For bytes that are no request. Where something was sent before, another answer could be mistaken for its rest. */
export function refuseBroken(error: Error & { code?: string }, socket: Socket): void {
  if (!socket.writable || socket.bytesWritten > 0) return void socket.destroy()
  const [status, code, message] = BROKEN[error.code ?? ''] ?? NOT_HTTP
  const { body } = errorResponse(new HttpProblem(status, code, message), 'openai')
  const text = JSON.stringify(body)
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\ncontent-type: application/json\r\nconnection: close\r\n` +
      `content-length: ${Buffer.byteLength(text)}\r\n\r\n${text}`,
  )
}
