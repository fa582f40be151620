/** What of an attempt is counted before its end. */
import { reportedDetails } from '../src/contract/attempt-details'
import type { CallProviderInput } from '../src/contract/generation'
import { isCallersOwn } from '../src/domain/circuits/callers-part'
import { ruleOf } from '../src/domain/failures/failure'
import type { AttemptRecord } from '../src/domain/routing/attempt'
import type { StreamEvent } from '../src/domain/streaming/answer'
import { billAttempt } from './bill-attempt'
import type { ActivityDeps, CallTimer } from './deps'
import type { Call } from './finish-attempt'
import type { ProviderCallResult } from './provider-call'
import type { EventSink } from './stream-words'

/** A call whose worker was lost counts where the next attempt finds that out: once, for it reports the record when it begins. */
export function countLost({ deps, context, input }: Call, recovered: readonly AttemptRecord[]): void {
  const { records } = reportedDetails(context.info.heartbeatDetails, input.before)
  const { route, candidate } = input
  for (const record of recovered.slice(records.length)) {
    deps.metrics.attempt({ route, record, facts: candidate.facts })
    billAttempt(deps, input, record)
  }
}

const SAYS_SOMETHING: ReadonlySet<StreamEvent['type']> = new Set(['text', 'reasoning', 'toolCallStart'])

/** The call begins now: its first words, thoughts or tool call are timed. */
export function timedSink(
  { metrics, now }: Pick<ActivityDeps, 'metrics' | 'now'>,
  { candidate }: CallProviderInput,
  sink: EventSink,
  firstToken: () => void,
): EventSink {
  const startedAt = now()
  let said = false
  return {
    prefill: sink.prefill,
    publish(events) {
      if (!said && events.some(({ type }) => SAYS_SOMETHING.has(type))) {
        said = true
        metrics.firstToken(candidate.target, now() - startedAt)
        firstToken()
      }
      return sink.publish(events)
    },
  }
}

/** What the end of a call says of how long the target takes. A failure under limits of its caller's own is the caller's. */
export function timingOf(
  input: CallProviderInput,
  { outcome, adopted }: Pick<ProviderCallResult, 'outcome' | 'adopted'>,
): Parameters<CallTimer['ended']>[0] {
  if (adopted) return 'no_evidence'
  if (outcome.ok) return 'answered'
  const { class: failureClass } = outcome.failure
  if (failureClass === 'cancelled') return 'cut'
  if (ruleOf(failureClass).circuit !== 'failure') return 'no_evidence'
  return isCallersOwn(input) || input.candidate.byCaller?.timeouts !== undefined ? 'cut' : 'failed'
}
