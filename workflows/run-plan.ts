/**
 * Carries out what the dispatcher says, and reports back to it.
 *
 * P1 A winner's siblings are cancelled, and their records awaited for at most LOSER_WAIT_MS.
 * P2 A timer stands only while the dispatcher asked to be woken: `sequence` sets none.
 * P3 A nudge is listened for only while one waits for it: a signal that comes earlier is kept by the SDK till then.
 * P4 Only candidates that may overlap get a scope of their own. Running one turns on the SDK's
 *    AsyncLocalStorage, which makes every promise of the worker dearer (docs/benchmarks.md).
 */
import {
  CancellationScope,
  CancelledFailure,
  defineSignal,
  log,
  setHandler,
  sleep,
} from '@temporalio/workflow'
import { CIRCUITS_CHANGED_SIGNAL } from '../src/contract/circuits'
import type { BoardView, CallProviderInput, GenerationInput } from '../src/contract/generation'
import type { Answer } from '../src/domain/answer'
import type { AttemptRecord } from '../src/domain/attempt'
import { mayWrite } from '../src/domain/cache'
import {
  beginDispatch,
  type DispatchEnd,
  type DispatchEvent,
  type DispatchPolicy,
  dispatch,
} from '../src/domain/dispatch'
import { makePlan, type Plan } from '../src/domain/plan'
import type { Candidate } from '../src/domain/route'
import { runCandidate, type Settled } from './run-candidate'

const LOSER_WAIT_MS = 1_000

export type PlanEnd =
  | { type: 'answered'; answer: Answer; candidate: Candidate }
  /** `plan`: the last one that was made. */
  | { type: 'unanswered'; end: Exclude<DispatchEnd, { type: 'succeeded' }>; plan: Plan }

interface Run {
  /** null: it runs in the workflow's own scope, and can't be cancelled alone (P4). */
  scope: CancellationScope | null
  settled: Promise<Settled>
}

const NO_PLAN: Plan = { ready: [], lastResort: [], blocked: [], dropped: [] }

/**
 * `look` is asked for every pass anew. Adds each ended candidate's attempts to `records`. Throws only
 * CancelledFailure: the caller is gone.
 */
export async function runPlan(
  input: GenerationInput,
  look: (fresh: boolean) => Promise<BoardView>,
  records: AttemptRecord[],
): Promise<PlanEnd> {
  const { candidates } = input.route
  const policy: DispatchPolicy = { ...input.route, deadlineAt: input.deadlineAt }
  const running = new Map<number, Run>()
  let state = beginDispatch()
  let event: DispatchEvent = { type: 'began' }
  let answer: Answer | null = null
  let plan = NO_PLAN

  for (;;) {
    const step = dispatch(policy, state, event, Date.now())
    state = step.state
    const { action } = step
    if (action.type === 'finish') {
      if (running.size > 0) await stopLosers(running, records)
      return planEnd(action.end, plan, candidates, answer)
    }
    if (action.type === 'plan') {
      plan = planOf(input, await look(action.fresh))
      event = { type: 'planned', plan }
      continue
    }
    if (action.type === 'attempt')
      for (const index of action.candidates) {
        const candidate = candidates[index]
        if (candidate === undefined) continue
        logFallback(input, candidate, event)
        const othersLeft = state.waiting.length > 0 || state.lastResort.length > 0 || state.running.length > 1
        const { lastResort } = action
        running.set(index, begin(input, { candidate, candidateIndex: index, othersLeft, lastResort }))
      }
    if (action.type === 'wait' && action.nudge && action.wakeAt !== null) {
      event = await nudgedOrWoken(action.wakeAt)
      continue
    }
    const settled = await nextSettled(running, action.wakeAt)
    if (settled !== null) {
      running.delete(settled.candidate)
      records.push(...settled.records)
    }
    if (settled?.type === 'cancelled' || CancellationScope.current().consideredCancelled) {
      if (running.size > 0) await CancellationScope.nonCancellable(() => stopLosers(running, records))
      throw new CancelledFailure('The generation was cancelled')
    }
    if (settled?.type === 'succeeded') answer = settled.answer
    event = settled ?? { type: 'woke' }
  }
}

