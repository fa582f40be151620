/** What goes over the wire for one call: its body by the provider's wire format, its URL, its headers, its key. No I/O. */
import type { ProviderKey } from '../src/config'
import type { CallProviderInput } from '../src/contract/generation'
import type { Outcome } from '../src/domain/failures/outcome'
import { mergeParams } from '../src/domain/request/params'
import type { Message } from '../src/domain/request/request'
import { wellFormedJson } from '../src/domain/request/text'
import { wireFormat } from '../src/formats/outbound'
import type { Api, EncodedRequest } from '../src/formats/outbound/wire-format'
import type { HttpRequest } from '../src/http'
import type { ProviderAccess } from './deps'

/** The wire format of this candidate's calls. */
export const apiOf = ({ api, apis }: ProviderAccess, { model }: CallProviderInput['candidate']): Api =>
  (Object.hasOwn(apis, model) ? apis[model] : undefined) ?? api

/** A failure: this provider can't serve this. `prefill`: as of EventSink. */
export const encodeCall = (
  { candidate, request, unsupportedParams }: CallProviderInput,
  access: ProviderAccess,
  prefill: string | null,
  stream: boolean,
): Outcome<EncodedRequest> =>
  wireFormat(apiOf(access, candidate)).encode({
    request: {
      ...request,
      messages: [...request.messages, ...prefillOf(prefill)],
      params: mergeParams(candidate.params, request.params),
    },
    provider: candidate.provider,
    model: candidate.model,
    facts: candidate.facts,
    stream,
    unsupportedParams,
    native: NATIVE_HOSTS.test(new URL(access.baseUrl).hostname),
    background: candidate.background,
  })

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

/** Some models take no blank at the end of it. */
const prefillOf = (prefill: string | null): Message[] =>
  prefill === null ? [] : [{ role: 'assistant', content: prefill.trimEnd() }]

/** Those who made the formats, and Azure, which runs OpenAI's own models. */
const NATIVE_HOSTS = /^(?:api\.openai\.com|[\w.-]+\.openai\.azure\.com|api\.anthropic\.com)$/

function urlOf({ baseUrl, query }: ProviderAccess, path: string): string {
  const url = new URL(baseUrl + path)
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value)
  return url.href
}

function authHeader({ auth }: ProviderAccess, key: ProviderKey | null): HttpRequest['headers'] {
  if (auth.type === 'none' || key === null) return {}
  return auth.type === 'bearer' ? { authorization: `Bearer ${key.value}` } : { [auth.name]: key.value }
}
