/**
 * What goes over the wire for one call: its body by the provider's wire format, its URL, its headers, its key or its
 * signature. No I/O.
 */
import { createHash } from 'node:crypto'
import type { ProviderKey } from '../src/config'
import type { CallProviderInput } from '../src/contract/generation'
import { failed, type Outcome, success } from '../src/domain/failures/outcome'
import { type Maker, ownBlocks, withoutBlocks } from '../src/domain/request/opaque'
import { mergeParams } from '../src/domain/request/params'
import type { Message, Task } from '../src/domain/request/request'
import { wellFormedJson } from '../src/domain/request/text'
import type { Answer } from '../src/domain/streaming/answer'
import type { Api, EncodedRequest, EncodeInput, WireFormat } from '../src/formats/outbound/wire-format'
import type { HttpRequest } from '../src/http'
import { signedByAws } from '../src/http/aws-signature'
import type { ProviderAccess } from './deps'

/** The wire format of this candidate's calls. */
export const apiOf = ({ api, apis }: ProviderAccess, { model }: CallProviderInput['candidate']): Api =>
  (Object.hasOwn(apis, model) ? apis[model] : undefined) ?? api

/** What a call sends, beside the input. */
export interface CallExtras {
  /** As of EventSink. */
  prefill: string | null
  stream: boolean
  maker: Maker
  /** Are blocks sent back to their maker? */
  returnsBlocks: boolean
}

/** Of the sealed blocks of the request. `kept`: some are sent. `dropped`: some are not. */
interface Blocks {
  kept: boolean
  dropped: boolean
}

/** `sentBlocks`: there are some in it. */
export interface EncodedCall extends EncodedRequest {
  sentBlocks: boolean
}

/** What the wire format is given for one call. */
export function encodeInputOf(
  input: CallProviderInput,
  access: ProviderAccess,
  { prefill, stream, maker, returnsBlocks }: CallExtras,
): { encodeInput: EncodeInput } & Blocks {
  const { candidate, request, unsupportedParams } = input
  const { hostname } = new URL(access.baseUrl)
  const { messages, kept, dropped } = returnsBlocks
    ? ownBlocks(request.messages, { ...maker, api: apiOf(access, candidate) })
    : withoutBlocks(request.messages)
  const encodeInput: EncodeInput = {
    request: {
      ...request,
      messages: [...messages, ...prefillOf(prefill)],
      params: mergeParams(candidate.params, request.params),
    },
    provider: candidate.provider,
    model: candidate.model,
    facts: candidate.facts,
    stream,
    unsupportedParams,
    native: NATIVE_HOSTS.test(hostname),
    takesMarks: MARK_HOSTS.test(hostname),
    promptCache: promptCacheOf(input),
    background: candidate.background,
  }
  return { encodeInput, kept, dropped }
}

const LACKS = {
  embed: 'its API makes no vectors',
  count: 'its API does not count tokens',
} as const satisfies Record<Task['type'], string>

/** A failure: this provider can't serve this. */
export function encodeCall(
  format: WireFormat,
  input: EncodeInput,
  { kept, dropped }: Blocks,
): Outcome<EncodedCall> {
  const encoded = encodedBy(format, input)
  if (!encoded.ok) return encoded
  const leftOut = [...(encoded.value.leftOut ?? []), ...(dropped ? [OPAQUE] : [])]
  return success({ ...encoded.value, leftOut: [...new Set(leftOut)], sentBlocks: kept })
}

function encodedBy(format: WireFormat, input: EncodeInput): Outcome<EncodedRequest> {
  const { task } = input.request
  if (task === undefined) return format.encode(input)
  const message = `${input.provider}/${input.model}: ${LACKS[task.type]}`
  return format[task.type]?.encode(input) ?? failed({ class: 'unsupported', message })
}

/** `mayBeEmpty`: as of WireFormat. */
export function decodeAnswer(
  format: WireFormat,
  input: EncodeInput,
  body: string,
  mayBeEmpty: boolean,
): Outcome<Answer> {
  const { task } = input.request
  const own = task && format[task.type]
  return own === undefined ? format.decode(body, mayBeEmpty) : own.decode(body, input)
}

/** The name of the field, in `leftOut`. */
const OPAQUE = 'opaque'

/** Requests of one tenant and route with the same tools and instructions have the same key; nothing can be read from it. */
function promptCacheOf({ promptCache: kind, tenant = null, route, request }: CallProviderInput) {
  if (kind === undefined) return undefined
  const { messages, tools = [] } = request
  const instructions = messages.flatMap(({ role, content }) => (role === 'system' ? [content] : []))
  const alike = JSON.stringify([tenant, route, tools, instructions])
  return { kind, key: `holdfast-${createHash('sha256').update(alike).digest('hex').slice(0, 32)}` }
}

/** openrouter.ai/docs, "Prompt Caching", read on 2026-11-28. */
const MARK_HOSTS = /^(?:[\w-]+\.)*openrouter\.ai$/

/** `candidateHeaders`: the candidate's own, filled in. */
export const httpRequestOf = (
  access: ProviderAccess,
  key: ProviderKey | null,
  { path, headers, body }: EncodedRequest,
  candidateHeaders: HttpRequest['headers'],
): HttpRequest => ({
  method: 'POST',
  url: urlOf(access, path),
  headers: { ...headers, ...access.headers, ...candidateHeaders, ...authHeader(access, key) },
  // Half a character is no UTF-8: some providers refuse the whole body for it.
  body: JSON.stringify(wellFormedJson(body)),
})

/** Of a response that the provider has by its id. */
export const byIdRequestOf = (
  access: ProviderAccess,
  key: ProviderKey | null,
  method: HttpRequest['method'],
  path: string,
  candidateHeaders: HttpRequest['headers'] = {},
): HttpRequest => ({
  method,
  url: urlOf(access, path),
  headers: { ...access.headers, ...candidateHeaders, ...authHeader(access, key) },
})

/**
 * The same with a signature, where the provider wants one: over the bytes as they are sent, and at this moment, so that each
 * attempt has its own. `now`: epoch milliseconds.
 */
export async function signedRequest(
  { auth }: ProviderAccess,
  key: ProviderKey | null,
  request: HttpRequest,
  now: number,
): Promise<HttpRequest> {
  if (auth.type !== 'sigv4' || key?.aws === undefined) return request
  return signedByAws(request, { ...key.aws, secretAccessKey: key.value, region: auth.region }, now)
}

/** Some models take no blank at the end of it. */
const prefillOf = (prefill: string | null): Message[] =>
  prefill === null ? [] : [{ role: 'assistant', content: prefill.trimEnd() }]

/** Those who made the formats, and Azure, which runs OpenAI's own models. */
const NATIVE_HOSTS =
  /^(?:api\.openai\.com|[\w.-]+\.openai\.azure\.com|api\.anthropic\.com|generativelanguage\.googleapis\.com)$/

function urlOf({ baseUrl, query }: ProviderAccess, path: string): string {
  const url = new URL(baseUrl + path)
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value)
  return url.href
}

function authHeader({ auth }: ProviderAccess, key: ProviderKey | null): HttpRequest['headers'] {
  if (auth.type === 'none' || auth.type === 'sigv4' || key === null) return {}
  return auth.type === 'bearer' ? { authorization: `Bearer ${key.value}` } : { [auth.name]: key.value }
}
