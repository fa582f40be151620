/** Is this an error, and what is its class? Of a response, of a body inside a 200, of an event of a stream. */
import { classifyHttp } from '../../domain/failures/classify'
import type { Failure } from '../../domain/failures/failure'
import { retryAfterMs } from '../../domain/failures/retry-after'
import type { JsonObject, JsonValue } from '../../domain/request/json'
import { type ErrorFacts, readErrorBody } from './error-facts'
import { isBlank, namedError } from './error-names'
import { statusIn } from './error-values'
import { createEventParser, looksLikeEvents } from './event-parser'
import { isObject, parseJson } from './json'
import { requestIdOf } from './request-id'
import type { ErrorResponse } from './wire-format'

const HTML = /^\s*(?:<!doctype|<html|<head|<\?xml)/i
const TITLE = /<title[^>]*>([^<]{1,200})<\/title>/i

const proseFacts = (body: string): Pick<ErrorFacts, 'message'> => {
  if (!HTML.test(body)) return { message: body.slice(0, 1000) }
  const title = TITLE.exec(body.slice(0, 4000))?.[1]?.trim()
  return { message: title ? `an HTML page "${title}"` : 'an HTML page' }
}

const WAITS_HELP: ReadonlySet<Failure['class']> = new Set(['rate_limited', 'overloaded', 'quota_exhausted'])

const waitOf = ({ retryAfterMs: ms }: Failure): Pick<Failure, 'retryAfterMs'> =>
  ms === undefined ? {} : { retryAfterMs: ms }

/** Also behind comments that kept the connection alive, and as an event of a stream. */
const bodyValue = (body: string): unknown => {
  const value = parseJson(body)
  if (value !== undefined || !looksLikeEvents(body)) return value
  const said = createEventParser()
    .feed(`${body}\n\n`)
    .map(({ data }) => data)
  return said.map(parseJson).find(isObject) ?? parseJson(said.join('\n'))
}

/** A response with a status other than 2xx, as a Failure. */
export const decodeFailure = (response: ErrorResponse): Failure => {
  const { status, headers, body, now } = response
  const facts: Partial<ErrorFacts> = readErrorBody(bodyValue(body)) ?? proseFacts(body)
  const quoted = { message: facts.message ?? null, waits: facts.waits ?? [], headers: facts.headers }
  const bedrock = headers['x-amzn-errortype']?.split(':', 1)[0]
  const classify = (statusOfWait: number): Failure =>
    classifyHttp({
      ...facts,
      status,
      type: facts.type ?? bedrock ?? null,
      retryAfterMs: retryAfterMs(headers, now, statusOfWait, quoted),
      // Of a page that Cloudflare made there is no other name.
      requestId: requestIdOf(headers) ?? facts.requestId ?? headers['cf-ray'],
    })
  const failure = classify(status)
  // A rate limit under another status (403 at some, 400 at Bedrock's proxies): its words on the wait count as well.
  return WAITS_HELP.has(failure.class) && failure.retryAfterMs === undefined && status < 500
    ? { ...failure, ...waitOf(classify(429)) }
    : failure
}

/** Fields of which an answer, or a piece of one, has at least one. */
const ANSWER_FIELDS = [
  'choices',
  'candidates',
  'content',
  'delta',
  'content_block',
  'usage',
  'text',
  'output',
  'response',
  'item',
]

const isFailureCode = (code: JsonValue | undefined): boolean =>
  (typeof code === 'number' && code >= 400) || (typeof code === 'string' && !isBlank(code) && code !== '200')

const FAILED_WORD = /^(?:.*[._])?(?:error|failed|failure|fail)$/i

/** Of one item of a response: a tool that the provider runs itself. The answer goes on. */
const ITEM_FAILED = /^response\.\w+\.failed$/

const saysFailed = (value: JsonValue | undefined): boolean =>
  typeof value === 'string' && FAILED_WORD.test(value) && !ITEM_FAILED.test(value)

/**
 * `error: {}` and `error: {message: '', code: null}` stand beside answers of some servers, and say that there is none.
 * A flat object is an error by its own word for itself, or by a code beside a message.
 */
const isError = (value: JsonObject): boolean => {
  const { error, base_resp, error_code, error_msg, message, msg, title } = value
  if (typeof error === 'string' || isObject(error)) return !isBlank(error)
  if (isObject(base_resp) && !isBlank(base_resp.status_code)) return true
  if (typeof error_msg === 'string' && !isBlank(error_code)) return true
  if (error === true) return true
  if ([value.object, value.type, value.status, value.event].some(saysFailed)) return true
  if (value.success === false || value.ok === false) return true
  if (ANSWER_FIELDS.some((field) => !isBlank(value[field]))) return false
  if (!isBlank(value.detail) || namedError(value) !== null) return true
  const { code, statusCode, status } = value
  if ([message, msg, title].some((one) => typeof one === 'string') && [code, statusCode].some(isFailureCode))
    return true
  return statusIn(status) !== null || statusIn(code) !== null || statusIn(statusCode) !== null
}

/** An error inside a 200 has no clock to hold a date against: waits in words and fields count, dates don't. */
const failureOf = (value: unknown): Failure => {
  const facts = readErrorBody(value)
  if (facts === null) return { class: 'server_error', message: 'in the response: an error without a message' }
  return classifyHttp({ ...facts, retryAfterMs: retryAfterMs({}, Number.NaN, facts.status ?? 429, facts) })
}

/** An error inside a 200, in a body or in an event of a stream; null where it holds none. */
export const embeddedFailure = (given: unknown): Failure | null => {
  const value = Array.isArray(given) && given.length === 1 ? given[0] : given
  return isObject(value) && isError(value) ? failureOf(value) : null
}

/** The failure of an event that is named an error, whatever shape its data has. */
export const readErrorEvent = (data: unknown): Failure => {
  if (typeof data === 'string') return failureOf({ error: data })
  return failureOf(isObject(data) && !('error' in data) ? { error: data } : data)
}
