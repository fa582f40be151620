/**
 * What the calls of one run have cost: a row for each attempt. Pure.
 *
 * LEDGER-1 A run has the attempts of its own calls alone. What a continued run carries of the ones before it stands in
 *    theirs, and what a reset has copied stands in the run that was reset: added up, nothing counts twice.
 * LEDGER-2 Each row says how sure its numbers are (`Sureness`). An estimate is never added to reports without its own sum.
 * LEDGER-3 Prices are those of the run's own input: one that is changed later changes no past.
 * LEDGER-4 A response that a later attempt read on is paid once, where it was read.
 * LEDGER-5 Money is counted in billionths of a dollar, as whole numbers: a short text costs less than a millionth.
 */
import { SHADOW_SUFFIX } from '../contract/shadow'
import { costUsd } from '../domain/routing/cost'
import type { ModelFacts } from '../domain/routing/route'
import type { Usage } from '../domain/streaming/answer'
import { attemptsOf, type CallAttempts, type PendingCall } from './attempts'
import { eventsOf, type HistorySource, type PayloadReader } from './events'
import { endOf } from './outcome'
import type { RunSteps } from './step-types'
import { readSteps } from './steps'
import type { Attempt } from './types'

/**
 * `reported`: by the provider. `unbilled`: nothing reached a model, so that nothing is charged. `estimated`: by the size of
 * the prompt and of what had come. `unknown`: that it was called is all that is known.
 */
export const SURENESS = ['reported', 'unbilled', 'estimated', 'unknown'] as const
export type Sureness = (typeof SURENESS)[number]

export interface LedgerRow {
  /** The generation's id. */
  generation: string
  runId: string
  /** Of a shadow, the route that it shadows. */
  route: string
  shadow: boolean
  tenant: string | null
  /** The request's own. */
  metadata: { readonly [key: string]: string }
  target: string
  /** Which attempt of its call, from 1; null: not known. */
  number: number | null
  /** Epoch milliseconds. */
  startedAt: number
  /** null: it has not ended, or it is not known. */
  durationMs: number | null
  /** `answered`, `running`, or the class of its failure. */
  outcome: string
  /** Its answer is the generation's. */
  served: boolean
  /** The provider's name for the request; null: it gave none. */
  requestId: string | null
  adopted: boolean
  sure: Sureness
  /** null: not known. */
  usage: Usage | null
  /** Billionths of a US dollar; null: price or usage is not known. */
  costNanos: number | null
}

const NANOS = 1_000_000_000
const NO_USAGE: Usage = { inputTokens: 0, outputTokens: 0 }

/**
 * @param pending of a run that has not ended: what the server shows of its calls
 * @param metadata of the request, which stands in the run's memo
 * @throws Error where it is no generation's history, or has payloads that can't be read
 */
export function ledgerOf(
  history: HistorySource,
  payload: PayloadReader,
  pending: readonly PendingCall[] = [],
  metadata: LedgerRow['metadata'] = {},
): LedgerRow[] {
  const steps = readSteps(eventsOf(history), payload, false)
  const { startedAt, input } = steps
  const frame = { startedAt, route: input?.route ?? null, plansBefore: 0, callsBefore: 0 }
  const calls = attemptsOf(steps, pending, frame).filter(isOwn(steps))
  const known = calls.flatMap(({ attempts }) => attempts)
  const served = servedBy(steps, payload, known)
  const prompt = promptTokens(known)
  const factsOf = (candidate: number): ModelFacts => input?.route.candidates[candidate]?.facts ?? {}
  return calls.flatMap((call) => {
    const { candidateIndex, candidate } = call.call.input
    const of = { ...ownerOf(steps, metadata), target: candidate.target }
    if (isUnrecorded(call)) return [unrecorded(call, of)]
    return call.attempts.map((attempt, index) => {
      const readOn = call.attempts[index + 1]?.adopted === true
      const spent = readOn ? { sure: 'unbilled' as const, usage: NO_USAGE } : spentBy(attempt, prompt)
      const usd = spent.sure === 'unbilled' ? 0 : costUsd(spent.usage, factsOf(candidateIndex))
      return {
        ...of,
        number: attempt.number,
        startedAt: attempt.startedAt,
        durationMs:
          steps.end === null ? attempt.durationMs : (attempt.durationMs ?? steps.end.at - startedAt),
        outcome: outcomeOf(attempt, steps),
        served: attempt === served,
        requestId: attempt.requestId,
        adopted: attempt.adopted,
        ...spent,
        costNanos: usd === null ? null : Math.round(usd * NANOS),
      }
    })
  })
}

