/** What workflows say is counted once for each run, however often its task is done. */
import type { GenerationEnd } from '../../src/contract/generation-end'
import { createMetrics } from '../../src/telemetry/metrics'
import { reportSinks } from '../../src/worker/report-sinks'
import { parseScrape } from '../helpers/prometheus'

type Info = Parameters<ReturnType<typeof reportSinks>['holdfast']['ended']['fn']>[0]
const ofRun = (runId: string): Info => ({ runId }) as Info

it('WORKER-REPORT-SINKS-1: a task that is done twice counts once, and another run counts again', async () => {
  const metrics = createMetrics()
  const { ended, planned, circuit, unreported } = reportSinks(metrics, {
    use: () => undefined,
    release: () => undefined,
  }).holdfast
  const end = {
    id: 'g',
    run: 'run',
    tenant: null,
    route: 'r',
    task: null,
    acceptedAt: 1,
    endedAt: 6,
    outcome: 'answered',
    served: 'provider',
    target: 'a/x',
    attempts: [],
    durable: true,
  } satisfies GenerationEnd
  const attempt = { route: 'r', target: 'a/x', startedAt: 1, durationMs: 2, outcome: 'worker_lost' } as const
  for (const run of ['run-1', 'run-1', 'run-2']) {
    planned.fn(ofRun(run), 'r', { type: 'fallback', from: 'a/x', to: 'b/y', sequence: 2 })
    planned.fn(ofRun(run), 'r', { type: 'fallback', from: 'b/y', to: 'a/x', sequence: 3 })
    planned.fn(ofRun(run), 'r', { type: 'hedge', outcome: 'started', sequence: 2 })
    planned.fn(ofRun(run), 'r', { type: 'hedge', outcome: 'won', sequence: 2 })
    circuit.fn(ofRun(run), { target: 'a/x', to: 'open', version: 3 })
    unreported.fn(ofRun(run), attempt)
    ended.fn(ofRun(run), end)
  }
  const { value } = parseScrape(await metrics.text())
  expect(value('holdfast_fallbacks_total')).toBe(4)
  expect(value('holdfast_hedges_total', { outcome: 'started' })).toBe(2)
  expect(value('holdfast_hedges_total', { outcome: 'won' })).toBe(2)
  expect(value('holdfast_circuit_transitions_total', { to: 'open' })).toBe(2)
  expect(value('holdfast_attempts_total', { outcome: 'worker_lost' })).toBe(2)
  expect(value('holdfast_generations_total', { outcome: 'answered' })).toBe(2)
})
