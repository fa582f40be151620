/**
 * A call's turn within its provider's own limits (`src/limits`).
 *
 * TAKE-OF-LIMITS-1 What is counted for words is not taken for a request that has its tokens counted.
 * TAKE-OF-LIMITS-2 A provider that can't be reached at all is not waited for: the call itself says why.
 */
import type { CallProviderInput } from '../src/contract/generation'
import { isCallersOwn } from '../src/domain/circuits/callers-part'
import { type Failure, LIMIT_CODE, ruleOf } from '../src/domain/failures/failure'
import { estimateOf, NOTHING_RECEIVED } from '../src/domain/routing/spent'
import type { Usage } from '../src/domain/streaming/answer'
import type { LimitPermission } from '../src/limits'
import type { ActivityDeps } from './deps'

export type LimitDeps = Pick<ActivityDeps, 'access' | 'keyRing' | 'limits' | 'metrics'>

/** Of a call that no limit counts. */
export const UNLIMITED: LimitPermission = {
  key: null,
  waitedMs: 0,
  seen: () => undefined,
  ended: () => undefined,
}

/** Waits for at most `limitMs`. */
export async function takeOfLimits(
  { access, keyRing, limits, metrics }: LimitDeps,
  input: CallProviderInput,
  { limitMs, signal }: { limitMs: number; signal: AbortSignal },
): Promise<{ ok: true; permission: LimitPermission } | { ok: false; failure: Failure }> {
  const { candidate, request } = input
  const { provider, model, target, params } = candidate
  const reached = access(provider)
  // TAKE-OF-LIMITS-1, TAKE-OF-LIMITS-2
  if (request.task?.type === 'count' || !reached.ok) return { ok: true, permission: UNLIMITED }
  const reports = !isCallersOwn(input)
  const none = reached.keys.length === 0
  const answer = await limits.take({
    provider,
    model,
    tenant: input.tenant ?? null,
    keys: () => (none ? [null] : keyRing.usable(candidate, reached.keys, reports).map(({ name }) => name)),
    inputTokens: () => estimateOf(request, NOTHING_RECEIVED).inputTokens,
    maxOutputTokens: request.task === undefined ? (request.params?.maxTokens ?? params.maxTokens) : 0,
    limitMs,
    signal,
  })
  if (!answer.ok) return { ok: false, failure: noRoom(target, answer.retryAfterMs) }
  if (answer.permission.waitedMs > 0) metrics.limitWait({ target, waitedMs: answer.permission.waitedMs })
  return answer
}

/** What of a call's end counts for the limits; null: it was not called. */
export function limitEndOf(
  ended: { failure: Failure | null; usage: Usage | null } | null,
): Parameters<LimitPermission['ended']>[0] {
  if (ended === null) return { used: null, refused: false, called: false }
  const { failure, usage } = ended
  return {
    used: usage,
    refused: failure?.class === 'rate_limited',
    called: failure === null || ruleOf(failure.class).counts,
  }
}

const noRoom = (target: string, retryAfterMs: number): Failure => ({
  class: 'not_admitted',
  code: LIMIT_CODE,
  message: `not called: the limit of ${target} has no room before its turn, in about ${Math.ceil(retryAfterMs / 1_000)} s`,
  retryAfterMs,
})
