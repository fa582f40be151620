/**
 * Error bodies of all providers and of the proxies before them, read by one tolerant reader: a gateway may
 * answer in any shape whatever the format behind it. The shapes, with who sends them:
 *   {error: {message, type, code, param}}            OpenAI, Together, vLLM, OpenRouter (`code` a number), Ollama
 *   {error: {code, message, innererror: {code}}}     Azure OpenAI
 *   {type: 'error', error: {type, message, details: {error_code}}, request_id}   Anthropic
 *   [{error: {code, message, status, details: [{reason, retryDelay}]}}]          Gemini, Vertex
 *   {error: 'text', error_type}                      Ollama's own API, Together's edge, TGI
 *   {object: 'error', message, type, code}           Mistral, SGLang, older vLLM
 *   {detail: 'text' | [{loc, msg}] | {…}}            FastAPI (vLLM, Together, NVIDIA)
 *   {title, detail, status}                          problem+json: NVIDIA, Azure
 *   {statusCode, message}                            Azure API Management
 *   {__type, message}                                Bedrock, which also says its type in a header
 *   {code, message, request_id}                      DashScope, SiliconFlow, Cohere (message alone)
 *   {base_resp: {status_code, status_msg}}           MiniMax, inside a 200 too
 *   {error_code, error_msg}                          Baidu, inside a 200 too
 *   {errors: [{code, message}]}                      Cloudflare's AI gateway
 *   HTML or plain text                               proxies, Cloudflare
 */
import { classifyHttp } from '../../domain/failures/classify'
import type { Failure } from '../../domain/failures/failure'
import { retryAfterMs } from '../../domain/failures/retry-after'
import type { JsonObject, JsonValue } from '../../domain/request/json'
import { isBlank, namedError } from './error-names'
import { createEventParser, looksLikeEvents } from './event-parser'
import { isObject, parseJson } from './json'
import type { ErrorResponse } from './wire-format'

export interface ErrorFacts {
  /** A status that the body itself tells, e.g. OpenRouter's numeric code. */
  status: number | null
  code: string | null
  type: string | null
  /** All other words that name a reason: Gemini's status and reasons, an inner code. */
  reasons: string[]
  message: string | null
  param: string | null
  requestId: string | null
  /** Waits that stand in fields of the body, as sent, with their unit. */
  waits: { value: string; unit: 's' | 'ms' }[]
  /** Headers that stand in the body, by lower-case names. */
  headers: { [name: string]: string }
}

const statusIn = (value: JsonValue | undefined): number | null => {
  const status = typeof value === 'string' || typeof value === 'number' ? Number(value) : Number.NaN
  return Number.isInteger(status) && status >= 400 && status < 600 ? status : null
}

const textIn = (value: JsonValue | undefined): string | null => {
  if (typeof value === 'string' && value !== '') return value
  return typeof value === 'number' ? String(value) : null
}

const firstText = (...values: (JsonValue | undefined)[]): string | null =>
  values.map(textIn).find((text) => text !== null) ?? null

/** A word for a machine: no sentence, and nothing that is only a status of HTTP. */
const wordIn = (value: JsonValue | undefined): string | null => {
  const text = textIn(value)
  return text !== null && text.length <= 100 && !/\s/.test(text) && statusIn(value) === null ? text : null
}

/** AWS may put a namespace before the type's name: `com.amazon.coral.service#ThrottlingException`. */
const awsType = (type: JsonValue | undefined): JsonValue | undefined =>
  typeof type === 'string' ? type.slice(type.lastIndexOf('#') + 1) : type

/** FastAPI tells the place and the complaint; never the offending input itself: that could be the prompt (WIRE-FORMAT-4). */
const complaints = (items: JsonValue[]): string =>
  items
    .filter(isObject)
    .map(({ loc, msg }) => `${Array.isArray(loc) ? loc.join('.') : ''}: ${textIn(msg) ?? ''}`)
    .join('; ')

