/**
 * A failover drill (docs/drills.md): a target's circuit is forced open, golden prompts go through the routes that have it,
 * and the circuit is as it was before.
 *
 * FAILOVER-DRILL-1 It is undone whatever happens to whoever started it: by this run, also where it is cancelled or a prompt
 *    breaks it. Where this run is ended by force, or no worker is left, the forcing is over by itself (CIRCUIT-8).
 * FAILOVER-DRILL-2 It ends within its time limit: what has not been answered by then has not passed.
 * FAILOVER-DRILL-3 The prompts are ordinary generations: they are paid, and stand where paid ones stand.
 */
import {
  ApplicationFailure,
  CancellationScope,
  ChildWorkflowFailure,
  defineQuery,
  executeChild,
  isCancellation,
  log,
  proxyActivities,
  proxyLocalActivities,
  setCurrentDetails,
  setHandler,
  setWorkflowOptions,
  sleep,
  upsertMemo,
  workflowInfo,
} from '@temporalio/workflow'
import {
  DRILL_PROGRESS_QUERY,
  DRILL_REFUSED,
  type DrillActivities,
  type DrillForceInput,
  drillMemo,
  type FailoverInput,
  type PlannedPrompt,
} from '../src/contract/drill'
import { expectedFailure } from '../src/contract/expected-failure'
import {
  GENERATION_FAILED,
  GENERATION_WORKFLOW,
  type GenerationFailedDetails,
  type GenerationInput,
  type GenerationResult,
} from '../src/contract/generation'
import { startAttributes } from '../src/contract/generation-attributes'
import { generationMemo } from '../src/contract/generation-memo'
import {
  type FailoverCase,
  type FailoverEnd,
  type FailoverReport,
  failoverDetails,
  judged,
} from '../src/domain/drill/failover'
import { betweenBuilds } from './between-builds'
import { LOCAL_LIMITS } from './local-limits'

const { planFailover } = proxyLocalActivities<Pick<DrillActivities, 'planFailover'>>(LOCAL_LIMITS)

/** All workers have read the circuits by then (src/circuits/snapshot.ts: 900 ms). */
const SEEN_BY_ALL_MS = 2_000
/** Real calls beside real traffic. */
const AT_ONCE = 3
/** Between the last moment for an answer and the end of the forcing: for the undoing. */
const UNDO_MARGIN_MS = 30_000
/** Past its deadline a generation ends itself. */
const MARGIN_MS = 60_000

const FORCE_LIMITS = {
  startToCloseTimeout: '15s',
  scheduleToCloseTimeout: '1m',
  retry: { initialInterval: '500ms', maximumInterval: '5s' },
} as const

/** Throws DRILL_REFUSED where nothing was changed. */
export async function failoverDrill(input: FailoverInput): Promise<FailoverReport> {
  const { target, limitMs } = input
  const plan = await planFailover(input)
  if (!plan.ok) throw refusal(plan.message)
  const startedAt = Date.now()
  const forcedUntil = startedAt + limitMs + UNDO_MARGIN_MS
  const report: FailoverReport = {
    target,
    startedAt,
    forcedUntil,
    finishedAt: null,
    total: plan.prompts.length,
    cases: [],
    undone: null,
  }
  setHandler(defineQuery<FailoverReport>(DRILL_PROGRESS_QUERY), () => report)
  const force: DrillForceInput = { target, drill: { id: workflowInfo().runId, until: forcedUntil } }
  try {
    await open(force)
    await promptsIn(limitMs, plan.prompts, report)
  } finally {
    // FAILOVER-DRILL-1
    report.undone = await CancellationScope.nonCancellable(() => undo(force))
    report.finishedAt = Date.now()
    setCurrentDetails(failoverDetails(report))
  }
  const passed = report.cases.every((one) => one.passed)
  upsertMemo(drillMemo({ kind: 'failover', passed }))
  log[passed ? 'info' : 'error']('drill', {
    event: 'drill',
    drill: workflowInfo().workflowId,
    target,
    passed: report.cases.filter((one) => one.passed).length,
    failed: report.cases.flatMap(({ passed: well, route, why }) => (well ? [] : [`${route}: ${why}`])),
  })
  return report
}

setWorkflowOptions(betweenBuilds('PINNED'), failoverDrill)

const refusal = (message: string): ApplicationFailure =>
  expectedFailure({ type: DRILL_REFUSED, message, details: { message } })

async function open(force: DrillForceInput): Promise<void> {
  const { forceForDrill } = proxyActivities<Pick<DrillActivities, 'forceForDrill'>>({
    ...FORCE_LIMITS,
    summary: `forces ${force.target} open`,
  })
  const forced = await forceForDrill(force)
  if (!forced.forced) throw refusal(forced.message)
}

