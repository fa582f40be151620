/**
 * Counts and traces what workflows report (`workflows/reports.ts`).
 *
 * WORKER-REPORT-SINKS-1 A message is counted once in this process, however often its workflow task is done here. (Another
 *    process that does the task anew counts it again; that is as rare as a task that fails.)
 */
import type { InjectedSinks } from '@temporalio/worker'
import { LRUCache } from 'lru-cache'
import type { Budgets } from '../budgets'
import type { GenerationEnd } from '../contract/generation-end'
import type { ReportSinks } from '../contract/report-sinks'
import type { Metrics } from '../telemetry/metrics'

/** Far more than there can be between a task and the same one done anew. */
const REMEMBERED = 10_000

export type Sinks = InjectedSinks<ReportSinks>

type Counts = Pick<Metrics, 'attempt' | 'generation' | 'fallback' | 'hedge' | 'parked' | 'circuitChanged'>

/** For all workers of a process that count there. `budgets`: of that process. `traced` gets each generation that has ended. Default: nobody does. */
export function reportSinks(
  metrics: Counts,
  budgets: Pick<Budgets, 'release' | 'use'>,
  traced: (end: GenerationEnd) => void = () => undefined,
): Sinks {
  const counted = new LRUCache<string, true>({ max: REMEMBERED })
  /** WORKER-REPORT-SINKS-1 */
  const once = (key: string, count: () => void): void => {
    if (counted.has(key)) return
    counted.set(key, true)
    count()
  }
  return {
    holdfast: {
      ended: {
        fn: ({ runId }, end) =>
          once(runId, () => {
            const { route, outcome, served, target, acceptedAt, endedAt } = end
            budgets.release(end.tenant, end.id)
            metrics.generation({ route, outcome, served, target, totalMs: endedAt - acceptedAt })
            traced(end)
          }),
      },
      unreported: {
        fn: ({ runId }, { route, target, startedAt, durationMs, outcome, bill }) =>
          once(`${runId} ${target} ${startedAt}`, () => {
            const failure = { class: outcome, message: '' }
            const record = { candidate: 0, target, number: 1, startedAt, durationMs, failure }
            metrics.attempt({ route, record, facts: {} })
            if (bill !== undefined) budgets.use(bill.tenant, bill.generation, bill.amount)
          }),
      },
      planned: {
        fn({ runId }, route, event) {
          if (event.type === 'hedge') {
            const { outcome, sequence } = event
            once(`${runId} ${outcome} ${sequence}`, () => metrics.hedge({ route, outcome }))
          } else if (event.type === 'parked') {
            const { provider } = event
            once(`${runId} parked ${provider}`, () => metrics.parked({ route, provider }))
          } else {
            const { from, to, sequence } = event
            once(`${runId} fallback ${sequence}`, () => metrics.fallback({ route, from, to }))
          }
        },
      },
      circuit: {
        fn: ({ runId }, { target, to, version }) =>
          once(`${runId} ${target} ${version}`, () => metrics.circuitChanged({ target, to })),
      },
    },
  }
}

/** For replays, where nothing is counted: the SDK would log that they are missing. */
export const NO_REPORT_SINKS: Sinks = {
  holdfast: {
    ended: { fn: () => undefined },
    unreported: { fn: () => undefined },
    planned: { fn: () => undefined },
    circuit: { fn: () => undefined },
  },
}
