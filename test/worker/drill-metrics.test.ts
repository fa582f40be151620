/** The last drills as metrics. */
import type { LastDrill } from '../../src/client/last-drills'
import { createMetrics } from '../../src/telemetry/metrics'
import { watchDrills } from '../../src/worker/drill-metrics'
import { until } from '../helpers/processes'

const last = (passed: boolean, endedAt: number): LastDrill => ({
  kind: 'faults',
  passed,
  id: 'holdfast-drill',
  runId: 'r',
  status: 'completed',
  startedAt: 0,
  endedAt,
})

it('the last drill is a metric, follows what is read, and stays while nothing can be read', async () => {
  const metrics = createMetrics()
  const reads = [async () => [last(true, 5_000)], async () => [last(false, 9_000)]]
  let failed = 0
  const stop = watchDrills({
    metrics,
    everyMs: 20,
    read: () => {
      const next = reads.shift()
      if (next !== undefined) return next()
      failed += 1
      return Promise.reject(new Error('Temporal is away'))
    },
  })
  await until('it was read in vain', () => failed > 1)
  stop()
  const text = await metrics.text()
  expect(text).toContain('holdfast_drill_last_success{drill="faults"} 0')
  expect(text).toContain('holdfast_drill_last_run_timestamp_seconds{drill="faults"} 9')
})