/** The object that tells the error, and the one around it. */
const errorIn = (body: JsonObject): { error: JsonObject; around: JsonObject } | null => {
  const { error, errors, detail, fault, base_resp } = body
  if (isObject(error)) return { error, around: body }
  if (typeof error === 'string' && error !== '')
    return {
      error: { message: error, type: body.error_type ?? body.type ?? null, code: body.code ?? null },
      around: {},
    }
  if (isObject(base_resp))
    return {
      error: { code: base_resp.status_code ?? null, message: base_resp.status_msg ?? '' },
      around: body,
    }
  const first = Array.isArray(errors) ? errors[0] : errors
  if (isObject(first)) return { error: first, around: body }
  if (typeof first === 'string') return { error: { message: first }, around: body }
  if (isObject(fault)) return { error: fault, around: body }
  if (Array.isArray(detail)) return { error: { message: complaints(detail) }, around: body }
  if (isObject(detail)) return errorIn(detail) ?? { error: detail, around: body }
  const message = firstText(body.message, body.detail, body.error_msg, body.Message, body.msg, body.title)
  if (message !== null) return { error: { ...body, message }, around: {} }
  const named = namedError(body)
  return named === null ? null : { error: named, around: body }
}

/** Fields of a body that tell a wait, with the unit of a bare number in them. */
const WAITS = [
  ['retry_after_ms', 'ms'],
  ['retryAfterMs', 'ms'],
  ['retry_after', 's'],
  ['retryAfter', 's'],
  ['retry_after_seconds', 's'],
  ['retryAfterSeconds', 's'],
  ['retryDelay', 's'],
  ['quotaResetDelay', 's'],
  ['resets_in_seconds', 's'],
  ['reset_at', 's'],
  ['resets_at', 's'],
  ['wait_seconds', 's'],
  // Hugging Face, of a model that loads.
  ['estimated_time', 's'],
] as const

/** Google's duration as an object. */
const secondsIn = (value: JsonValue | undefined): string | null =>
  isObject(value) && typeof value.seconds === 'number'
    ? String(value.seconds + (typeof value.nanos === 'number' ? value.nanos / 1e9 : 0))
    : null

const waitsIn = (places: readonly JsonObject[]): ErrorFacts['waits'] =>
  places.flatMap((place) =>
    WAITS.flatMap(([name, unit]) => {
      const value = textIn(place[name]) ?? secondsIn(place[name])
      return value === null ? [] : [{ value, unit }]
    }),
  )

/** OpenRouter repeats its own headers, or those of the provider behind it. */
const headersIn = (value: JsonValue | undefined): ErrorFacts['headers'] =>
  Object.fromEntries(
    Object.entries(isObject(value) ? value : {}).flatMap(([name, one]) => {
      const text = textIn(one)
      return text === null ? [] : [[name.toLowerCase(), text]]
    }),
  )

const objectsIn = (value: JsonValue | undefined): JsonObject[] =>
  (Array.isArray(value) ? value : [value]).filter((one) => isObject(one))

