/**
 * HTTP as the activities need it: one call, its guards, its whole answer or its events. Every expected
 * failure is a value. Nothing here retries, and nothing follows a redirect: both belong to the caller.
 */
import { looksLikeEvents } from '../formats/outbound/event-parser'
import { chunksOf, isSuccess, peek, readWhole } from './body'
import { bodyParserOf, createSseParser } from './body-parsers'
import { ACCEPT_ENCODING } from './decode'
import { createDispatcher } from './dispatcher'
import { readEvents } from './events'
import { type Head, type HttpCall, startHttpCall } from './http-call'
import { createLargeBodies } from './large-bodies'
import type { HttpRequest, OpenResult, SendLimits, SendResult } from './types'

/** Bounds a connect whose call has long been given up. */
const CONNECT_LIMIT_MS = 30_000

export interface HttpClient {
  /**
   * One call, answered whole. `connect` and `attempt` are its only guards; `attempt` is called `headers`
   * where none had come.
   */
  send(request: HttpRequest, limits: SendLimits, signal?: AbortSignal): Promise<SendResult>
  /**
   * One call for an event stream; resolves when the headers are there. All guards. A 2xx answer of another content
   * type is a stream where it begins like one (some servers call it text or JSON); all else is read whole instead,
   * within `firstToken` too.
   */
  openStream(request: HttpRequest, limits: SendLimits, signal?: AbortSignal): Promise<OpenResult>
  /** Closes all connections. Calls in flight end as `aborted`. */
  close(): Promise<void>
}

export interface HttpClientOptions {
  /** Where the proxies are named; `process.env` unless given. */
  env?: { [name: string]: string | undefined }
  /** PEM: a private authority, in place of the system's. NODE_EXTRA_CA_CERTS adds one to them. */
  ca?: string
  /** The longest that any connect may take, whatever a call's own timer allows. */
  connectLimitMs?: number
}

/** A client with its own pools. Make one per process and close it. */
export const createHttpClient = (options: HttpClientOptions = {}): HttpClient => {
  const connectLimitMs = options.connectLimitMs ?? CONNECT_LIMIT_MS
  const dispatcher = createDispatcher({ env: options.env ?? process.env, ca: options.ca, connectLimitMs })

  const large = createLargeBodies()
  const enterFor =
    ({ url }: HttpRequest) =>
    (call: HttpCall, head: Head) =>
      large.enter(new URL(url).origin, call, head)

  const start = (
    request: HttpRequest,
    limits: SendLimits,
    streamed: boolean,
    signal: AbortSignal | undefined,
  ): HttpCall =>
    startHttpCall(
      dispatcher,
      { ...request, headers: withDefaults(request, streamed) },
      { limits, streamed, connectLimitMs, signal },
    )

  return {
    async send(request, limits, signal) {
      const call = start(request, limits, false, signal)
      const head = await call.head
      return head.ok
        ? readWhole(call, head.head, chunksOf(call, head.head, limits.maxBytes), enterFor(request))
        : head
    },
    async openStream(request, limits, signal) {
      const call = start(request, limits, true, signal)
      const answered = await call.head
      if (!answered.ok) return answered
      const { head } = answered
      const all = chunksOf(call, head, limits.maxBytes)
      const succeeded = isSuccess(head.status)
      const known = succeeded ? await bodyParserOf(head.headers['content-type']) : null
      const { text, chunks } = known ? { text: '', chunks: all } : await peek(all)
      const parser = known ?? (succeeded && looksLikeEvents(text) ? createSseParser() : null)
      if (parser === null) return readWhole(call, head, chunks, enterFor(request))
      return {
        ok: true,
        kind: 'stream',
        status: head.status,
        headers: head.headers,
        items: readEvents(call, chunks, parser),
        sawToken: call.sawToken,
        close: () => call.stop({ kind: 'aborted' }),
      }
    },
    close: () => dispatcher.destroy(),
  }
}

/** What every call sends unless its own headers say otherwise. */
const withDefaults = (request: HttpRequest, streamed: boolean): { [name: string]: string } => {
  const headers: { [name: string]: string } = {
    accept: 'application/json',
    'accept-encoding': streamed ? 'identity' : ACCEPT_ENCODING,
    'user-agent': 'holdfast',
  }
  if (request.body !== undefined) headers['content-type'] = 'application/json'
  for (const [name, value] of Object.entries(request.headers)) headers[name.toLowerCase()] = value
  return headers
}
