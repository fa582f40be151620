/**
 * One request and its response on the wire: the guards, the abort, the socket's failures.
 *
 * HTTP-CALL-1 The first failure stands: whatever follows from it (the reset that our own abort causes) is
 *    dropped.
 * HTTP-CALL-2 Each timeout is an own timer. undici's are off: they tick twice a second, too coarse to promise
 *    250 ms.
 * HTTP-CALL-3 A call that is stopped answers its caller at once and destroys its socket. While the connection
 *    is still being made there is no socket of its own yet; it is destroyed as soon as it is there, unused.
 * HTTP-CALL-4 After a cut, what had arrived is still read; after any other failure it is thrown away.
 */
import type { IncomingHttpHeaders } from 'node:http'
import type { Transform } from 'node:stream'
import type { Dispatcher } from 'undici'
import type { TimeoutPhase } from '../domain/failures/failure'
import type { TransportError } from '../domain/failures/transport'
import { decoderFor } from './decode'
import { createTimer } from './timer'
import { connectionError, cutError } from './transport-error'
import type { HttpRequest, SendLimits } from './types'

export interface Head {
  status: number
  headers: { [name: string]: string }
  body: Transform
}

export interface HttpCall {
  /** Resolves with the response's headers, or with the failure that came before them. Never rejects. */
  head: Promise<{ ok: true; head: Head } | { ok: false; error: TransportError }>
  /** Why it failed; null while it hasn't. */
  failure(): TransportError | null
  sawToken(): void
  /** Bytes came, maybe of a ping: the provider lives. It moves the idle timer, and is no first token. */
  sawLife(): void
  /** Ends it with this failure, unless it is over. */
  stop(error: TransportError): void
  /** Throws the rest of the body away as it comes, for at most so long, then hangs up. */
  drain(limitMs: number): void
}

export interface HttpCallGuards {
  limits: SendLimits
  /** Is an event stream requested? Then first token and idle are guarded too. */
  streamed: boolean
  /** The dispatcher's own limit on a connect. */
  connectLimitMs: number
  signal: AbortSignal | undefined
}

type Stage = 'connecting' | 'waiting' | 'answering' | 'over'

/** What an expired attempt timer is called, by how far the call had come. */
const PHASE_OF: Record<Exclude<Stage, 'over'>, TimeoutPhase> = {
  connecting: 'connect',
  waiting: 'headers',
  answering: 'attempt',
}

export const startHttpCall = (
  dispatcher: Dispatcher,
  request: HttpRequest,
  { limits, streamed, signal, connectLimitMs }: HttpCallGuards,
): HttpCall => {
  const attemptGuard = createTimer()
  /** First the connect, then the first token, then the silence between tokens: one at a time. */
  const progressGuard = createTimer()
  let stage: Stage = 'connecting'
  let failure: TransportError | null = null
  let tokensFlowing = false
  let controller: Dispatcher.DispatchController | undefined
  let body: Transform | undefined
  let resolveHead: (value: Awaited<HttpCall['head']>) => void = () => undefined
  const head = new Promise<Awaited<HttpCall['head']>>((resolve) => {
    resolveHead = resolve
  })

  const finish = (): void => {
    stage = 'over'
    attemptGuard.clear()
    progressGuard.clear()
    signal?.removeEventListener('abort', onAbort)
  }
  const stop = (error: TransportError): void => {
    // A body whose bytes have all arrived can still prove broken or too large (HTTP-CALL-1).
    failure ??= error
    if (stage !== 'over') {
      finish()
      controller?.abort(new Error(`stopped: ${error.kind}`))
    }
    if (error.kind === 'cut' && body?.errored === null) body.end()
    else body?.destroy()
    resolveHead({ ok: false, error })
  }
  const onAbort = (): void => stop({ kind: 'aborted' })
  const expire = (phase: TimeoutPhase, limitMs: number): void =>
    stop({ kind: 'timeout', phase, limitMs, tokensFlowing })

  const awaitMore = (): void => {
    if (stage === 'answering') progressGuard.set(limits.idleMs, () => expire('idle', limits.idleMs))
  }

  const answer = (status: number, headers: { [name: string]: string }): void => {
    const encoding = headers['content-encoding']
    const decoder = decoderFor(encoding)
    if (decoder === null) {
      stop({ kind: 'cut', message: `unknown content-encoding "${encoding}"`, tokensFlowing })
      return
    }
    body = decoder
    decoder.on('error', (error) => stop(cutError(error, tokensFlowing)))
    decoder.on('drain', () => controller?.resume())
    resolveHead({ ok: true, head: { status, headers, body: decoder } })
  }

  const handler: Dispatcher.DispatchHandler = {
    onRequestStart(started) {
      controller = started
      if (stage === 'over') {
        started.abort(new Error('stopped while it was connecting'))
        return
      }
      stage = 'waiting'
      progressGuard.clear()
      if (streamed) {
        const { firstTokenMs } = limits
        progressGuard.set(firstTokenMs, () =>
          expire(stage === 'waiting' ? 'headers' : 'first_token', firstTokenMs),
        )
      }
    },
    onResponseStart(_, status, headers) {
      // 1xx only announces; the answer is still to come.
      if (stage !== 'waiting' || status < 200) return
      stage = 'answering'
      answer(status, flatten(headers))
    },
    onResponseData(_, chunk) {
      if (stage === 'answering' && body?.write(chunk) === false) controller?.pause()
    },
    onResponseEnd() {
      if (stage === 'over') return
      finish()
      body?.end()
    },
    onResponseError(_, error) {
      if (stage === 'over') return
      stop(stage === 'answering' ? cutError(error, tokensFlowing) : connectionError(error, connectLimitMs))
    },
  }

  if (signal?.aborted) {
    onAbort()
  } else {
    signal?.addEventListener('abort', onAbort)
    progressGuard.set(limits.connectMs, () => expire('connect', limits.connectMs))
    attemptGuard.set(limits.attemptMs, () => {
      if (stage !== 'over') expire(PHASE_OF[stage], limits.attemptMs)
    })
    dispatch(dispatcher, request, handler)
  }

  return {
    head,
    // Tokens that had arrived before the failure may be read after it (HTTP-CALL-4).
    failure: () => (failure !== null && 'tokensFlowing' in failure ? { ...failure, tokensFlowing } : failure),
    sawToken() {
      tokensFlowing = true
      awaitMore()
    },
    sawLife() {
      if (tokensFlowing) awaitMore()
    },
    stop,
    drain(limitMs) {
      if (stage === 'over') return
      body?.resume()
      progressGuard.set(limitMs, () => stop({ kind: 'aborted' }))
    },
  }
}

/** undici's argument checks throw; they reach the handler as any other failure does. */
const dispatch = (
  dispatcher: Dispatcher,
  request: HttpRequest,
  handler: Dispatcher.DispatchHandler,
): void => {
  try {
    const url = new URL(request.url)
    dispatcher.dispatch(
      {
        origin: url.origin,
        path: url.pathname + url.search,
        method: request.method,
        headers: { ...request.headers },
        body: request.body ?? null,
        headersTimeout: 0,
        bodyTimeout: 0,
      },
      handler,
    )
  } catch (error) {
    // There is no controller before the request has started; the handler doesn't use it.
    const reason = error instanceof Error ? error : new Error(String(error))
    handler.onResponseError?.(undefined as never, reason)
  }
}

const flatten = (headers: IncomingHttpHeaders): { [name: string]: string } => {
  const flat: { [name: string]: string } = {}
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) flat[name.toLowerCase()] = Array.isArray(value) ? value.join(', ') : value
  }
  return flat
}
