/**
 * Error bodies of all providers and of the proxies before them, read by one tolerant reader: a gateway may
 * answer in any shape whatever the format behind it. The shapes, with who sends them:
 *   {error: {message, type, code, param}}            OpenAI, Together, vLLM, OpenRouter (`code` a number), Ollama
 *   {error: {code, message, innererror: {code}}}     Azure OpenAI
 *   {type: 'error', error: {type, message, details: {error_code}}, request_id}   Anthropic
 *   {error: 'text'}                                  Ollama's own API, Together's edge
 *   {object: 'error', message, type, code}           older vLLM
 *   {detail: 'text' | [{loc, msg}]}                  FastAPI (vLLM, Together)
 *   {statusCode, message}                            Azure API Management
 *   HTML or plain text                               proxies, Cloudflare
 */
import { z } from 'zod'
import { classifyHttp } from '../domain/classify'
import type { Failure } from '../domain/failure'
import { retryAfterMs } from '../domain/retry-after'
import { parseJson } from './json'
import type { ErrorResponse } from './wire-format'

const word = z.union([z.string(), z.number()]).nullish().catch(null)
const text = z.string().nullish().catch(null)

const errorObject = z.object({
  message: text,
  type: text,
  code: word,
  param: text,
  innererror: z.object({ code: text }).nullish().catch(null),
  details: z.object({ error_code: text }).nullish().catch(null),
  // OpenRouter: what the provider behind it said.
  metadata: z.object({ raw: text, provider_name: text }).nullish().catch(null),
})

const detailItem = z.object({ msg: z.string(), loc: z.array(z.union([z.string(), z.number()])).catch([]) })

const errorBody = z.object({
  error: z.union([z.string(), errorObject]).nullish().catch(null),
  detail: z
    .union([z.string(), z.array(detailItem)])
    .nullish()
    .catch(null),
  message: text,
  type: text,
  code: word,
  statusCode: word,
  request_id: text,
})

export interface ErrorFacts {
  /** A status that the body itself tells, e.g. OpenRouter's numeric code. */
  status: number | null
  code: string | null
  type: string | null
  message: string | null
  param: string | null
  requestId: string | null
}

const statusIn = (value: string | number | null | undefined): number | null => {
  const status = Number(value ?? Number.NaN)
  return Number.isInteger(status) && status >= 400 && status < 600 ? status : null
}

const asText = (value: string | number | null | undefined): string | null =>
  value === null || value === undefined ? null : String(value)

/** The facts in a parsed error body; null where it is none of the known shapes. */
export const readErrorBody = (value: unknown): ErrorFacts | null => {
  const parsed = errorBody.safeParse(value)
  if (!parsed.success) return null
  const { error, detail, message, type, code, statusCode, request_id } = parsed.data
  const none = { status: null, code: null, type: null, param: null, requestId: request_id ?? null }
  if (typeof error === 'string') return { ...none, message: error }
  if (error) {
    return {
      status: statusIn(error.code),
      // The inner code is the telling one: Azure's outer code for a refused prompt may be a plain "400".
      code:
        error.details?.error_code ??
        (statusIn(error.code) === null ? asText(error.code) : null) ??
        error.innererror?.code ??
        null,
      type: error.type ?? null,
      message: error.metadata?.raw
        ? `${error.message ?? ''} (${error.metadata.raw})`
        : (error.message ?? null),
      param: error.param ?? null,
      requestId: request_id ?? null,
    }
  }
  // Only where the server complains, never the offending input itself: that could be the prompt (W4).
  if (Array.isArray(detail)) {
    return { ...none, message: detail.map(({ loc, msg }) => `${loc.join('.')}: ${msg}`).join('; ') }
  }
  if (typeof detail === 'string') return { ...none, message: detail }
  if (message) {
    return {
      ...none,
      status: statusIn(code) ?? statusIn(statusCode),
      code: asText(code),
      type: type ?? null,
      message,
    }
  }
  return null
}

const HTML = /^\s*(?:<!doctype|<html|<head|<\?xml)/i
const TITLE = /<title[^>]*>([^<]{1,200})<\/title>/i

const proseFacts = (body: string): ErrorFacts => {
  const message = HTML.test(body)
    ? `an HTML page${TITLE.exec(body.slice(0, 4000))?.[1] ? ` "${TITLE.exec(body.slice(0, 4000))?.[1]?.trim()}"` : ''}`
    : body.slice(0, 1000)
  return { status: null, code: null, type: null, message, param: null, requestId: null }
}

/** Header names of the request's id: OpenAI and vLLM, Anthropic, Azure, Cloudflare. */
const REQUEST_ID_HEADERS = ['x-request-id', 'request-id', 'apim-request-id', 'cf-ray'] as const

/** A response with a status other than 2xx, as a Failure. */
export const decodeFailure = (response: ErrorResponse): Failure => {
  const { status, headers, body, now } = response
  const facts = readErrorBody(parseJson(body)) ?? proseFacts(body)
  const header = REQUEST_ID_HEADERS.map((name) => headers[name]).find((value) => value)
  return classifyHttp({
    ...facts,
    status,
    retryAfterMs: retryAfterMs(headers, now, status),
    requestId: header ?? facts.requestId,
  })
}

/** Made once: every event of a stream is asked. */
const errorHolder = z.object({ error: z.union([z.string(), z.object({})]) })

/** An error inside a 200: a body or a stream event that holds an `error`; null where it holds none. */
export const embeddedFailure = (value: unknown): Failure | null => {
  const holder = errorHolder.safeParse(value)
  const facts = holder.success ? readErrorBody(value) : null
  return facts === null ? null : classifyHttp(facts)
}
