/** From what went wrong below HTTP to a class of failure. */
import type { Failure } from './failure'
import { redact } from './redact'
import type { TransportError } from './transport'

const REASONS = {
  dns: 'the host name could not be resolved',
  refused: 'the connection was refused',
  reset: 'the connection was reset',
  tls: 'the TLS handshake failed',
  unreachable: 'the host is unreachable',
  other: 'the connection failed',
} as const

const PHASES = {
  connect: 'no connection',
  headers: 'no response headers',
  first_token: 'no first token',
  idle: 'no further token',
  attempt: 'no whole answer',
} as const

/** What a failure below HTTP means. A cut body is a `bad_response`. */
export const classifyTransport = (error: TransportError): Failure => {
  switch (error.kind) {
    case 'timeout':
      return {
        class: 'timeout',
        message: `${PHASES[error.phase]} within ${error.limitMs} ms`,
        timeoutPhase: error.phase,
        tokensFlowing: error.tokensFlowing,
      }
    case 'connection':
      return {
        class: 'connection',
        message: redact(`${REASONS[error.reason]}: ${error.message}`),
        ...(error.code === null ? {} : { code: error.code }),
      }
    case 'cut':
      return {
        class: 'bad_response',
        message: redact(`the response was cut: ${error.message}`),
        tokensFlowing: error.tokensFlowing,
      }
    case 'too_large':
      return { class: 'answer_too_large', message: `the response is larger than ${error.limitBytes} bytes` }
    case 'aborted':
      return { class: 'cancelled', message: 'the call was cancelled' }
  }
}