function planOf({ route, request }: GenerationInput, { unusable, blocked = [] }: BoardView): Plan {
  const reasons = new Map(unusable.map(({ provider, reason }) => [provider, reason]))
  return makePlan(route, request, { unusable: reasons, blocked })
}

function planEnd(
  end: DispatchEnd,
  plan: Plan,
  candidates: readonly Candidate[],
  answer: Answer | null,
): PlanEnd {
  if (end.type !== 'succeeded') return { type: 'unanswered', end, plan }
  const candidate = candidates[end.candidate]
  if (candidate === undefined || answer === null) throw new Error('The dispatcher named no running candidate')
  return { type: 'answered', answer, candidate }
}

function begin(
  input: GenerationInput,
  chosen: Pick<CallProviderInput, 'candidate' | 'candidateIndex' | 'othersLeft' | 'lastResort'>,
): Run {
  const { id: generationId, request, deadlineAt, route } = input
  const { unsupportedParams } = route
  const stream = route.upstream === 'stream'
  const call = {
    generationId,
    route: route.name,
    ...chosen,
    request,
    deadlineAt,
    unsupportedParams,
    stream,
    circuit: route.circuit,
    keep: keepOf(input),
  }
  if (route.strategy.type === 'sequence') return { scope: null, settled: runCandidate(call) }
  const scope = new CancellationScope()
  return { scope, settled: scope.run(() => runCandidate(call)) }
}

function keepOf({ cache, route }: GenerationInput): CallProviderInput['keep'] {
  if (cache?.key == null || route.cache === null || !mayWrite(cache.control)) return null
  return { key: cache.key, policy: route.cache }
}

/** The next candidate to settle, or null when `wakeAt` (epoch milliseconds) came first. */
function nextSettled(running: ReadonlyMap<number, Run>, wakeAt: number | null): Promise<Settled | null> {
  const settled = [...running.values()].map((run) => run.settled)
  const [only] = settled
  if (wakeAt === null) return only !== undefined && settled.length === 1 ? only : Promise.race(settled)
  if (only === undefined) return wake(wakeAt)
  const timer = new CancellationScope()
  const woke = timer.run(() => wake(wakeAt))
  return Promise.race([...settled, woke]).finally(() => timer.cancel())
}

/** P3 */
async function nudgedOrWoken(wakeAt: number): Promise<DispatchEvent> {
  const timer = new CancellationScope()
  const woke = timer.run(() => sleep(Math.max(1, wakeAt - Date.now())))
  const nudge = defineSignal(CIRCUITS_CHANGED_SIGNAL)
  const nudged = new Promise<void>((resolve) => setHandler(nudge, resolve))
  const woken = woke.then(() => ({ type: 'woke' }) as const)
  try {
    return await Promise.race([woken, nudged.then(() => ({ type: 'nudged' }) as const)])
  } finally {
    setHandler(nudge, undefined)
    timer.cancel()
    woken.catch(() => undefined)
  }
}

/** Resolves with null at `wakeAt`, or when its scope is cancelled. */
const wake = (wakeAt: number): Promise<null> =>
  sleep(Math.max(1, wakeAt - Date.now())).then(
    () => null,
    () => null,
  )

async function stopLosers(running: Map<number, Run>, records: AttemptRecord[]): Promise<void> {
  const all = Promise.all(
    [...running.values()].map(async ({ scope, settled }) => {
      scope?.cancel()
      records.push(...(await settled).records)
    }),
  )
  const bound = new CancellationScope()
  const waited = bound.run(() => sleep(LOSER_WAIT_MS)).catch(() => undefined)
  await Promise.race([all, waited])
  bound.cancel()
}

function logFallback(input: GenerationInput, candidate: Candidate, event: DispatchEvent): void {
  if (event.type !== 'failed') return
  log.info('fallback', {
    event: 'fallback',
    generation: input.id,
    route: input.route.name,
    target: candidate.target,
    after: event.failure.class,
  })
}