/** false: it could not be, and is over by itself. */
async function undo(force: DrillForceInput): Promise<boolean> {
  const { releaseForDrill } = proxyActivities<Pick<DrillActivities, 'releaseForDrill'>>({
    ...FORCE_LIMITS,
    // Later there is nothing to be undone.
    scheduleToCloseTimeout: Math.max(1, force.drill.until - Date.now()),
    summary: `gives ${force.target} back`,
  })
  try {
    await releaseForDrill(force)
    return true
  } catch (error) {
    log.error('the circuit was not given back', {
      event: 'drill_not_undone',
      target: force.target,
      until: force.drill.until,
      error: String(error),
    })
    return false
  }
}

/** FAILOVER-DRILL-2. Rejects where the drill is cancelled. */
async function promptsIn(
  limitMs: number,
  prompts: readonly PlannedPrompt[],
  report: FailoverReport,
): Promise<void> {
  const outer = CancellationScope.current()
  const ended = new Map<number, FailoverCase>()
  const waiting = [...prompts.entries()]
  const lane = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [place, planned] = next
      const one = await caseOf(planned, report.target, place)
      ended.set(place, one)
      report.cases.push(one)
      setCurrentDetails(failoverDetails(report))
    }
  }
  setCurrentDetails(failoverDetails(report))
  await CancellationScope.withTimeout(limitMs, async () => {
    await sleep(SEEN_BY_ALL_MS, { summary: 'till all workers have read the circuits' })
    await Promise.all(Array.from({ length: AT_ONCE }, lane))
  }).catch((error: unknown) => {
    if (!isCancellation(error) || outer.consideredCancelled) throw error
  })
  report.cases = [...prompts.entries()].map(([place, planned]) => ended.get(place) ?? late(planned, place))
}

const idOf = (place: number): string => `${workflowInfo().workflowId}-${workflowInfo().runId}-${place + 1}`

const late = ({ prompt, input }: PlannedPrompt, place: number): FailoverCase => ({
  route: input.route.name,
  prompt: prompt.prompt,
  passed: false,
  why: 'the time limit of the drill came before its answer',
  target: null,
  attempts: 0,
  tookMs: 0,
  costUsd: null,
  id: idOf(place),
})

async function caseOf(
  { prompt, input }: PlannedPrompt,
  forced: string,
  place: number,
): Promise<FailoverCase> {
  const begunAt = Date.now()
  const { deadlineMs } = input.route
  const generation: GenerationInput = {
    ...input,
    id: idOf(place),
    tenant: null,
    deadlineAt: begunAt + deadlineMs,
    deadlineMs,
  }
  const { attempts, costUsd, ...end } = await endOf(generation)
  return {
    route: input.route.name,
    prompt: prompt.prompt,
    ...judged(forced, prompt, end),
    target: end.target,
    attempts,
    tookMs: Date.now() - begunAt,
    costUsd,
    id: generation.id,
  }
}

type End = FailoverEnd & Pick<FailoverCase, 'attempts' | 'costUsd'>

/** FAILOVER-DRILL-3. Rejects where it is cancelled. */
async function endOf(input: GenerationInput): Promise<End> {
  const { id, route, searchAttributes } = input
  try {
    const { text, target, attempts, costUsd } = await executeChild<
      (given: GenerationInput) => Promise<GenerationResult>
    >(GENERATION_WORKFLOW, {
      workflowId: id,
      args: [input],
      workflowExecutionTimeout: route.deadlineMs + MARGIN_MS,
      memo: generationMemo({ tenant: null, body: null }),
      staticSummary: `failover drill: ${route.name}`,
      ...(searchAttributes ? { typedSearchAttributes: startAttributes(route.name, null) } : {}),
    })
    return { outcome: 'answered', text, target, message: '', attempts: attempts.length, costUsd }
  } catch (error) {
    if (isCancellation(error) && CancellationScope.current().consideredCancelled) throw error
    const cause = error instanceof ChildWorkflowFailure ? error.cause : error
    if (cause instanceof ApplicationFailure && cause.type === GENERATION_FAILED) {
      const [{ kind, message, attempts }] = (cause.details ?? []) as [GenerationFailedDetails]
      return { outcome: kind, target: null, text: '', message, attempts: attempts.length, costUsd: null }
    }
    const message = cause instanceof Error ? cause.message : String(cause)
    return { outcome: 'broken', target: null, text: '', message, attempts: 0, costUsd: null }
  }
}
