/**
 * Calls that go on at the provider when nobody listens (OpenAI's background mode): what is begun is read on, not begun again.
 *
 * BACKGROUND-1 As soon as the provider has named its response, the name stands in the heartbeat. Who takes the call over
 *    reads the response from its first event on: what readers have of it is known to the delivery log.
 * BACKGROUND-2 Read on is what nobody has read to its end: its worker was lost, or the connection. What the provider has
 *    ended itself is over, well or not.
 * BACKGROUND-3 What the provider does not know (any longer) is called anew, within the same attempt.
 * BACKGROUND-4 What nobody will read on is cancelled at the provider, as far as it can be reached. What another worker may be
 *    reading by now is not: an attempt that Temporal has given up on leaves its response to the next one.
 * BACKGROUND-5 What is read by an id says so with its first event: the words of another response, or the middle of this one,
 *    are no answer.
 * BACKGROUND-6 Ids are the provider's words: one that can't stand in a path or in a heartbeat is none.
 */
import type { ProviderKey } from '../src/config'
import type { OpenResponse } from '../src/contract/attempt-details'
import type { CallProviderInput } from '../src/contract/generation'
import type { Failure } from '../src/domain/failures/failure'
import { failed, type Outcome } from '../src/domain/failures/outcome'
import { wellFormed } from '../src/domain/request/text'
import type { StreamEvent } from '../src/domain/streaming/answer'
import { wireFormat } from '../src/formats/outbound'
import type { BackgroundPaths, WireFormat } from '../src/formats/outbound/wire-format'
import type { OpenResult } from '../src/http'
import type { ActivityDeps, ProviderAccess } from './deps'
import { apiOf, byIdRequestOf } from './provider-request'
import type { EventSink } from './stream-words'

/** What one call knows of its response. */
export interface Adoption {
  /** What an attempt before this one has left; null: nothing. */
  before: OpenResponse | null
  /** What can be read on, as of now; null: nothing. BACKGROUND-1. */
  changed(response: OpenResponse | null): void
}

/** Of calls whose records go nowhere. */
export const NO_ADOPTION: Adoption = { before: null, changed: () => undefined }

/** null: the calls of this candidate end with their connection. */
export const backgroundOf = (
  access: ProviderAccess,
  candidate: CallProviderInput['candidate'],
): BackgroundPaths | null =>
  candidate.background ? (wireFormat(apiOf(access, candidate)).background ?? null) : null

/** Other refusals are of this moment: the same response can be read later. */
const LATER: ReadonlySet<number> = new Set([408, 409, 425, 429])

/** BACKGROUND-3: OpenAI says 404, or 400 for one that was begun without a stream; 401 and 403 come with a key that is no more. */
const isUnknown = (received: OpenResult): boolean => {
  if (!received.ok || received.kind !== 'body') return false
  const { status } = received.response
  return status >= 400 && status < 500 && !LATER.has(status)
}

/** BACKGROUND-1. null: nobody knows it any longer, or its key is not configured. */
export async function readOn(
  response: OpenResponse,
  keys: readonly ProviderKey[],
  get: (response: OpenResponse, key: ProviderKey | null) => Promise<OpenResult>,
): Promise<{ received: OpenResult; key: ProviderKey | null } | null> {
  const key = keys.find(({ name }) => name === response.key) ?? null
  if (response.key !== null && key === null) return null
  const received = await get(response, key)
  return isUnknown(received) ? null : { received, key }
}

/** Can the response of this call be read by its id later? `cut`: not the provider ended it, but the connection. BACKGROUND-2. */
export function goesOn(received: OpenResult, failure: Failure, cut: boolean): boolean {
  if (cut || UNDER_WAY.has(failure.code ?? '')) return true
  return received.ok && received.kind === 'body' && received.response.status >= 400
}

/** A response's own words for it, where they came as how it ended. */
const UNDER_WAY: ReadonlySet<string> = new Set(['queued', 'in_progress'])

const ANOTHERS: Failure = {
  class: 'bad_response',
  message: 'what came under the id of a response was not that response from its beginning',
}

/** The same format, of what is read by `id`. BACKGROUND-5. */
export const ofResponse = (format: WireFormat, id: string): WireFormat => ({
  ...format,
  decode(body, mayBeEmpty) {
    const decoded = format.decode(body, mayBeEmpty)
    return decoded.ok && decoded.value.responseId !== id ? failed(ANOTHERS) : decoded
  },
  createStreamDecoder() {
    const decoder = format.createStreamDecoder()
    let proved = false
    const own = (step: Outcome<StreamEvent[]>): Outcome<StreamEvent[]> => {
      const [first] = step.ok ? step.value : []
      if (proved || first === undefined) return step
      proved = first.type === 'start' && first.responseId === id
      return proved ? step : failed(ANOTHERS)
    }
    return { ...decoder, push: (event) => own(decoder.push(event)), end: () => own(decoder.end()) }
  },
})

/** BACKGROUND-6 */
const MAX_ID_CHARS = 1_024

const isUsable = (id: string): boolean =>
  id.length <= MAX_ID_CHARS && wellFormed(id) === id && !/^\.{1,2}$/.test(id)

/** The same sink; `began` gets the provider's name of the response. */
export function announcing({ prefill, publish }: EventSink, began: (id: string) => void): EventSink {
  return {
    prefill,
    publish(events) {
      for (const event of events)
        if (event.type === 'start' && event.responseId !== null && isUsable(event.responseId))
          began(event.responseId)
      return publish(events)
    },
  }
}

/** Nobody waits for it, and a call that was made for nothing is not worth more. */
const CANCEL_LIMITS = {
  connectMs: 5_000,
  attemptMs: 10_000,
  firstTokenMs: 10_000,
  idleMs: 10_000,
  maxBytes: 16 * 1024 * 1024,
}

/** BACKGROUND-4. Never rejects. */
export async function cancelResponse(
  deps: Pick<ActivityDeps, 'access' | 'expandHeaders' | 'http' | 'logger'>,
  { candidate, generationId: generation }: CallProviderInput,
  response: OpenResponse,
): Promise<void> {
  const access = deps.access(candidate.provider)
  const paths = access.ok ? backgroundOf(access, candidate) : null
  if (!access.ok || paths === null) return
  const key = access.keys.find(({ name }) => name === response.key) ?? null
  if (key === null && response.key !== null) return
  const own = deps.expandHeaders(candidate.provider, candidate.headers)
  const request = byIdRequestOf(access, key, 'POST', paths.cancel(response.id), own.ok ? own.headers : {})
  const sent = await deps.http.send(request, CANCEL_LIMITS)
  const outcome = sent.ok ? `HTTP ${sent.response.status}` : sent.error.kind
  deps.logger.info(
    { event: 'response_cancelled', generation, target: candidate.target, responseId: response.id, outcome },
    'a response that nobody will read was cancelled at its provider',
  )
}