/** Gateways pass on as a text what the provider behind them said. */
const withInner = (facts: ErrorFacts, text: string | null): ErrorFacts => {
  const inner = text !== null && /^\s*[[{]/.test(text) ? readErrorBody(parseJson(text)) : null
  if (inner === null) return facts
  return {
    ...facts,
    reasons: [
      ...facts.reasons,
      ...[inner.code, inner.type].filter((word) => word !== null),
      ...inner.reasons,
    ],
    param: facts.param ?? inner.param,
    waits: [...facts.waits, ...inner.waits],
  }
}

/** The facts in a parsed error body; null where it is none of the known shapes. */
export const readErrorBody = (given: unknown): ErrorFacts | null => {
  // Google wraps its errors in a list.
  const body = Array.isArray(given) && given.length === 1 ? given[0] : given
  const found = isObject(body) ? errorIn(body) : null
  if (found === null) return null
  const { error, around } = found
  const details = objectsIn(error.details)
  const inner = objectsIn(error.innererror)
  const metadata = objectsIn(error.metadata)
  const all = [error, around, ...details, ...metadata, ...details.flatMap((one) => objectsIn(one.metadata))]
  const [provider] = metadata
  const own = firstText(
    error.message,
    error.msg,
    error.error_msg,
    error.faultstring,
    error.detail,
    error.error,
    error.Message,
    error.Msg,
    error.reason,
    error.title,
  )
  // OpenRouter: what the provider behind it said.
  const raw = textIn(provider?.raw)
  const codes = [...details.map(({ error_code }) => error_code), error.code, error.Code, error.error_code]
  const reasons = [
    ...inner.map(({ code }) => code),
    error.status,
    error.reason,
    ...details.map(({ reason }) => reason),
    awsType(error.__type),
    error.error_type,
    around.code,
    around.type,
  ]
  const facts = {
    status:
      statusIn(error.code) ?? statusIn(error.status) ?? statusIn(error.statusCode) ?? statusIn(around.status),
    // The inner code is the telling one: Azure's outer code for a refused prompt may be a plain "400".
    code: codes.map(wordIn).find((word) => word !== null) ?? wordIn(inner[0]?.code) ?? null,
    type: wordIn(error.type) ?? wordIn(awsType(error.__type)) ?? wordIn(error.status) ?? null,
    reasons: reasons.map(wordIn).filter((word) => word !== null),
    message: raw === null ? own : `${own ?? ''} (${raw})`,
    param: textIn(error.param),
    requestId: firstText(around.request_id, error.request_id),
    waits: waitsIn(isObject(body) ? [...all, body] : all),
    headers: headersIn(provider?.headers),
  }
  return withInner(facts, raw ?? own)
}

const HTML = /^\s*(?:<!doctype|<html|<head|<\?xml)/i
const TITLE = /<title[^>]*>([^<]{1,200})<\/title>/i

const proseFacts = (body: string): Pick<ErrorFacts, 'message'> => {
  if (!HTML.test(body)) return { message: body.slice(0, 1000) }
  const title = TITLE.exec(body.slice(0, 4000))?.[1]?.trim()
  return { message: title ? `an HTML page "${title}"` : 'an HTML page' }
}

/** Header names of the request's id: OpenAI and vLLM, Anthropic, Azure, Bedrock, Cloudflare. */
const REQUEST_ID_HEADERS = [
  'x-request-id',
  'request-id',
  'apim-request-id',
  'x-amzn-requestid',
  'cf-ray',
] as const

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
  const told = { message: facts.message ?? null, waits: facts.waits ?? [], headers: facts.headers }
  const header = REQUEST_ID_HEADERS.map((name) => headers[name]).find((value) => value)
  const bedrock = headers['x-amzn-errortype']?.split(':', 1)[0]
  const classify = (statusOfWait: number): Failure =>
    classifyHttp({
      ...facts,
      status,
      type: facts.type ?? bedrock ?? null,
      retryAfterMs: retryAfterMs(headers, now, statusOfWait, told),
      requestId: header ?? facts.requestId,
    })
  const failure = classify(status)
  // A rate limit under another status (403 at some, 400 at Bedrock's proxies): its words on the wait count as well.
  return WAITS_HELP.has(failure.class) && failure.retryAfterMs === undefined && status < 500
    ? { ...failure, ...waitOf(classify(429)) }
    : failure
}

/** Fields of which an answer, or a piece of one, has at least one. */
const ANSWER_FIELDS = ['choices', 'content', 'delta', 'content_block', 'usage', 'text', 'output', 'response']

const tellsFailure = (code: JsonValue | undefined): boolean =>
  (typeof code === 'number' && code >= 400) || (typeof code === 'string' && !isBlank(code) && code !== '200')

const FAILED_WORD = /^(?:.*[._])?(?:error|failed|failure|fail)$/i

const saysFailed = (value: JsonValue | undefined): boolean =>
  typeof value === 'string' && FAILED_WORD.test(value)

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
  if ([message, msg, title].some((one) => typeof one === 'string') && [code, statusCode].some(tellsFailure))
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

/** What an event that calls itself an error tells, whatever its data look like. */
export const readErrorEvent = (data: unknown): Failure => {
  if (typeof data === 'string') return failureOf({ error: data })
  return failureOf(isObject(data) && !('error' in data) ? { error: data } : data)
}
