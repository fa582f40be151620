/**
 * What each endpoint asks for, where keys are set.
 *
 * ACCESS-1 Every endpoint has a row: one without is refused when the gateway starts.
 * ACCESS-2 A path that is there for nobody asks for a key where it stands under `/v1`, so that strangers learn nothing.
 */
import type { FastifyRequest } from 'fastify'
import type { Scope } from './keys'
import { STORIES, UI, UI_EVENTS, UI_FILES } from './ui/paths'

/** A list: any of these scopes. `any key`: whatever it is good for. */
export type Access = 'public' | 'any key' | readonly Scope[]

const GENERATE: Access = ['generate']
const READ: Access = ['read']

export const ACCESS: { readonly [endpoint: string]: Access } = {
  'POST /v1/chat/completions': GENERATE,
  'POST /v1/messages': GENERATE,
  'POST /v1/messages/count_tokens': GENERATE,
  'POST /v1/embeddings': GENERATE,
  'POST /v1/responses': GENERATE,
  'GET /v1/responses/:id': READ,
  'POST /v1/responses/:id/cancel': GENERATE,
  'POST /v1/generations': GENERATE,
  'GET /v1/generations/:id': READ,
  'GET /v1/generations/:id/events': READ,
  'DELETE /v1/generations/:id': GENERATE,
  // Clients ask for the list before they send anything.
  'GET /v1/models': ['generate', 'read'],
  'GET /v1/models/*': ['generate', 'read'],
  'GET /v1/circuits': ['read', 'operate'],
  'PUT /v1/circuits/*': ['operate'],
  'POST /codec/decode': ['operate'],
  'POST /codec/encode': ['operate'],
  [`GET ${UI_EVENTS}`]: ['read', 'operate'],
  [`GET ${STORIES}:id`]: ['read', 'operate'],
  'GET /metrics': 'any key',
  'GET /openapi.json': 'public',
  'GET /healthz': 'public',
  'HEAD /healthz': 'public',
  'GET /readyz': 'public',
  'HEAD /readyz': 'public',
  [`GET ${UI}`]: 'public',
  ...Object.fromEntries(UI_FILES.map((file) => [`GET ${UI}/${file}`, 'public' as const])),
}

/** ACCESS-1. Throws an Error. */
export function requireRows(methods: readonly string[], url: string): void {
  for (const method of methods)
    if (!Object.hasOwn(ACCESS, `${method} ${url}`))
      throw new Error(`${method} ${url} has no row in ACCESS (src/gateway/access.ts): who may use it?`)
}

/** Of this request, where keys are set. `path` is its own. */
export function accessOf(request: FastifyRequest, path: string): Access {
  const { method, routeOptions } = request
  // ACCESS-2
  if (routeOptions.url === undefined) return path.startsWith('/v1/') ? 'any key' : 'public'
  if (routeOptions.url === '/metrics' && isLocal(request)) return 'public'
  return ACCESS[`${method} ${routeOptions.url}`] ?? []
}

/** A scraper on this host needs no key; what a proxy on it passes on does. */
function isLocal({ ip, headers }: FastifyRequest): boolean {
  const local = ip === '127.0.0.1' || ip === '::1' || ip === '::ffff:127.0.0.1'
  return local && !('x-forwarded-for' in headers || 'forwarded' in headers || 'via' in headers)
}
