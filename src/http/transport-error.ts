/** Turns what undici, the sockets and the TLS library throw into a `TransportError`. */
import type { TransportError } from '../domain/failures/transport'

type ConnectionReason = Extract<TransportError, { kind: 'connection' }>['reason']

const REASONS: { [code: string]: ConnectionReason } = {
  ENOTFOUND: 'dns',
  ENODATA: 'dns',
  ECONNREFUSED: 'refused',
  ECONNRESET: 'reset',
  ECONNABORTED: 'reset',
  EPIPE: 'reset',
  UND_ERR_SOCKET: 'reset',
  EHOSTUNREACH: 'unreachable',
  ENETUNREACH: 'unreachable',
  EHOSTDOWN: 'unreachable',
  ENETDOWN: 'unreachable',
  EADDRNOTAVAIL: 'unreachable',
  ETIMEDOUT: 'unreachable',
  EPROTO: 'tls',
  UND_ERR_PRX_TLS: 'tls',
}

/** Patterns of codes: getaddrinfo's, Node's TLS layer, and OpenSSL's certificate verdicts. */
const CODE_PATTERNS: [RegExp, ConnectionReason][] = [
  [/^EAI_/, 'dns'],
  [/^ERR_(TLS|SSL|OSSL)_/, 'tls'],
  [/^(CERT|CRL|ERROR_IN|UNABLE_TO|DEPTH_ZERO|SELF_SIGNED|HOSTNAME|INVALID|PATH_LENGTH)_/, 'tls'],
]

const reasonOf = (code: string): ConnectionReason =>
  REASONS[code] ?? CODE_PATTERNS.find(([pattern]) => pattern.test(code))?.[1] ?? 'other'

const codeOf = (error: Error): string | null =>
  'code' in error && typeof error.code === 'string' ? error.code : null

/** Several addresses were tried: the first one's error says more than the sum, which has no message. */
const firstError = (error: Error): Error => {
  const first: unknown = error instanceof AggregateError ? error.errors[0] : undefined
  return first instanceof Error ? first : error
}

/** The client was closed under the call. */
const CLOSED = new Set(['UND_ERR_DESTROYED', 'UND_ERR_CLOSED'])

/**
 * A failure before the response's headers.
 * @param connectLimitMs the pool's own limit on a connect, named where it was the one that fired
 */
export const connectionError = (error: Error, connectLimitMs: number): TransportError => {
  const cause = firstError(error)
  const code = codeOf(cause)
  if (code === 'UND_ERR_CONNECT_TIMEOUT') {
    return { kind: 'timeout', phase: 'connect', limitMs: connectLimitMs, tokensFlowing: false }
  }
  if (code !== null && CLOSED.has(code)) return { kind: 'aborted' }
  return {
    kind: 'connection',
    reason: code === null ? 'other' : reasonOf(code),
    code,
    message: cause.message,
  }
}

/** A failure after the response's headers: whatever broke, the body is not whole. */
export const cutError = (error: Error, tokensFlowing: boolean): TransportError => ({
  kind: 'cut',
  message: error.message,
  tokensFlowing,
})
