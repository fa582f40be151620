/**
 * One response on its socket, with everything that may go wrong with it on order.
 *
 * WIRE-1 The outcome is recorded once: whole answer, fault on order, or the caller hung up, whichever comes
 *    first.
 * WIRE-2 No wait outlives the socket: `sleep` and `forever` end when it is gone.
 */
import type { ServerResponse } from 'node:http'
import { setImmediate as turn } from 'node:timers/promises'
import type { RecordedCall } from './record'

/** What was sent shall be read before the reset arrives: an RST may drop what waits in the receiver's buffer. */
const BEFORE_RESET_MS = 20

export interface Wire {
  /** Has the caller hung up, or was the socket ended on order? */
  gone(): boolean
  sleep(ms: number): Promise<void>
  forever(): Promise<void>
  head(status: number, headers: { [name: string]: string | number }): void
  /** Sends the headers now, ahead of any body. */
  flushHead(): void
  write(chunk: string | Buffer): Promise<void>
  /** Ends the response as HTTP wants it. `outcome` says whether that was a whole answer. */
  end(outcome: 'answered' | 'faulted', chunk?: string | Buffer): void
  /** RST, after what was sent has gone out. */
  reset(): Promise<void>
  /** FIN in the middle of the message, after `last` as raw bytes. */
  cutOff(last?: string): Promise<void>
}

/** Wraps a response. `onOutcome` is called once, when the call's outcome stands in its record. */
export function createWire(response: ServerResponse, call: RecordedCall, onOutcome: () => void): Wire {
  const socket = response.socket
  let verdict: 'answered' | 'faulted' = 'answered'
  let isGone = false
  let onGone: (() => void) | null = null

  const recordOutcome = (outcome: RecordedCall['outcome']) => {
    if (call.outcome !== 'in_flight') return
    call.outcome = outcome
    const now = Date.now()
    if (outcome === 'client_aborted') call.abortedAt = now
    else call.finishedAt = now
    onOutcome()
  }
  const leave = () => {
    isGone = true
    onGone?.()
  }
  const until = (start: (done: () => void) => void): Promise<void> =>
    new Promise((resolve) => {
      const done = () => {
        onGone = null
        resolve()
      }
      if (isGone) return done()
      onGone = done
      start(done)
    })
  const sleep = (ms: number) => {
    let timer: NodeJS.Timeout | undefined
    return until((done) => {
      timer = setTimeout(done, ms)
    }).finally(() => clearTimeout(timer))
  }

  response.on('finish', () => recordOutcome(verdict))
  response.on('close', () => {
    recordOutcome('client_aborted')
    leave()
  })

  return {
    gone: () => isGone,
    sleep: (ms) => (ms > 0 ? sleep(ms) : Promise.resolve()),
    forever: () => until(() => undefined),
    head(status, headers) {
      call.status = status
      call.headersSentAt = Date.now()
      response.writeHead(status, headers)
    },
    flushHead: () => response.flushHeaders(),
    async write(chunk) {
      if (isGone || response.write(chunk)) return
      await until((done) => response.once('drain', done))
    },
    end(outcome, chunk) {
      verdict = outcome
      response.end(chunk)
    },
    async reset() {
      if (response.headersSent) await sleep(BEFORE_RESET_MS)
      if (!isGone) recordOutcome('faulted')
      socket?.resetAndDestroy()
    },
    async cutOff(last = '') {
      if (!isGone) recordOutcome('faulted')
      // From Node 26 on, a response hands its chunks to the socket at the end of the turn.
      await turn()
      socket?.end(last)
    },
  }
}
