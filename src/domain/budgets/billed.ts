/**
 * What of a generation counts for its tenant's budget.
 *
 * BILLED-1 Counts of tokens cost nothing, and shadows are the operator's own: neither is counted.
 * BILLED-2 A generation is one request from the first attempt that has ended; what the cache answers is none.
 * BILLED-3 Of an attempt counts what its provider has reported, and where that is not all, what it may have used. One that
 *    has reached no model counts nothing.
 */
import type { GenerationRequest } from '../request/request'
import type { AttemptRecord } from '../routing/attempt'
import { costUsd } from '../routing/cost'
import { type Candidate, type ModelFacts, SHADOW_SUFFIX } from '../routing/route'
import { estimateOf, NOTHING_RECEIVED } from '../routing/spent'
import type { Usage } from '../streaming/answer'
import type { Amount } from './amount'

/** Reserved for an answer whose length nobody has limited, and at most. */
const OUTPUT_TOKENS = 1_000
const OUTPUT_TOKENS_MAX = 16_000

/** BILLED-1 */
export const isBilled = (generation: string, { task }: Pick<GenerationRequest, 'task'>): boolean =>
  task?.type !== 'count' && !generation.endsWith(SHADOW_SUFFIX)

/** What the first call may use: what is reserved until its use is known. */
export function firstCallAmount(request: GenerationRequest, candidates: readonly Candidate[]): Amount {
  const [first] = candidates
  const wanted = request.params?.maxTokens ?? first?.params.maxTokens ?? OUTPUT_TOKENS
  const outputTokens = request.task === undefined ? Math.min(wanted, OUTPUT_TOKENS_MAX) : 0
  const usage = { ...estimateOf(request, NOTHING_RECEIVED), outputTokens }
  return { requests: 1, tokens: tokensOf(usage), dollars: costUsd(usage, first?.facts ?? {}) ?? 0 }
}

/** `first`: it is the first attempt of its generation. BILLED-2, BILLED-3 */
export function attemptAmount(
  { usage, estimate, unbilled }: Pick<AttemptRecord, 'usage' | 'estimate' | 'unbilled'>,
  facts: ModelFacts,
  first: boolean,
): Amount {
  const used = unbilled === true ? null : (estimate ?? usage ?? null)
  return {
    requests: first ? 1 : 0,
    tokens: used === null ? 0 : tokensOf(used),
    dollars: costUsd(used, facts) ?? 0,
  }
}

const tokensOf = ({ inputTokens, outputTokens }: Usage): number => inputTokens + outputTokens
