/** What a call gives its workflow, of the answer that counts. */
import type { CallProviderResult } from '../src/contract/generation'
import type { AttemptRecord } from '../src/domain/routing/attempt'
import type { Commit } from '../src/stores/delivery/types'

/** @param records the call's own; another candidate's answer brings those of that candidate beside them */
export function resultOf(
  { answer, candidate, records: winning, rescue }: Commit,
  candidateIndex: number | null,
  records: AttemptRecord[],
): CallProviderResult {
  return {
    answer,
    records,
    ...(candidate === candidateIndex ? {} : { answeredBy: candidate, winning }),
    ...(rescue === undefined ? {} : { rescue }),
  }
}
