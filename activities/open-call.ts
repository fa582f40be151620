/** The response to one call: read on where an earlier attempt has begun it (background.ts), else requested. */
import type { ProviderKey } from '../src/config'
import type { OpenResponse } from '../src/contract/attempt-details'
import type { BackgroundPaths, EncodedRequest } from '../src/formats/outbound/wire-format'
import type { HttpRequest, OpenResult, SendLimits } from '../src/http'
import { type Adoption, readOn } from './background'
import type { ActivityDeps, ProviderAccess } from './deps'
import { byIdRequestOf, httpRequestOf, signedRequest } from './provider-request'

/** All that a call needs to be sent. */
export interface ReadyCall {
  access: ProviderAccess
  encoded: EncodedRequest
  /** Of a call that is requested; one that is read on has the key that began it. */
  key: ProviderKey | null
  /** The candidate's own, filled in. */
  headers: HttpRequest['headers']
  streamed: boolean
  /** null: the call ends with its connection. */
  paths: BackgroundPaths | null
  limits: SendLimits
}

export interface OpenCall {
  received: OpenResult
  key: ProviderKey | null
  /** What is read on; null: it was requested. */
  adopted: OpenResponse | null
}

/** Aborting `signal` hangs up. */
export async function openCall(
  { http, now }: Pick<ActivityDeps, 'http' | 'now'>,
  { access, encoded, key, headers, streamed, paths, limits }: ReadyCall,
  adoption: Adoption,
  signal: AbortSignal,
): Promise<OpenCall> {
  const { before } = adoption
  if (paths !== null && before !== null) {
    const read = await readOn(before, access.keys, ({ id }, ownKey) =>
      http.openStream(byIdRequestOf(access, ownKey, 'GET', paths.events(id), headers), limits, signal),
    )
    if (read !== null) return { ...read, adopted: before }
  }
  adoption.changed(null)
  const unsigned = httpRequestOf(access, key, encoded, headers)
  const sent = await signedRequest(access, key, unsigned, now())
  const received = await (streamed ? http.openStream(sent, limits, signal) : http.send(sent, limits, signal))
  return { received, key, adopted: null }
}
