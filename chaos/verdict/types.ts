/** What a run of the chaos suite has seen: what callers got, what the cluster says, and what providers have answered. */

/** How a request ended for its caller. */
export type End =
  | { type: 'answered'; text: string }
  /** An error with a name: of the response, or inside a stream. */
  | { type: 'failed'; kind: string }
  /** The connection ended, and without an idempotency key the caller can't send it again. */
  | { type: 'broken' }
  /** The caller waited for as long as it could. */
  | { type: 'none' }

/** What the cluster says of a generation after the fault. */
export type Final =
  | { state: 'answered'; text: string; winner: string | null }
  | { state: 'failed' | 'cancelled'; kind: string }
  | { state: 'running' }
  /** There is no such generation. */
  | { state: 'absent' }
  /** It could not be read. */
  | { state: 'unreadable'; reason: string }

export interface RequestRecord {
  /** The kind of caller, of the mix. */
  kind: string
  prompt: string
  /** It may be answered by another request's call: of a route with a cache. */
  cached: boolean
  /** It may be answered by one of several calls that run at the same time. */
  overlaps: boolean
  /** Its first candidate is probed: while the probe is slow the next one is called. */
  probed: boolean
  /** It was sent with an idempotency key, or a 202 was the answer: it must end. */
  accepted: boolean
  /** The generation's id, as far as the caller knows it. */
  id: string | null
  /** Epoch milliseconds, as all instants. */
  startedAt: number
  endedAt: number
  /** How often it was sent. */
  sends: number
  end: End
  /** null: there is no id to read it by. */
  final: Final | null
}

/** A call as the simulator has it. */
export interface ProviderCall {
  target: string
  prompt: string
  /** What the provider named it, in the record of its attempt too. */
  requestId: string
  receivedAt: number
  /** null: it has not ended. */
  endedAt: number | null
  /** The whole answer went out. */
  completed: boolean
}

/** When the fault stood. */
export interface FaultWindow {
  beganAt: number
  endedAt: number
}

export interface Observed {
  fault: string
  window: FaultWindow
  deadlineMs: number
  requests: readonly RequestRecord[]
  calls: readonly ProviderCall[]
  /** Prompts of cached routes, with all their answers so far. */
  earlierAnswers: ReadonlyMap<string, ReadonlySet<string>>
  /** May a completed call have been lost with a process, before its answer was committed? */
  losesCommits: boolean
  /** The target of which is shown that one call probes. */
  probedTarget: string
  /** Differences between the workers' circuits, long after the fault. */
  circuitDifferences: readonly string[]
}
