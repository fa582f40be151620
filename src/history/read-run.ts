/**
 * A generation's history as one model. Pure: no clock, no connection, no native code.
 *
 * READ-RUN-1 Histories of all builds are read, as long as Holdfast replays them.
 * READ-RUN-2 A chain of runs that were continued as new is one generation: all of it is read where all histories are
 *    given, else what the later ones carry of the earlier.
 */
import type { GenerationInput } from '../contract/generation'
import { type EmbedInput, embedTaskOf, type Message, type UserPart } from '../domain/request/request'
import { expectedUsd } from '../domain/routing/order'
import { isStreamed, orderOf, planOf } from '../engine/steps'
import { attemptsOf, type CallAttempts, carriedAttempts, type PendingCall } from './attempts'
import { eventsOf, type HistorySource, type PayloadReader, readPlainPayload } from './events'
import { endOf, nextOf } from './outcome'
import type { PlanStep, RunSteps } from './step-types'
import { readSteps } from './steps'
import type {
  Attempt,
  Cancel,
  PlanOrder,
  RequestFacts,
  Run,
  RunOutcome,
  RunPlan,
  RunSpan,
  Wait,
} from './types'
import { waitsOf } from './waits'

export interface ReadOptions {
  /** Default: as the default data converter writes. Codecs have to be undone before. */
  payload?: PayloadReader | undefined
  /** What the server shows of calls under way. */
  pending?: readonly PendingCall[] | undefined
}

/**
 * @param history one run's, or those of a chain of runs that were continued as new, the oldest first
 * @throws Error where it is no generation's history, or has payloads that can't be read
 */
export function readRun(history: HistorySource | readonly HistorySource[], options: ReadOptions = {}): Run {
  try {
    return runOf(history, options)
  } catch (error) {
    if (!(error instanceof TypeError || error instanceof RangeError)) throw error
    // Files are changed by hand and by tools: what every history of ours has may be missing, or be something else.
    throw new Error(`This history can't be read: a part is missing or of another form (${error.message})`, {
      cause: error,
    })
  }
}

function runOf(
  history: HistorySource | readonly HistorySource[],
  { payload = readPlainPayload, pending = [] }: ReadOptions,
): Run {
  const sources = isList(history) ? history : [history]
  const chain: RunSteps[] = []
  for (const source of sources)
    chain.push(
      readSteps(
        eventsOf(source),
        payload,
        chain.some(({ calls }) => calls.length > 0),
      ),
    )
  const first = chain[0]
  const last = chain.at(-1)
  if (first === undefined || last === undefined) throw new Error('No history was given')
  const input = last.input ?? first.input
  const startedAt = first.input?.resumed?.startedAt ?? first.startedAt
  const route = input?.route ?? null
  const carried = carriedAttempts(first.input?.resumed?.records ?? [], startedAt, route)
  const plans: RunPlan[] = []
  const calls: CallAttempts[] = []
  const waits: Omit<Wait, 'offsetMs'>[] = []
  for (const steps of chain) {
    const plansBefore = plans.length
    plans.push(...steps.plans.map((step) => planStep(step, input, startedAt)))
    const frame = { startedAt, route, plansBefore, callsBefore: calls.length }
    const added = attemptsOf(steps, steps === last ? pending : [], frame)
    calls.push(...added)
    waits.push(...waitsOf(steps, added, { plans, plansBefore, parks: route?.park !== undefined }))
  }
  const end = last.end === null ? null : endOf(last.end, payload)
  const all = [...carried, ...calls.flatMap((call) => call.attempts)]
  const attempts = last.end === null ? all : all.map(endedWith(last.end.at))
  const inOrder = attempts.sort((a, b) => a.startedAt - b.startedAt)
  const timed = <T extends { at: number }>(one: T): T & { offsetMs: number } => ({
    ...one,
    offsetMs: one.at - startedAt,
  })
  const closed = last.end === null ? waits : waits.map(closedAt(last.end.at))
  const inTime = closed.sort((a, b) => a.startedAt - b.startedAt)
  const outcome = end?.outcome ?? { type: 'running', next: nextOf(last, calls, inTime) }
  return {
    id: last.workflowId,
    runId: last.runId,
    build: chain.flatMap(({ builds }) => builds).at(-1) ?? null,
    runs: chain.map(spanOf),
    taskQueue: last.taskQueue,
    tenant: input?.tenant ?? last.unresolved?.tenant ?? null,
    metadata: last.metadata,
    parent: first.parent,
    route,
    request: input === null ? null : requestFacts(input),
    input,
    startedAt,
    deadlineAt: input?.deadlineAt ?? null,
    endedAt: last.end?.at ?? null,
    durationMs: last.end === null ? null : last.end.at - startedAt,
    cache: chain.flatMap(({ lookups }) => lookups.map(timed)),
    plans,
    hedges: chain.flatMap(({ hedges }) => hedges.map(timed)),
    attempts: marked(inOrder, outcome),
    waits: inTime.map((wait) => ({ ...wait, offsetMs: wait.startedAt - startedAt })),
    cancels: chain.flatMap(cancelsOf).map(timed),
    renewals: chain.flatMap(({ renewals }) => renewals.map(timed)),
    taskFailures: chain.flatMap(({ taskFailures }) => taskFailures.map(timed)),
    outcome,
    answer: end?.answer ?? null,
    costUsd: sumOf(inOrder.map(({ costUsd }) => costUsd)),
  }
}

