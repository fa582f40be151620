/** What one call may do and is given, by its input and the records of the calls before it. Pure. */
import type { CallProviderInput } from '../src/contract/generation'
import type { Failure } from '../src/domain/failures/failure'
import { type AttemptRecord, countCalls } from '../src/domain/routing/attempt'
import type { RetryPolicy } from '../src/domain/routing/route'

/** The code of a failure that says: this model does not go on from an assistant's message. */
export const PREFILL_REFUSED = 'prefill_refused'

/** The code of a failure that says: the maker of the request's blocks no longer takes them. */
export const OPAQUE_REFUSED = 'opaque_refused'

/** Are blocks sent back to their maker? Not where it has refused them before. */
export const returnsBlocks = (records: readonly AttemptRecord[]): boolean =>
  records.every(({ failure }) => failure?.code !== OPAQUE_REFUSED)

/** How providers name what they refuse of them. */
const BLOCK_WORDS = /signature|thinking|thought|encrypted|reasoning/i

/** The failure of a call that has sent blocks: without them it may be answered. */
export const refusedBlocks = (failure: Failure): Failure => {
  const refuses = failure.class === 'invalid_request' || failure.class === 'unsupported'
  return refuses && BLOCK_WORDS.test(`${failure.code ?? ''} ${failure.message}`)
    ? { ...failure, class: 'unsupported', code: OPAQUE_REFUSED }
    : failure
}

/** Once a pass, and not with its last call, unless that is its first: a loser costs less than it helps. */
export function givesWay(input: CallProviderInput, records: readonly AttemptRecord[]): boolean {
  const calls = countCalls(records)
  return input.callsBefore === 0 && (calls === 0 || calls + 1 < retryOf(input).maximumAttempts)
}

/** RETRY-7. Each target has its own: calls to who answers give nothing to who is down. */
export const retryBudgetOf = ({ route, candidate }: CallProviderInput): string =>
  `${route} ${candidate.target}`

/** What is left of its calls in this pass: one at least, for one that gave way with its only one. */
export const retryOf = ({ candidate: { retry }, callsBefore = 0 }: CallProviderInput): RetryPolicy => ({
  ...retry,
  maximumAttempts: Math.max(1, retry.maximumAttempts - callsBefore),
})

/** Longer than it takes to notice that the leader's worker is gone, and to give its call to another one. */
export const silentMs = ({ candidate: { timeouts } }: CallProviderInput): number =>
  Math.max(2 * timeouts.workerLostMs, timeouts.idleMs + timeouts.workerLostMs)

/** STREAM-PUBLISHER-3. JSON that a schema binds is not cut in two: some models would begin it anew. */
export const takesPrefill = (
  { candidate, request, streaming }: CallProviderInput,
  records: readonly AttemptRecord[],
) =>
  streaming &&
  !candidate.background &&
  candidate.facts.prefill === true &&
  request.output === undefined &&
  records.every(({ failure }) => failure?.code !== PREFILL_REFUSED)