function ownerOf({ workflowId, runId, input, unresolved }: RunSteps, metadata: LedgerRow['metadata']) {
  const name = input?.route.name ?? unresolved?.asked.route ?? ''
  const shadow = name.endsWith(SHADOW_SUFFIX)
  return {
    generation: workflowId,
    runId,
    route: shadow ? name.slice(0, -SHADOW_SUFFIX.length) : name,
    shadow,
    tenant: input?.tenant ?? unresolved?.tenant ?? null,
    metadata,
  }
}

/** LEDGER-1: what ended before the reset is the other run's. */
const isOwn =
  ({ resetAt }: RunSteps) =>
  ({ call: { closedAt } }: CallAttempts): boolean =>
    resetAt === null || closedAt === null || closedAt > resetAt

/** Temporal itself drops the records of a call that is cancelled in a pause (CALL-PROVIDER-2 of call-provider.ts). */
const isUnrecorded = ({ call, attempts }: CallAttempts): boolean =>
  call.closedAt !== null && attempts.length === 0

function unrecorded({ call }: CallAttempts, of: ReturnType<typeof ownerOf> & { target: string }): LedgerRow {
  return {
    ...of,
    number: null,
    startedAt: call.scheduledAt,
    durationMs: null,
    outcome: call.end === 'cancelled' ? 'cancelled' : 'internal_error',
    served: false,
    requestId: null,
    adopted: false,
    sure: 'unknown',
    usage: null,
    costNanos: null,
  }
}

function servedBy({ end }: RunSteps, payload: PayloadReader, attempts: readonly Attempt[]): Attempt | null {
  if (end === null) return null
  const { outcome } = endOf(end, payload)
  if (outcome.type !== 'answered' || outcome.served !== 'provider') return null
  return attempts.findLast((one) => one.outcome === 'answered' && one.target === outcome.target) ?? null
}

const outcomeOf = ({ outcome, failure }: Attempt, { end }: RunSteps): string => {
  if (outcome === 'running') return end === null ? 'running' : 'cancelled'
  return failure?.class ?? outcome
}

/** Of the same prompt, as other attempts of the run have had it counted: nearer than its size. */
type PromptTokens = (target: string) => number | null

function promptTokens(attempts: readonly Attempt[]): PromptTokens {
  const reported = attempts.filter(({ usage }) => usage !== null && usage.inputTokens > 0)
  return (target) => {
    const own = reported.find((attempt) => attempt.target === target) ?? reported[0]
    return own?.usage?.inputTokens ?? null
  }
}

/** LEDGER-2 */
function spentBy(attempt: Attempt, prompt: PromptTokens): Pick<LedgerRow, 'sure' | 'usage'> {
  const { estimate, usage, unbilled, failure, target } = attempt
  if (estimate !== null) {
    const inputTokens = usage?.inputTokens || prompt(target) || estimate.inputTokens
    return { sure: 'estimated', usage: { ...estimate, inputTokens } }
  }
  if (unbilled || failure?.class === 'not_admitted') return { sure: 'unbilled', usage: NO_USAGE }
  if (usage !== null) return { sure: 'reported', usage }
  // Of a build that recorded no more. A status is a refusal, unless it came inside an answer.
  if (failure !== null && failure.status !== undefined && failure.status >= 400 && !failure.tokensFlowing)
    return { sure: 'unbilled', usage: NO_USAGE }
  return { sure: 'unknown', usage: null }
}
