/**
 * A drill of the fault table (docs/drills.md): each fault on each route of the workers' config, as a generation whose calls
 * reach no provider, and whether it ended as the route's own policy promises.
 *
 * DRILL-WORKFLOW-1 The routes are those of the worker that plans it, once; they stand in the history then.
 * DRILL-WORKFLOW-2 The generations run behind everything that somebody waits for, so many at a time.
 * DRILL-WORKFLOW-3 One that could not be run, or did not end in time, has not passed. The drill itself always ends: each of
 *    its generations has a time limit.
 */
import {
  ApplicationFailure,
  CancellationScope,
  ChildWorkflowFailure,
  defineQuery,
  executeChild,
  isCancellation,
  log,
  proxyLocalActivities,
  setCurrentDetails,
  setHandler,
  setWorkflowOptions,
  upsertMemo,
  workflowInfo,
} from '@temporalio/workflow'
import {
  DRILL_GENERATION_WORKFLOW,
  DRILL_PROGRESS_QUERY,
  DRILL_REFUSED,
  type DrillActivities,
  type DrilledInput,
  type DrillInput,
  drillMemo,
  type PlannedRoute,
  readDrillMemo,
} from '../src/contract/drill'
import { expectedFailure } from '../src/contract/expected-failure'
import {
  BATCH_PRIORITY,
  GENERATION_FAILED,
  type GenerationFailedDetails,
  type GenerationResult,
} from '../src/contract/generation'
import { type DrillOutcome, expectedOf, isAsExpected, victimsOf } from '../src/domain/drill/expected'
import { type FaultName, faultOf } from '../src/domain/drill/faults'
import {
  boundedMessage,
  type DrillCase,
  type DrillReport,
  drillDetails,
  expectedText,
  gotText,
} from '../src/domain/drill/report'
import type { GenerationRequest } from '../src/domain/request/request'
import type { Route } from '../src/domain/routing/route'
import { betweenBuilds } from './between-builds'
import { LOCAL_LIMITS } from './local-limits'

const { planDrill } = proxyLocalActivities<Pick<DrillActivities, 'planDrill'>>(LOCAL_LIMITS)

/** DRILL-WORKFLOW-2. Most of them wait for a timeout, or for Temporal. */
const AT_ONCE = 8
/** DRILL-WORKFLOW-3. Past its deadline a generation ends itself, where a worker takes it. */
const MARGIN_MS = 60_000

/** Throws DRILL_REFUSED where there is nothing to be drilled. */
export async function drill(input: DrillInput): Promise<DrillReport> {
  const report: DrillReport = {
    startedAt: Date.now(),
    finishedAt: null,
    total: 0,
    cases: [],
    unusable: [],
  }
  setHandler(defineQuery<DrillReport>(DRILL_PROGRESS_QUERY), () => report)
  // DRILL-WORKFLOW-1
  const plan = await planDrill(input)
  if (!plan.ok)
    throw expectedFailure({ type: DRILL_REFUSED, message: plan.message, details: { message: plan.message } })
  const wanted = plan.routes.flatMap((planned) => planned.faults.map((fault) => ({ planned, fault })))
  report.total = wanted.length
  report.unusable = plan.routes.flatMap(unusableOf)
  const show = (): void => setCurrentDetails(drillDetails(report))
  show()
  const waiting = [...wanted.entries()]
  const ended = new Map<number, DrillCase>()
  const lane = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [place, { planned, fault }] = next
      const one = await caseOf(planned, fault, input.strict === true, place)
      ended.set(place, one)
      report.cases.push(one)
      show()
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, lane))
  report.cases = wanted.flatMap((_, place) => ended.get(place) ?? [])
  report.finishedAt = Date.now()
  const passed = report.cases.every((one) => one.passed)
  show()
  upsertMemo(drillMemo({ kind: readDrillMemo(workflowInfo().memo)?.kind ?? null, passed }))
  log[passed ? 'info' : 'error']('drill', {
    event: 'drill',
    drill: workflowInfo().workflowId,
    passed: report.cases.filter((one) => one.passed).length,
    failed: report.cases.flatMap((one) => (one.passed ? [] : [`${one.route}: ${one.fault}`])),
  })
  return report
}

// The rules that it ends by are those that it began with.
setWorkflowOptions(betweenBuilds('PINNED'), drill)

const unusableOf = ({ route, unusable }: PlannedRoute): DrillReport['unusable'] =>
  route.candidates.flatMap(({ target, provider }) =>
    unusable.flatMap((one) =>
      one.provider === provider ? [{ route: route.name, target, reason: one.reason }] : [],
    ),
  )

async function caseOf(
  { route, scale, unusable }: PlannedRoute,
  name: FaultName,
  strict: boolean,
  place: number,
): Promise<DrillCase> {
  const fault = faultOf(name)
  const id = `${workflowInfo().workflowId}-${place + 1}`
  const out = new Set(unusable.map(({ provider }) => provider))
  const begunAt = Date.now()
  const drilled: DrilledInput = {
    id,
    tenant: null,
    route,
    request: requestOf(route),
    deadlineAt: begunAt + route.deadlineMs,
    deadlineMs: route.deadlineMs,
    // It is none of the generations that are looked for.
    searchAttributes: false,
    stream: fault.streamed === true,
    drill: { fault: name, victims: victimsOf(fault, route, out), unusable, scale },
  }
  const expected = expectedOf(fault, route, out, { scale, strict })
  const end = await endOf(drilled)
  return {
    route: route.name,
    fault: name,
    says: fault.says,
    passed: isAsExpected(expected, end),
    expected: expectedText(expected),
    got: gotText(end),
    message: boundedMessage(end.message),
    target: end.target,
    attempts: end.attempts,
    tookMs: Date.now() - begunAt,
    id,
  }
}

const PROMPT = 'This is a drill. It reaches no provider.'

const requestOf = ({ kind }: Route): GenerationRequest =>
  kind === 'embeddings'
    ? { messages: [], task: { type: 'embed', input: [PROMPT] } }
    : { messages: [{ role: 'user', content: PROMPT }] }

type End = DrillOutcome & { message: string; attempts: number }

/** DRILL-WORKFLOW-3. Rejects where the drill is cancelled. */
async function endOf(input: DrilledInput): Promise<End> {
  try {
    const { target, attempts } = await executeChild<(given: DrilledInput) => Promise<GenerationResult>>(
      DRILL_GENERATION_WORKFLOW,
      {
        workflowId: input.id,
        args: [input],
        workflowExecutionTimeout: input.route.deadlineMs + MARGIN_MS,
        priority: { ...workflowInfo().priority, priorityKey: BATCH_PRIORITY },
        staticSummary: `drill of ${input.route.name}: ${input.drill.fault}`,
      },
    )
    return { outcome: 'answered', target, failureClass: null, message: '', attempts: attempts.length }
  } catch (error) {
    if (isCancellation(error) && CancellationScope.current().consideredCancelled) throw error
    return failedEnd(error)
  }
}

function failedEnd(error: unknown): End {
  const cause = error instanceof ChildWorkflowFailure ? error.cause : error
  if (cause instanceof ApplicationFailure && cause.type === GENERATION_FAILED) {
    const [details] = (cause.details ?? []) as [GenerationFailedDetails]
    const { kind, message, failureClass, attempts } = details
    return { outcome: kind, target: null, failureClass, message, attempts: attempts.length }
  }
  const message = cause instanceof Error ? cause.message : String(cause)
  return { outcome: 'broken', target: null, failureClass: null, message, attempts: 0 }
}
