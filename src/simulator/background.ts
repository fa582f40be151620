/**
 * Responses in OpenAI's background mode: they are made whether anybody listens or not, and read by their id.
 *
 * SIMULATED-BACKGROUND-1 A reader that hangs up, or whose connection is cut on order, ends nothing.
 * SIMULATED-BACKGROUND-2 What was made stays readable from any event on, until the simulator is reset. Stream events can be
 *    read again only where a stream was requested.
 * SIMULATED-BACKGROUND-3 Such a call is recorded as answered when the response is whole, and as `client_aborted` when it
 *    was cancelled. Reads are no calls.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import { invalidRequest, type SimulatedError } from './errors'
import type { Reply } from './formats/format'
import { cancelled, openAiResponses, unfinished } from './formats/openai-responses'
import { sampleMs } from './latency'
import { headersOf, JSON_TYPE, type PlayContext, streamTypeOf } from './play-context'
import type { RecordedCall } from './record'

interface Stored {
  reply: Reply
  streamed: boolean
  frames: string[]
  state: 'queued' | 'in_progress' | 'ended' | 'cancelled'
  call: RecordedCall
  /** As of PlayContext. */
  charge(share: number): void
  /** Of all its frames. */
  length: number
  stop: AbortController
  /** Called with each frame, and at the end. */
  readers: Set<() => void>
}

export interface ByIdRequest {
  /** After `/<provider>/v1`. */
  path: string
  query: string
  /** Why the provider refuses the key; null: it takes it. */
  keyError: SimulatedError | null
}

export interface BackgroundResponses {
  /** Makes the response, and answers the request that began it. */
  begin(context: Omit<PlayContext, 'wire'>, call: RecordedCall, response: ServerResponse): Promise<void>
  /** `GET /responses/ID`, `POST /responses/ID/cancel`. false: the path is another one's. */
  serve(asked: ByIdRequest, request: IncomingMessage, response: ServerResponse): Promise<boolean>
  /** Ends all of them. */
  clear(): void
}

const BY_ID = /^\/responses\/([^/]+)(\/cancel)?$/

const NO_STREAM = 'This response was not created with stream=true, so its events cannot be streamed.'

/** `onFinished` is called when a call's outcome stands in its record. */
export function createBackgroundResponses(onFinished: (call: RecordedCall) => void): BackgroundResponses {
  const all = new Map<string, Stored>()

  const change = ({ readers }: Stored): void => {
    for (const read of readers) read()
  }
  const end = (stored: Stored, state: 'ended' | 'cancelled'): void => {
    if (stored.state === 'ended' || stored.state === 'cancelled') return
    stored.state = state
    const { call, frames, length } = stored
    stored.charge(state === 'ended' ? 1 : frames.length / length)
    call.outcome = state === 'ended' ? 'answered' : 'client_aborted'
    call[state === 'ended' ? 'finishedAt' : 'abortedAt'] = Date.now()
    stored.stop.abort()
    change(stored)
    onFinished(call)
  }

  async function make(stored: Stored, { step, format, random }: Omit<PlayContext, 'wire'>): Promise<void> {
    const { signal } = stored.stop
    const waits = async (ms: number) => (ms > 0 ? pause(ms, undefined, { signal }) : undefined)
    stored.state = 'in_progress'
    const wordLatency = step.tokenLatency ?? step.drip
    for (const frame of format.frames(stored.reply)) {
      if (frame.kind === 'word' && wordLatency !== undefined) await waits(sampleMs(wordLatency, random))
      if (signal.aborted) return
      stored.frames.push(frame.sse)
      change(stored)
    }
    end(stored, 'ended')
  }

  /** Sends the events from `from` on as they are made, `most` of all at most. Resolves when there are no more of them. */
  const follow = (stored: Stored, response: ServerResponse, from: number, most = Infinity): Promise<void> =>
    new Promise((resolve) => {
      let next = from
      const leave = () => {
        stored.readers.delete(read)
        resolve()
      }
      const read = () => {
        for (; next < Math.min(stored.frames.length, most); next++) response.write(stored.frames[next])
        if (next >= most || stored.state === 'ended' || stored.state === 'cancelled') leave()
      }
      stored.readers.add(read)
      response.once('close', leave)
      read()
    })

  const body = ({ state, reply }: Stored) => {
    if (state === 'ended') return openAiResponses.whole(reply)
    return state === 'cancelled' ? cancelled(reply) : unfinished(reply, state)
  }
  const sendError = (response: ServerResponse, { status, ...error }: SimulatedError): void => {
    response.writeHead(status, { 'content-type': JSON_TYPE })
    response.end(JSON.stringify(openAiResponses.errorBody({ status, ...error }, '')))
  }
  const sendBody = (response: ServerResponse, stored: Stored): void => {
    response.writeHead(200, { 'content-type': JSON_TYPE })
    response.end(JSON.stringify(body(stored)))
  }

  return {
    async begin(context, call, response) {
      const { step, random, stream, format } = context
      if (step.latency !== undefined) await pause(sampleMs(step.latency, random))
      const reply = { ...context.reply(), background: true }
      const stored: Stored = {
        reply,
        streamed: stream,
        frames: [],
        charge: context.charge,
        length: Math.max(1, format.frames(reply).length),
        state: 'queued',
        call,
        stop: new AbortController(),
        readers: new Set(),
      }
      all.set(reply.id, stored)
      context.charge(0)
      call.status = 200
      call.headersSentAt = Date.now()
      if (!stream) sendBody(response, stored)
      // Stopped, its waits reject; nothing else in it can.
      make(stored, context).catch(() => undefined)
      if (!stream) return
      response.writeHead(200, headersOf(context, streamTypeOf(context)))
      // SIMULATED-BACKGROUND-1: `cut` counts words; so many frames come before the first.
      const heads = format.frames(reply).findIndex(({ kind }) => kind === 'word')
      await follow(stored, response, 0, step.cut && heads + step.cut.after)
      if (step.cut) response.destroy()
      else response.end()
    },
    async serve({ path, query, keyError }, request, response) {
      const [, id = '', cancels] = BY_ID.exec(path) ?? []
      if (id === '' || request.method !== (cancels ? 'POST' : 'GET')) return false
      const stored = all.get(id)
      if (keyError !== null) {
        sendError(response, keyError)
        return true
      }
      if (stored === undefined) {
        sendError(response, { ...invalidRequest(`Response with id '${id}' not found.`), status: 404 })
        return true
      }
      const search = new URLSearchParams(query)
      if (cancels) end(stored, 'cancelled')
      if (cancels || search.get('stream') !== 'true') sendBody(response, stored)
      else if (!stored.streamed) sendError(response, invalidRequest(NO_STREAM, 'stream'))
      else {
        response.writeHead(200, { 'content-type': streamTypeOf({ format: openAiResponses }) })
        const after = search.get('starting_after')
        await follow(stored, response, after === null ? 0 : Number(after) + 1)
        response.end()
      }
      return true
    },
    clear() {
      for (const stored of all.values()) end(stored, 'cancelled')
      all.clear()
    },
  }
}
