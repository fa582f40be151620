/** What of an attempt is counted before its end. */
import { readAttemptDetails } from '../src/contract/attempt-details'
import type { CallProviderInput } from '../src/contract/generation'
import type { AttemptRecord } from '../src/domain/routing/attempt'
import type { StreamEvent } from '../src/domain/streaming/answer'
import type { ActivityDeps } from './deps'
import type { Call } from './finish-attempt'
import type { EventSink } from './stream-words'

/** A call whose worker was lost counts where the next attempt finds that out: once, for it reports the record when it begins. */
export function countLost({ deps, context, input }: Call, recovered: readonly AttemptRecord[]): void {
  const { records } = readAttemptDetails(context.info.heartbeatDetails)
  const { route, candidate } = input
  for (const record of recovered.slice(records.length))
    deps.metrics.attempt({ route, record, facts: candidate.facts })
}

const SAYS_SOMETHING: ReadonlySet<StreamEvent['type']> = new Set(['text', 'reasoning', 'toolCallStart'])

/** The call begins now: its first words, thoughts or tool call are timed. */
export function timedSink(
  { metrics, now }: Pick<ActivityDeps, 'metrics' | 'now'>,
  { candidate }: CallProviderInput,
  sink: EventSink,
): EventSink {
  const startedAt = now()
  let said = false
  return {
    prefill: sink.prefill,
    publish(events) {
      if (!said && events.some(({ type }) => SAYS_SOMETHING.has(type))) {
        said = true
        metrics.firstToken(candidate.target, now() - startedAt)
      }
      return sink.publish(events)
    },
  }
}
