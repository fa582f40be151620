/**
 * What has come of one call's answer, while it comes: for the heartbeat, and for what a call has cost that does not end well.
 */

import type { TransportError } from '../src/domain/failures/transport'
import type { GenerationRequest } from '../src/domain/request/request'
import {
  estimateOf,
  NOTHING_RECEIVED,
  type Received,
  type Spent,
  UNBILLED,
} from '../src/domain/routing/spent'
import type { Answer, StreamEvent, Usage } from '../src/domain/streaming/answer'
import type { OpenResult } from '../src/http'

export interface Intake {
  /** Of a streamed answer, as its provider has sent it. */
  add(events: readonly StreamEvent[]): void
  received(): Received
}

export function createIntake(): Intake {
  let soFar = NOTHING_RECEIVED
  return {
    add(events) {
      for (const event of events) soFar = withEvent(soFar, event)
    },
    received: () => soFar,
  }
}

const withEvent = ({ characters, usage }: Received, event: StreamEvent): Received => ({
  characters: characters + charactersOf(event),
  usage: event.type === 'usage' ? event.usage : usage,
})

function charactersOf(event: StreamEvent): number {
  switch (event.type) {
    case 'text':
    case 'reasoning':
      return event.text.length
    case 'toolCallStart':
      return event.name.length
    case 'toolCallDelta':
      return event.json.length
    default:
      return 0
  }
}

/** How a call has ended. */
export interface EndedCall {
  response: OpenResult
  /** What was reported; null: nothing. */
  usage: Usage | null
  /** The provider has said all that it had to say. */
  whole: boolean
  /** null: there is none. */
  answer: Answer | null
  received: Received
}

/** What is known of its price beside its usage. */
export function spentBy(
  request: GenerationRequest,
  { response, usage, whole, answer, received }: EndedCall,
): Spent {
  if (!response.ok ? neverArrived(response.error) : isRefusal(response)) return UNBILLED
  if (whole && usage !== null) return {}
  const characters = Math.max(received.characters, answer === null ? 0 : charactersIn(answer))
  return { estimate: estimateOf(request, { characters, usage: usage ?? received.usage }) }
}

const charactersIn = ({ text, toolCalls }: Answer): number =>
  text.length + toolCalls.reduce((sum, call) => sum + JSON.stringify(call.arguments).length, 0)

/** No provider charges for one: see docs/cost.md. */
const isRefusal = (response: Extract<OpenResult, { ok: true }>): boolean =>
  response.kind === 'body' && response.response.status >= 400

const UNCONNECTED: ReadonlySet<string> = new Set(['dns', 'refused', 'tls', 'unreachable'])

/** No byte of the request has left this host, as far as that is certain. */
const neverArrived = (error: TransportError): boolean =>
  (error.kind === 'connection' && UNCONNECTED.has(error.reason)) ||
  (error.kind === 'timeout' && error.phase === 'connect')
