/**
 * Error bodies of all providers and of the proxies before them, read by one tolerant reader: a gateway may
 * answer in any shape whatever the format behind it. The shapes, with who sends them:
 *   {error: {message, type, code, param}}            OpenAI, Together, vLLM, OpenRouter (`code` a number), Ollama
 *   {error: {code, message, innererror: {code}}}     Azure OpenAI
 *   {type: 'error', error: {type, message, details: {error_code}}, request_id}   Anthropic
 *   [{error: {code, message, status, details: [{reason, retryDelay, violations}]}}]   Gemini, Vertex
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
import type { JsonValue } from '../../domain/request/json'
import { errorIn } from './error-object'
import { awsType, firstText, objectsIn, statusIn, textIn, wordIn } from './error-values'
import { type ErrorWait, waitsIn } from './error-waits'
import { isObject, parseJson } from './json'

export interface ErrorFacts {
  /** A status that the body itself holds, e.g. OpenRouter's numeric code. */
  status: number | null
  code: string | null
  type: string | null
  /** All other words that name a reason: Gemini's status, reasons and quotas, an inner code. */
  reasons: string[]
  message: string | null
  param: string | null
  requestId: string | null
  /** Waits that stand in fields of the body, as sent, with their unit. */
  waits: ErrorWait[]
  /** Headers that stand in the body, by lower-case names. */
  headers: { [name: string]: string }
}

/** OpenRouter repeats its own headers, or those of the provider behind it. */
const headersIn = (value: JsonValue | undefined): ErrorFacts['headers'] =>
  Object.fromEntries(
    Object.entries(isObject(value) ? value : {}).flatMap(([name, one]) => {
      const text = textIn(one)
      return text === null ? [] : [[name.toLowerCase(), text]]
    }),
  )

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
  const located = isObject(body) ? errorIn(body) : null
  if (located === null) return null
  const { error, around } = located
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
    ...details.flatMap(({ violations }) => objectsIn(violations).map(({ quotaId }) => quotaId)),
    awsType(error.__type),
    error.error_type,
    around.code,
    around.type,
  ]
  const facts = {
    status:
      statusIn(error.code) ?? statusIn(error.status) ?? statusIn(error.statusCode) ?? statusIn(around.status),
    // The inner code says more: Azure's outer code for a refused prompt may be a plain "400".
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
