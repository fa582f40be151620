/** What can go wrong below HTTP, as a value: `src/http` finds it, `classify-transport.ts` names its class. */
import type { TimeoutPhase } from './failure'

export type TransportError =
  | { kind: 'timeout'; phase: TimeoutPhase; limitMs: number; tokensFlowing: boolean }
  | {
      kind: 'connection'
      reason: 'dns' | 'refused' | 'reset' | 'tls' | 'unreachable' | 'other'
      /** The system's or the TLS library's code, e.g. `ECONNREFUSED`. */
      code: string | null
      message: string
    }
  /** The body ended before it was whole: fewer bytes than announced, or a broken chunk or gzip stream. */
  | { kind: 'cut'; message: string; tokensFlowing: boolean }
  | { kind: 'too_large'; limitBytes: number }
  /** The caller's signal. */
  | { kind: 'aborted' }
