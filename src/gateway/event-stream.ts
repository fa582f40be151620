/**
 * One answer as server-sent events.
 *
 * EVENT-STREAM-1 The headers wait for the first content, at most `holdMs`: before it, an error is an answer
 *    with a status of its own. What is there already is read before they are written, so that they can show
 *    of an answer that came whole.
 * EVENT-STREAM-2 While the client has not taken what was sent, `write` does not resolve: nothing is read from
 *    the generation. A client that takes nothing for `slowClientMs` is cut.
 * EVENT-STREAM-3 A stream that says nothing is kept alive by what its format takes for nothing (`ping`).
 */
import type { OutgoingHttpHeaders } from 'node:http'
import type { FastifyReply } from 'fastify'
import type { Limits } from './limits'

export interface EventStream {
  /** Nothing was sent: an error can still be an answer of its own. */
  held(): boolean
  ended(): boolean
  /** Resolves when there is room for more, or the client has gone. */
  write(text: string): Promise<void>
  /** The last words. */
  end(text: string): void
}

/** What is read ahead before the headers is bounded as well (EVENT-STREAM-1). */
const AHEAD_CHARS_MAX = 64 * 1024

const SSE_HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store, no-transform',
  // nginx would keep tokens back to fill its buffer.
  'x-accel-buffering': 'no',
} as const

/** `ping`: EVENT-STREAM-3. `headers` is called when they are written. */
export function openEventStream(
  reply: FastifyReply,
  { holdMs, pingMs, slowClientMs }: Pick<Limits, 'holdMs' | 'pingMs' | 'slowClientMs'>,
  ping: string,
  headers: () => OutgoingHttpHeaders,
): EventStream {
  const { raw } = reply
  let state: 'held' | 'open' | 'ended' = 'held'
  let ahead = ''
  let turn: NodeJS.Immediate | undefined
  let pings: NodeJS.Timeout | undefined
  // One that has gone before closes no more.
  const hold = raw.destroyed ? undefined : setTimeout(begin, holdMs)
  const stopTimers = (): void => {
    clearTimeout(hold)
    clearImmediate(turn)
    clearInterval(pings)
  }
  raw.once('close', stopTimers)

  function begin(): void {
    // An answer that was sent as a status is no stream any more.
    if (state !== 'held' || raw.destroyed || raw.headersSent) return
    state = 'open'
    stopTimers()
    reply.hijack()
    raw.writeHead(200, { ...(reply.getHeaders() as OutgoingHttpHeaders), ...SSE_HEADERS, ...headers() })
    raw.write(ahead === '' ? ping : ahead)
    pings = setInterval(() => {
      // More of them would only pile up behind what the client has not taken (EVENT-STREAM-2).
      if (!raw.writableNeedDrain) raw.write(ping)
    }, pingMs)
  }

  return {
    held: () => state === 'held',
    ended: () => state === 'ended',
    async write(text) {
      if (state === 'ended' || raw.destroyed) return
      if (state === 'held') {
        ahead += text
        turn ??= setImmediate(begin)
        if (ahead.length > AHEAD_CHARS_MAX) begin()
      } else {
        pings?.refresh()
        raw.write(text)
      }
      if (raw.writableNeedDrain) await taken()
    },
    end(text) {
      if (state === 'ended') return
      if (state === 'held') {
        ahead += text
        begin()
        raw.end()
      } else raw.end(text)
      state = 'ended'
      stopTimers()
      raw.socket?.setTimeout(slowClientMs)
    },
  }

  /** EVENT-STREAM-2. Node's own timer starts anew whenever the client has taken a part; when it ends, Node closes the socket. */
  async function taken(): Promise<void> {
    const { socket } = raw
    if (raw.destroyed || socket === null) return
    socket.setTimeout(slowClientMs)
    await new Promise<void>((resolve) => {
      const done = (): void => {
        raw.off('drain', done)
        raw.off('close', done)
        resolve()
      }
      raw.once('drain', done)
      raw.once('close', done)
    })
    socket.setTimeout(0)
  }
}
