/**
 * The answer of a probe whose caller has left for the next candidate (probe.ts, PROBE-5). Where no next call has begun yet, because
 * Temporal was out of reach, say, the probe's answer is its generation's: another one would be paid for nothing.
 *
 * LATE-PROBE-1 It counts only while no later call has been opened in the delivery log, and no answer committed.
 * LATE-PROBE-2 Its record has no usage: that is in the estimate of the attempt that left.
 */
import { type AttemptRecord, nextNumber } from '../src/domain/routing/attempt'
import { costUsd } from '../src/domain/routing/cost'
import type { Answer } from '../src/domain/streaming/answer'
import { inTime } from '../src/util/async'
import { placeOf } from './attempt-log'
import type { Call } from './finish-attempt'
import { OPEN_LIMIT_MS } from './stream-publisher'

/**
 * Never rejects: without it the next candidate is called, as ever.
 * @param leftAt epoch milliseconds
 */
export async function commitLateProbe(
  { deps, context, input }: Call,
  before: readonly AttemptRecord[],
  answer: Answer,
  leftAt: number,
): Promise<void> {
  const { stream, candidate, candidateIndex, route } = input
  // Beside others that run it would have to wait for whoever leads.
  if (stream === undefined || !stream.exclusive) return
  const { target } = candidate
  const left = nextNumber(before)
  const record: AttemptRecord = {
    candidate: candidateIndex,
    target,
    number: left + 1,
    startedAt: leftAt,
    durationMs: Math.max(0, deps.now() - leftAt),
    adopted: true,
  }
  const costs = costUsd(answer.usage, candidate.facts)
  const epoch = { sequence: stream.sequence, attempt: placeOf(context.info, input) + 1 }
  try {
    const opened = await inTime(OPEN_LIMIT_MS, deps.delivery.open(stream.logId, epoch, true))
    if (opened.state !== 'open') return
    const own = { route, answer, target, candidate: candidateIndex, records: [record], costUsd: costs }
    await opened.writer.commit(own)
  } catch (error) {
    deps.logger.debug({ event: 'delivery_unreachable', err: error }, 'the answer of a left probe is not kept')
  }
}