const isList = (history: HistorySource | readonly HistorySource[]): history is readonly HistorySource[] =>
  Array.isArray(history)

const spanOf = ({ runId, startedAt, end, builds, events }: RunSteps): RunSpan => ({
  runId,
  startedAt,
  endedAt: end?.at ?? null,
  builds,
  events,
})

function usdOf({ route, request }: GenerationInput, place: number): { usd?: number | null } {
  const candidate = route.candidates[place]
  return route.order !== 'cost' || candidate === undefined ? {} : { usd: expectedUsd(candidate, request) }
}

const UNORDERED: PlanOrder = { type: 'given', sticky: false, standings: [] }

function planStep(
  { at, source, snapshot }: PlanStep,
  input: GenerationInput | null,
  startedAt: number,
): RunPlan {
  const { unusable, blocked = [], latencies = [] } = snapshot
  const seen = { at, offsetMs: at - startedAt, source, unusable, blocked, latencies }
  if (input === null) return { ...seen, order: UNORDERED, ready: [], lastResort: [], dropped: [] }
  const { ready, lastResort, dropped } = planOf(input, snapshot)
  const targetOf = (index: number): string => input.route.candidates[index]?.target ?? ''
  const standings = orderOf(input, snapshot).map(({ candidate, ...by }) => ({
    target: targetOf(candidate),
    ...by,
    ...usdOf(input, candidate),
  }))
  const sticky = input.route.order === 'weighted' && input.places !== undefined
  const order = { type: input.route.order ?? 'given', sticky, standings } as const
  return { ...seen, order, ready: ready.map(targetOf), lastResort: lastResort.map(targetOf), dropped }
}

/** What the workflow cancels after its caller has done so, it cancels for the caller. */
const cancelsOf = ({ cancels }: RunSteps): Omit<Cancel, 'offsetMs'>[] =>
  cancels.map(({ at, target, cause }, index) => {
    const byCaller = cancels.slice(0, index + 1).some((cancel) => cancel.target === null)
    return { at, by: byCaller ? 'caller' : 'race', target, cause }
  })

/** Its run has ended, and what became of it is not recorded: an operator terminated it, or nobody waited for its record. */
const endedWith =
  (endedAt: number) =>
  (attempt: Attempt): Attempt =>
    attempt.outcome === 'running'
      ? {
          ...attempt,
          durationMs: Math.max(0, endedAt - attempt.startedAt),
          outcome: 'cancelled',
          failure: { class: 'cancelled', message: 'the run ended while it was under way' },
        }
      : attempt

const closedAt =
  (endedAt: number) =>
  (wait: Omit<Wait, 'offsetMs'>): Omit<Wait, 'offsetMs'> =>
    wait.durationMs === null
      ? { ...wait, durationMs: Math.max(0, endedAt - wait.startedAt), endedBy: 'other' }
      : wait

/** The attempt whose answer is the generation's. */
function marked(attempts: Attempt[], outcome: RunOutcome): Attempt[] {
  if (outcome.type !== 'answered' || outcome.served !== 'provider') return attempts
  const served = attempts.findLast(
    ({ outcome: end, target }) => end === 'answered' && target === outcome.target,
  )
  return attempts.map((attempt) => (attempt === served ? { ...attempt, served: true } : attempt))
}

function sumOf(costs: readonly (number | null)[]): number | null {
  const known = costs.filter((cost) => cost !== null)
  return known.length === 0 ? null : known.reduce((sum, cost) => sum + cost, 0)
}

function requestFacts({ request, stream, cache, route }: GenerationInput): RequestFacts {
  const { messages, tools = [], output, params } = request
  const inputs = embedTaskOf(request)?.input ?? []
  const parts = [...messages.flatMap(partsOf), ...inputs.flatMap(inputParts)]
  return {
    messages: messages.length,
    inputs: inputs.length,
    characters: parts.reduce((sum, part) => sum + (part.type === 'text' ? part.text.length : 0), 0),
    images: parts.filter(({ type }) => type === 'image').length,
    tools: tools.length,
    schema: output !== undefined,
    streaming: isStreamed({ request, stream, route }),
    maxOutputTokens: params?.maxTokens ?? null,
    cacheControl: cache?.control ?? null,
  }
}

const inputParts = (input: EmbedInput): UserPart[] =>
  typeof input === 'string' ? [{ type: 'text', text: input }] : []

const partsOf = ({ content }: Message): UserPart[] =>
  typeof content === 'string' ? [{ type: 'text', text: content }] : content
