/** What goes over the wire for one call: its body by the provider's wire format, its URL, its headers, its key. No I/O. */
import type { ProviderKey } from '../src/config'
import type { CallProviderInput } from '../src/contract/generation'
import { failed, type Outcome, success } from '../src/domain/failures/outcome'
import { mergeParams } from '../src/domain/request/params'
import type { Message } from '../src/domain/request/request'
import { wellFormedJson } from '../src/domain/request/text'
import { wireFormat } from '../src/formats/outbound'
import type { EncodedRequest } from '../src/formats/outbound/wire-format'
import type { HttpRequest } from '../src/http'
import type { ActivityDeps, ProviderAccess } from './deps'

export interface ProviderRequest {
  http: HttpRequest
  /** As of EncodedRequest. */
  leftOut: string[]
}

/** A failure: this provider can't be asked for this, and nothing is sent. `prefill`: as of EventSink. */
export function buildRequest(
  { expandHeaders }: Pick<ActivityDeps, 'expandHeaders'>,
  { candidate, request, stream, unsupportedParams }: CallProviderInput,
  access: ProviderAccess,
  key: ProviderKey | null,
  prefill: string | null,
): Outcome<ProviderRequest> {
  const own = expandHeaders(candidate.provider, candidate.headers)
  if (!own.ok) return failed({ class: 'not_admitted', message: own.reason })
  const encoded = wireFormat(access.api).encode({
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
  })
  if (!encoded.ok) return encoded
  const { path, headers, body, leftOut = [] } = encoded.value
  return success({
    http: {
      method: 'POST',
      url: urlOf(access, path),
      headers: { ...headers, ...access.headers, ...own.headers, ...authHeader(access, key) },
      // Half a character is no UTF-8: some providers refuse the whole body for it.
      body: JSON.stringify(wellFormedJson(body)),
    },
    leftOut,
  })
}

/** Some models take no blank at the end of it. */
const prefillOf = (prefill: string | null): Message[] =>
  prefill === null ? [] : [{ role: 'assistant', content: prefill.trimEnd() }]

/** Those who made the formats, and Azure, which runs OpenAI's own models. */
const NATIVE_HOSTS = /^(?:api\.openai\.com|[\w.-]+\.openai\.azure\.com|api\.anthropic\.com)$/

function urlOf({ baseUrl, query }: ProviderAccess, path: EncodedRequest['path']): string {
  const url = new URL(baseUrl + path)
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value)
  return url.href
}

function authHeader({ auth }: ProviderAccess, key: ProviderKey | null): HttpRequest['headers'] {
  if (auth.type === 'none' || key === null) return {}
  return auth.type === 'bearer' ? { authorization: `Bearer ${key.value}` } : { [auth.name]: key.value }
}
