/**
 * Errors over HTTP, in the caller's dialect.
 *
 * PROBLEMS-1 Every error under `/v1` has OpenAI's shape, or Anthropic's for its clients; whatever went wrong,
 *    and wherever.
 * PROBLEMS-2 The response for an unforeseen error does not hold its text, which may hold content.
 */
import type { IncomingHttpHeaders } from 'node:http'
import { HoldfastError } from '../client'
import { chatError, type ErrorResponse, messagesError } from '../formats/inbound'

export type Dialect = 'openai' | 'anthropic'

/** Anthropic's clients say a version with every request. */
export const dialectOf = (path: string, headers: IncomingHttpHeaders): Dialect =>
  /^\/v1\/messages(\/|$)/.test(path) || 'anthropic-version' in headers ? 'anthropic' : 'openai'

/** Errors of the gateway itself, which are not of a generation. */
export class HttpProblem extends Error {
  override readonly name = 'HttpProblem'
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly headers: { [name: string]: string } = {},
  ) {
    super(message)
  }
}

const openaiType = (status: number): string => {
  if (status === 429) return 'rate_limit_error'
  return status < 500 ? 'invalid_request_error' : 'server_error'
}

const ANTHROPIC_TYPES: { readonly [status: number]: string } = {
  401: 'authentication_error',
  403: 'permission_error',
  404: 'not_found_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  500: 'api_error',
  503: 'overloaded_error',
}

export function errorResponse(error: HoldfastError | HttpProblem, dialect: Dialect): ErrorResponse<object> {
  if (error instanceof HoldfastError) return dialect === 'anthropic' ? messagesError(error) : chatError(error)
  const { status, code, message, headers } = error
  const kind = status < 500 && status !== 429 ? 'invalid_request' : 'unavailable'
  // A fault may have come after the generation was started.
  const alike = new HoldfastError({ kind, message, accepted: status === 500 ? 'unknown' : false })
  if (dialect === 'anthropic') {
    const { body } = messagesError(alike)
    const type = ANTHROPIC_TYPES[status] ?? 'invalid_request_error'
    return { status, headers, body: { ...body, error: { ...body.error, type } } }
  }
  const { body } = chatError(alike)
  return { status, headers, body: { error: { ...body.error, type: openaiType(status), code } } }
}

/** What Fastify refuses by itself, by its code, as [status, our code]. */
const REFUSED: { readonly [code: string]: readonly [number, string] } = {
  FST_ERR_CTP_BODY_TOO_LARGE: [413, 'request_too_large'],
  FST_ERR_CTP_INVALID_MEDIA_TYPE: [415, 'unsupported_media_type'],
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: [400, 'invalid_request'],
}

/** Any error of a request -> the problem to respond with. null: an unforeseen error (PROBLEMS-2). */
export function toHttpError(error: unknown, bodyBytes: number): HoldfastError | HttpProblem | null {
  if (error instanceof HoldfastError || error instanceof HttpProblem) return error
  if (!(error instanceof Error)) return null
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  const [status, ours] = REFUSED[code] ?? []
  if (status === 413)
    return new HttpProblem(413, 'request_too_large', `The body has more than ${bodyBytes} bytes, the limit`)
  if (status === 415)
    return new HttpProblem(415, 'unsupported_media_type', 'Send JSON, with `content-type: application/json`')
  if (status !== undefined && ours !== undefined) return new HttpProblem(status, ours, error.message)
  // Of a parser or a check that goes down level by level.
  if (error instanceof RangeError)
    return new HttpProblem(400, 'invalid_request', 'The body is nested too deeply')
  const given = 'statusCode' in error && typeof error.statusCode === 'number' ? error.statusCode : 500
  return given >= 400 && given < 500
    ? new HttpProblem(given, 'invalid_request', 'The request can not be read')
    : null
}

export const internalError = (): HttpProblem =>
  new HttpProblem(500, 'internal_error', 'The gateway failed; its log says more', {
    'x-should-retry': 'false',
  })

export const busy = (limit: number): HttpProblem =>
  new HttpProblem(429, 'too_many_requests', `${limit} requests are in flight, the limit: try again shortly`, {
    'retry-after': '1',
  })

/** WIRE-FORMAT-4: before it is parsed. */
export const bodyTooMuch = (excess: string): HttpProblem =>
  new HttpProblem(400, 'invalid_request', `The body ${excess}, the limit`)

