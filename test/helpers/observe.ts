/** deploy/observe as its tests read it: rules, and what may stand in an expression. */
import { readdirSync } from 'node:fs'
import path from 'node:path'
import { parse } from 'yaml'
import { METRICS } from '../../src/telemetry/metrics'
import { TOP, text } from './compose'
import { type Reads, readsOf } from './promql'

export const OBSERVE = 'deploy/observe'

export interface Rule {
  record?: string
  alert?: string
  expr: string
  for?: string
  labels?: { [name: string]: string }
  annotations?: { [name: string]: string }
}

export const ruleFiles = readdirSync(path.join(TOP, OBSERVE, 'rules'))
export const rules: Rule[] = ruleFiles.flatMap((file) => {
  const { groups } = parse(text(`${OBSERVE}/rules/${file}`)) as { groups: { rules: Rule[] }[] }
  return groups.flatMap((group) => group.rules)
})
export const alerts = rules.filter(({ alert }) => alert !== undefined)

/** Prometheus adds them to what it scrapes. */
const OF_PROMETHEUS = ['job', 'instance']
/**
 * Temporal's own, by the SDK's worker with the options of src/telemetry/metrics/sdk.ts, as they were read from a worker's
 * endpoint (November 2026, SDK 1.24).
 */
const TEMPORAL: { [name: string]: string[] } = {
  temporal_worker_task_slots_available: ['worker_type', 'task_queue'],
  temporal_worker_task_slots_used: ['worker_type', 'task_queue'],
  temporal_activity_schedule_to_start_latency_seconds_bucket: ['task_queue', 'le'],
  temporal_workflow_task_schedule_to_start_latency_seconds_bucket: ['task_queue', 'le'],
}

/** Every series that can be asked for, with its labels. A recorded one has those that its name begins with. */
const SERIES = new Map<string, readonly string[]>([
  ...Object.entries(METRICS).flatMap(([name, { type, labels }]): [string, readonly string[]][] =>
    type === 'histogram'
      ? [
          [`${name}_bucket`, [...labels, 'le']],
          [`${name}_sum`, labels],
          [`${name}_count`, labels],
        ]
      : [[name, labels]],
  ),
  ...rules.flatMap(({ record }): [string, readonly string[]][] => {
    if (record === undefined) return []
    const [level = ''] = record.split(':')
    return [[record, level === 'holdfast' ? [] : level.split('_')]]
  }),
  ...Object.entries(TEMPORAL),
  ['up', []],
  ['ALERTS', ['alertname', 'alertstate', 'severity']],
])

/** What an expression reads that is nowhere: names of metrics and labels; empty: nothing. */
export function unknownIn(expression: string): string[] {
  const { selectors, grouped, made }: Reads = readsOf(expression)
  const unknown: string[] = []
  const labels = new Set([...OF_PROMETHEUS, ...made])
  for (const { metric, matchers } of selectors) {
    const own = SERIES.get(metric)
    if (own === undefined) unknown.push(metric)
    for (const label of own ?? []) labels.add(label)
    for (const { label } of matchers)
      if (![...OF_PROMETHEUS, ...(own ?? [])].includes(label)) unknown.push(`${metric}{${label}}`)
  }
  return [...unknown, ...grouped.filter((label) => !labels.has(label)).map((label) => `by (${label})`)]
}

/** The values that expressions compare a label with, those of an alternative each. */
export function valuesOf(expressions: readonly string[], metric: string, label: string): Set<string> {
  return new Set(
    expressions
      .flatMap((expression) => readsOf(expression).selectors)
      .filter((selector) => selector.metric === metric)
      .flatMap(({ matchers }) => matchers.filter((matcher) => matcher.label === label))
      .filter(({ value }) => !value.includes('$'))
      .flatMap(({ value }) => value.split('|')),
  )
}

/** The labels that a result can have: those that the expression groups by, else those of what it reads. */
export const labelsNamed = (expression: string): Set<string> => {
  const { selectors, grouped, made } = readsOf(expression)
  const own = selectors.flatMap(({ metric }) => SERIES.get(metric) ?? [])
  return new Set(grouped.length > 0 ? grouped : [...own, ...made, ...OF_PROMETHEUS])
}
