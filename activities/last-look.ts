/**
 * Has a call answered whose end Temporal does not know? A local activity, before its candidate counts as failed: callers have
 * what is committed in the delivery log, so the workflow has to say the same.
 *
 * LAST-LOOK-1 Where nothing is committed, the call is superseded: it can't commit, and give its words to callers, after the
 *    workflow has said that there is no answer.
 */
import type { Activities, LateResult } from '../src/contract/generation'
import { inTime } from '../src/util/async'
import type { ActivityDeps } from './deps'
import { resultOf } from './result-of'
import { OPEN_LIMIT_MS } from './stream-publisher'

/** Above that of any attempt. */
const AFTER_ALL_ATTEMPTS = 1_000_000

export const createLastLook =
  ({ delivery }: Pick<ActivityDeps, 'delivery'>): Activities['lastLook'] =>
  async ({ logId, sequence, exclusive, candidateIndex }): Promise<LateResult | null> => {
    const epoch = { sequence, attempt: AFTER_ALL_ATTEMPTS }
    const opened = await inTime(OPEN_LIMIT_MS, delivery.open(logId, epoch, exclusive))
    if (opened.state !== 'committed') return null
    const { commit } = opened
    // Its own answer has the records that the call could not report.
    const own = commit.candidate === candidateIndex ? commit.records : []
    return { ...resultOf(commit, candidateIndex, own), sequence }
  }