/** PROBLEMS-2: the response holds the position of the error, not the text there. */
export function bodyNotJson(body: string): HttpProblem {
  const invalidBody = (why: string) =>
    new HttpProblem(400, 'invalid_request', `The body is not valid: ${why}`)
  try {
    JSON.parse(body)
  } catch (error) {
    const [, at] = /at position (\d+)/.exec(String(error)) ?? []
    return invalidBody(`it can not be read as JSON${at === undefined ? '' : `, from position ${at} on`}`)
  }
  return invalidBody('a key named __proto__ or constructor.prototype is not taken')
}

/** A few bytes can be a body without end. */
export const encodedBody = (encoding: string): HttpProblem =>
  new HttpProblem(
    415,
    'unsupported_media_type',
    `A body with content-encoding ${encoding.slice(0, 40)} is not read: send it as it is, without that header`,
  )

export const busyTenant = (limit: number): HttpProblem =>
  new HttpProblem(
    429,
    'too_many_requests',
    `${limit} requests of yours are in flight, the limit of a tenant: try again shortly`,
    { 'retry-after': '1' },
  )

export const tooManyBytes = (): HttpProblem =>
  new HttpProblem(
    429,
    'too_many_requests',
    'The bodies that are being received are as many bytes as may be at a time: try again shortly',
    { 'retry-after': '1' },
  )

export const tooManyWaiters = (limit: number): HttpProblem =>
  new HttpProblem(
    429,
    'too_many_requests',
    `${limit} connections wait for this generation already, the limit: it goes on, ask again shortly`,
    { 'retry-after': '1' },
  )

export const tooManyViewers = (limit: number): HttpProblem =>
  new HttpProblem(
    429,
    'too_many_requests',
    `${limit} look at this page already, the limit: try again later`,
    {
      'retry-after': '5',
    },
  )

export const draining = (): HttpProblem =>
  new HttpProblem(
    503,
    'shutting_down',
    'This gateway is shutting down: nothing was accepted, send it again',
    {
      'retry-after': '1',
      connection: 'close',
    },
  )

export const forbiddenHost = (): HttpProblem =>
  new HttpProblem(
    403,
    'forbidden_host',
    'A gateway on loopback that asks for no key answers to `localhost` and addresses of loopback only, and this request ' +
      'names another host: set HOLDFAST_API_KEYS, or let the proxy in front send its own host name for loopback',
  )

export const noKey = (): HttpProblem =>
  new HttpProblem(401, 'invalid_api_key', 'No known API key came along: send it as `Authorization: Bearer`', {
    'www-authenticate': 'Bearer',
  })

/** Its time is not now. */
export const notInForce = (state: 'expired' | 'not yet'): HttpProblem =>
  new HttpProblem(
    401,
    'invalid_api_key',
    state === 'expired' ? 'This API key has expired' : 'This API key is not valid yet',
    { 'www-authenticate': 'Bearer' },
  )

/** In the words of OpenAI's own. */
export const lacksScope = (scopes: readonly string[]): HttpProblem =>
  new HttpProblem(
    403,
    'forbidden_key',
    `You have insufficient permissions for this operation: it needs a key with the scope ${scopes.join(' or ')}`,
  )

export const mayNotOperate = (): HttpProblem =>
  new HttpProblem(
    403,
    'forbidden_key',
    'That needs a key to operate with: one of HOLDFAST_OPERATE_KEYS (`name:key`), as `Authorization: Bearer`',
  )

/** Where the gateway goes before the end of a generation: Temporal has it, or it was run here (`durable: false`). */
export const goingAway = (generationId: string, durable: boolean): HoldfastError =>
  new HoldfastError({
    kind: 'unavailable',
    message: durable
      ? `The gateway is shutting down; the generation goes on. Ask for it at /v1/generations/${generationId}, or resume ` +
        'its stream: the same request with the same Idempotency-Key and Last-Event-ID'
      : 'The gateway is shutting down, and ends the generation that it ran without Temporal: send it again',
    accepted: durable,
    generationId,
    retryAt: Date.now() + 1_000,
  })

/** Of a request whose parts are generations of their own. */
export const embeddingsGoOn = (): HoldfastError =>
  new HoldfastError({
    kind: 'unavailable',
    message:
      'The gateway is shutting down; what was started goes on. Send the same request with the same Idempotency-Key again: ' +
      'what has its vectors by then is not paid again',
    accepted: 'unknown',
    retryAt: Date.now() + 1_000,
  })
