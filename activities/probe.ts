/**
 * A call that is its circuit's probe: its outcome counts for all workers, so it must not depend on its caller, and the
 * caller must not wait long for it.
 *
 * PROBE-1 Where somebody else can answer, the caller waits for the probe no longer than CALLER_WAITS_MS without a
 *    token. Then the caller's candidate fails because its circuit is not closed yet, and the next candidate is called.
 * PROBE-2 It runs on to its own end, under the route's own timeouts, whatever becomes of its caller: a caller
 *    that hangs up, or gives it little time, keeps no circuit open.
 * PROBE-3 A worker that shuts down hangs up, and gives the permit back.
 * PROBE-4 It is paid for, though its caller has left: the attempt's record has an estimate by what had come until then.
 * PROBE-5 What it answers after its caller left for another candidate is its generation's, where nobody has been called since
 *    (late-probe.ts).
 */
import type { CallProviderInput } from '../src/contract/generation'
import { CIRCUIT_CODE, type Failure } from '../src/domain/failures/failure'
import { estimateOf } from '../src/domain/routing/spent'
import type { Answer } from '../src/domain/streaming/answer'
import { createTimer } from '../src/http/timer'
import type { Entry } from './admit'
import type { Adoption } from './background'
import type { CallContext } from './call-context'
import type { ActivityDeps } from './deps'
import {
  type CallHow,
  notCalled,
  type ProviderCallDeps,
  type ProviderCallResult,
  providerCall,
} from './provider-call'
import type { EventSink } from './stream-words'

/** Most first tokens come within two seconds, and most short answers within five. */
const CALLER_WAITS_MS = 5_000

type Deps = ProviderCallDeps & Pick<ActivityDeps, 'metrics' | 'probes'>

export async function probe(
  deps: Deps,
  input: CallProviderInput,
  context: Pick<CallContext, 'cancellationSignal' | 'cancellationDetails'>,
  signal: AbortSignal,
  { sink, adoption, returnsBlocks, intake, named, key, responded }: CallHow,
  reportOutcome: Extract<Entry, { ok: true }>['reportOutcome'],
  answeredLate: (answer: Answer, leftAt: number) => Promise<void>,
): Promise<ProviderCallResult> {
  const { candidate, generationId: generation, deadlineAt } = input
  const startedAt = deps.now()
  const timeouts = candidate.byCaller?.timeouts ?? candidate.timeouts
  const callerTimer = createTimer()
  const limit = createTimer()
  const own = new AbortController()
  let left = false
  /** PROBE-5. Epoch milliseconds. */
  let leftForNextAt: number | null = null
  const callerSink: EventSink = {
    prefill: sink.prefill,
    publish(events) {
      if (left) return events
      callerTimer.clear()
      return sink.publish(events)
    },
  }
  // PROBE-2
  const ownInput = { ...input, candidate: { ...candidate, timeouts }, deadlineAt: Number.POSITIVE_INFINITY }
  const callerAdoption: Adoption = {
    before: adoption.before,
    changed: (response) => (left ? undefined : adoption.changed(response)),
  }
  const how = { sink: callerSink, adoption: callerAdoption, returnsBlocks, intake, named, key, responded }
  const ended = providerCall(deps, ownInput, own.signal, how).then(async (called) => {
    const failure = called.outcome.ok ? null : called.outcome.failure
    const { otherKeyFree, usage } = called
    reportOutcome({ failure, otherKeyFree, usage, startedAt, underRouteTimeouts: true })
    if (left) {
      // No record has it: its caller's attempt ended when the caller left.
      deps.metrics.paid({
        route: input.route,
        target: candidate.target,
        usage: called.usage,
        facts: candidate.facts,
      })
      deps.logger.info(
        { event: 'probe', generation, target: candidate.target, outcome: failure?.class ?? 'answered' },
        'a probe has ended after its caller had left',
      )
      if (leftForNextAt !== null && called.outcome.ok) await answeredLate(called.outcome.value, leftForNextAt)
    }
    return called
  })
  deps.probes.began(ended, () => own.abort())

  const leaves = new Promise<Failure>((resolve) => {
    if (input.othersLeft)
      callerTimer.set(Math.min(CALLER_WAITS_MS, timeouts.attemptMs / 2), () => resolve(SLOW))
    const limitMs = Math.min(candidate.timeouts.attemptMs, Math.max(1, deadlineAt - startedAt))
    if (limitMs < timeouts.attemptMs) limit.set(limitMs, () => resolve(timedOut(limitMs)))
    const cancelled = (): void => {
      // PROBE-3
      if (context.cancellationDetails?.workerShutdown) own.abort()
      else resolve(CANCELLED)
    }
    if (signal.aborted) cancelled()
    else signal.addEventListener('abort', cancelled, { once: true })
  })
  const first = await Promise.race([ended, leaves])
  callerTimer.clear()
  limit.clear()
  if ('outcome' in first) return first
  // PROBE-2: it is read to its end by the probe, and is not to be cancelled.
  adoption.changed(null)
  left = true
  if (first === SLOW) leftForNextAt = deps.now()
  // PROBE-4
  const estimate = estimateOf(input.request, intake.received())
  return { ...notCalled(first), unbilled: undefined, estimate, calledAt: startedAt }
}

/** As of a circuit that refuses: the dispatcher may call this candidate again when all others have failed. */
const SLOW: Failure = {
  class: 'not_admitted',
  code: CIRCUIT_CODE,
  message: 'its circuit is half open, and the call that probes it takes long: the next candidate is called',
}

const CANCELLED: Failure = { class: 'cancelled', message: 'the call was cancelled' }

const timedOut = (limitMs: number): Failure => ({
  class: 'timeout',
  message: `no whole answer within ${limitMs} ms`,
  timeoutPhase: 'attempt',
  tokensFlowing: false,
})
