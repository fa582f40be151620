/** Lets pages of named origins in. Off by default: then no page can read an answer, or send JSON at all. */
import type { FastifyReply, FastifyRequest } from 'fastify'
import { EXPOSED_HEADERS } from './response-headers'

const DAY_S = 86_400

/** True: it was a preflight, and is answered. */
export function answerCors(
  request: FastifyRequest,
  reply: FastifyReply,
  origins: readonly string[],
): boolean {
  const { origin } = request.headers
  if (origin === undefined || origins.length === 0) return false
  reply.header('vary', 'origin')
  if (!origins.includes(origin) && !origins.includes('*')) return false
  reply.headers({
    'access-control-allow-origin': origin,
    'access-control-expose-headers': EXPOSED_HEADERS.join(', '),
  })
  if (request.method !== 'OPTIONS' || request.headers['access-control-request-method'] === undefined)
    return false
  reply
    .code(204)
    .headers({
      'access-control-allow-methods': 'GET, POST, DELETE',
      'access-control-allow-headers': request.headers['access-control-request-headers'] ?? '',
      'access-control-max-age': DAY_S,
    })
    .send()
  return true
}
