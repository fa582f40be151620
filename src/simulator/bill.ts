/**
 * What a provider would charge for the calls that it has had, by model and key.
 *
 * SIMULATED-BILL-1 The prompt is charged as soon as the model has it; of an answer, what was sent by the end of its call,
 *    whoever ended it. One that is made in the background is charged as far as it was made. Of an answer that comes as one
 *    body nothing was sent while it is made.
 * SIMULATED-BILL-2 Nothing is charged for an error's status, for a connection that was reset before any answer, for another
 *    server's page, and for counting tokens.
 * SIMULATED-BILL-3 A call under way is charged for its prompt alone until it ends.
 */
import type { Usage } from '../domain/streaming/answer'
import type { SocketFault } from './play-fault'
import type { RecordedCall } from './record'
import type { Step } from './script'

export interface BillLine {
  provider: string
  model: string
  /** As of RecordedCall. */
  keyHash: string | null
  /** Those that were charged. */
  calls: number
  usage: {
    inputTokens: number
    outputTokens: number
    cachedInputTokens: number
    cacheWriteInputTokens: number
  }
}

/** `share`: how much of the answer was sent, from 0 to 1. */
export const chargeOf = (usage: Usage, share: number): Usage => ({
  ...usage,
  outputTokens: Math.ceil(usage.outputTokens * share),
})

/** How much of an answer these faults send; null: nothing is charged. SIMULATED-BILL-2 */
const SHARES: Record<SocketFault, number | null> = {
  refuse: null,
  reset: null,
  html: null,
  reset_after_headers: 0,
  silent: 0,
  hang_after_headers: 0,
  cut_json: 1,
  empty_body: 1,
  empty_choices: 1,
  null_content: 1,
  wrong_shape: 1,
  cut_body: 1,
  huge: 1,
}

export const shareOfFault = (fault: Step['fault']): number | null =>
  fault !== undefined && fault in SHARES ? SHARES[fault as SocketFault] : null

export function billOf(calls: Iterable<RecordedCall>): BillLine[] {
  const lines = new Map<string, BillLine>()
  for (const { provider, model, keyHash, billed } of calls) {
    if (billed === undefined) continue
    const key = JSON.stringify([provider, model, keyHash])
    const usage = { inputTokens: 0, outputTokens: 0, cachedInputTokens: 0, cacheWriteInputTokens: 0 }
    const line = lines.get(key) ?? { provider, model, keyHash, calls: 0, usage }
    lines.set(key, line)
    line.calls += 1
    line.usage.inputTokens += billed.inputTokens
    line.usage.outputTokens += billed.outputTokens
    line.usage.cachedInputTokens += billed.cachedInputTokens ?? 0
    line.usage.cacheWriteInputTokens += billed.cacheWriteInputTokens ?? 0
  }
  return [...lines.values()]
}
