/**
 * What the workers take of one provider's limits, for the whole cluster: a workflow that runs for ever.
 *
 * LIMITS-WORKFLOW-1 What is shared out is published in the memo, in the workflow task that took the report.
 * LIMITS-WORKFLOW-2 A continue-as-new carries the reports and the memo.
 * LIMITS-WORKFLOW-3 A message that makes no sense changes nothing.
 * LIMITS-WORKFLOW-4 It goes over to a new build with its next task: it never ends, so no build could wait for its end.
 */
import {
  allHandlersFinished,
  condition,
  defineSignal,
  makeContinueAsNewFunc,
  setHandler,
  setWorkflowOptions,
  upsertMemo,
  workflowInfo,
} from '@temporalio/workflow'
import {
  isLimitsReport,
  LIMITS_BUILD,
  LIMITS_MEMO,
  LIMITS_REPORT_SIGNAL,
  type LimitsInput,
  type LimitsMemo,
} from '../src/contract/limits'
import {
  type LimitReports,
  publishLimits,
  reduceLimits,
  type WorkerReport,
} from '../src/domain/limits/sharing'
import { betweenBuilds } from './between-builds'

export async function limits(input: LimitsInput): Promise<void> {
  if (input.build !== LIMITS_BUILD)
    throw new Error(`This run is of limits build ${input.build}, this worker of build ${LIMITS_BUILD}`)
  let reports: LimitReports = input.reports ?? []
  const published = (): LimitsMemo => ({ build: LIMITS_BUILD, ...publishLimits(reports, Date.now()) })

  setHandler(defineSignal<[WorkerReport]>(LIMITS_REPORT_SIGNAL), (report) => {
    // LIMITS-WORKFLOW-3
    if (!isLimitsReport(report)) return
    reports = reduceLimits(reports, report, Date.now())
    upsertMemo({ [LIMITS_MEMO]: published() })
  })

  await condition(
    () => workflowInfo().continueAsNewSuggested || workflowInfo().historyLength >= input.maxEvents,
  )
  await condition(allHandlersFinished)
  // LIMITS-WORKFLOW-2
  const memo = { [LIMITS_MEMO]: published() }
  await makeContinueAsNewFunc<(input: LimitsInput) => Promise<void>>({ memo })({ ...input, reports })
}
// LIMITS-WORKFLOW-4
setWorkflowOptions(betweenBuilds('AUTO_UPGRADE'), limits)
