/** What `src/http` takes and gives. No undici type leaves this folder. */

import type { TransportError } from '../domain/failures/transport'
import type { Timeouts } from '../domain/routing/route'
import type { SseEvent } from '../formats/outbound/wire-format'

export interface HttpRequest {
  method: 'POST' | 'GET'
  /** http or https, absolute. */
  url: string
  headers: { [name: string]: string }
  body?: string | undefined
}

/** The guards of one call, and the most bytes that its body may have after decompression. */
export interface SendLimits extends Omit<Timeouts, 'workerLostMs'> {
  maxBytes: number
}

export interface HttpResponse {
  status: number
  /** Names in lower case; a repeated header's values are joined with a comma. */
  headers: { [name: string]: string }
  body: string
}

/** `end` comes exactly once, last. `error: null`: the body was whole. */
export type StreamItem = { type: 'event'; event: SseEvent } | { type: 'end'; error: TransportError | null }

export interface EventStream {
  ok: true
  kind: 'stream'
  status: number
  headers: { [name: string]: string }
  /**
   * To be iterated once; never throws. Leaving the loop early says "I have all that I want": the rest
   * gets a moment to arrive, so that the connection can be used again, then the connection is closed.
   */
  items: AsyncIterable<StreamItem>
  /**
   * Reports that a real token came: only the wire format can distinguish it from a ping. Begins and moves the idle
   * timer.
   */
  sawToken(): void
  /** Hangs up at once. */
  close(): void
}

/** `body`: the answer was no 2xx event stream, so it was read whole. */
export type OpenResult =
  | EventStream
  | { ok: true; kind: 'body'; response: HttpResponse }
  | { ok: false; error: TransportError }

/** Of a call that requested no stream. */
export type SendResult = Exclude<OpenResult, EventStream>
