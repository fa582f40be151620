/** The dashboard of deploy/observe: each panel asks for what is there, and every metric can be seen or wakes somebody. */
import path from 'node:path'
import { parse } from 'yaml'
import { parseConfig } from '../../src/config'
import { createMetrics, METRICS } from '../../src/telemetry/metrics'
import { names, text } from '../helpers/compose'
import { labelsNamed, OBSERVE, rules, unknownIn } from '../helpers/observe'
import { readsOf } from '../helpers/promql'

interface Panel {
  id: number
  type: string
  title: string
  description?: string
  gridPos: { x: number; y: number; w: number; h: number }
  fieldConfig?: {
    defaults: { unit?: string; mappings?: { options: { [value: string]: { text: string } } }[] }
  }
  targets?: { refId: string; expr: string; legendFormat: string; datasource: { uid: string } }[]
}

const FILE = `${OBSERVE}/grafana/dashboards/holdfast.json`
const dashboard = JSON.parse(text(FILE)) as {
  panels: Panel[]
  templating: { list: { name: string; type: string; definition?: string }[] }
}
const rows = dashboard.panels.filter(({ type }) => type === 'row')
const panels = dashboard.panels.filter(({ type }) => type !== 'row')
const variables = dashboard.templating.list
/** As Grafana sends it: with a range in the place of its own variables. */
const sent = (expr: string): string => expr.replaceAll('$__rate_interval', '1m')
const queries = panels.flatMap(({ title, targets = [] }) => targets.map((target) => ({ title, ...target })))

it.each(queries.map(({ title, refId, expr }) => [`${title} (${refId})`, sent(expr)]))(
  '%s asks for metrics and labels that are in the table, or recorded',
  (_title, expression) => {
    expect(unknownIn(expression)).toEqual([])
  },
)

it.each(panels.map((panel) => [panel.title, panel] as const))(
  '%s: asks, explains and has a unit',
  (title, panel) => {
    expect(title).toMatch(/^[A-Z].+\?$/)
    expect(panel.description).toMatch(/^\S.+\.$/)
    expect(panel.fieldConfig?.defaults.unit).toMatch(/^\w+$/)
    expect(panel.targets).not.toEqual([])
  },
)

it('legends name labels that the result has', () => {
  const wrong = queries.flatMap(({ title, expr, legendFormat }) =>
    names(legendFormat, /\{\{(\w+)\}\}/g)
      .filter((label) => !labelsNamed(sent(expr)).has(label))
      .map((label) => `${title}: {{${label}}}`),
  )
  expect(wrong).toEqual([])
})

it('every metric of the table is on the dashboard, or in a rule', () => {
  const read = new Set(
    [...queries.map(({ expr }) => sent(expr)), ...rules.map(({ expr }) => expr)]
      .flatMap((expression) => readsOf(expression).selectors)
      .map(({ metric }) => metric.replace(/_(bucket|sum|count)$/, '')),
  )
  expect(Object.keys(METRICS).filter((name) => !read.has(name))).toEqual([])
})

it('every series that is recorded is read by a panel or by another rule', () => {
  const all = [...queries.map(({ expr }) => expr), ...rules.map(({ expr }) => expr)].join('\n')
  expect(rules.flatMap(({ record }) => record ?? []).filter((name) => !all.includes(name))).toEqual([])
})

it('variables are used, and those that are used exist', () => {
  const used = new Set(names(text(FILE), /\$\{?(\w+)/g).filter((name) => !/^(__.+|all)$/.test(name)))
  expect(used).toEqual(new Set(variables.map(({ name }) => name)))
  const asked = variables.flatMap(({ definition }) => definition ?? [])
  expect(asked).toHaveLength(2)
  for (const definition of asked) {
    const [, selector = '', label = ''] = /^label_values\((.+), (\w+)\)$/.exec(definition) ?? []
    expect(unknownIn(selector)).toEqual([])
    expect(labelsNamed(selector).has(label)).toBe(true)
  }
  for (const { datasource } of queries) expect(datasource.uid).toMatch(/^\$\{datasource\}$/)
})

it('the timeline of circuits has a word for each state of the code', async () => {
  const metrics = createMetrics()
  metrics.calls(parseConfig(''), {})
  const states = new Set(names(await metrics.text(), /^holdfast_circuit_state\{.*state="(\w+)"/gm))
  const { expr = '' } = rules.find(({ record }) => record === 'target:holdfast_circuit_state:code') ?? {}
  const recorded = [...expr.matchAll(/state="(\w+)"\} \* (\d)/g)].map(([, state, code]) => [code, state])
  expect(new Set(recorded.map(([, state]) => state))).toEqual(states)
  const timeline = panels.find(({ targets = [] }) =>
    targets[0]?.expr.includes(':holdfast_circuit_state:code'),
  )
  const shown = Object.entries(timeline?.fieldConfig?.defaults.mappings?.[0]?.options ?? {})
  expect(shown.map(([code, { text }]) => [code, text.replace(' ', '_')])).toEqual(recorded)
})

it('panels have ids of their own, stand in rows, and no two overlap', () => {
  const ids = dashboard.panels.map(({ id }) => id)
  expect(new Set(ids).size).toBe(ids.length)
  expect(dashboard.panels[0]?.type).toBe('row')
  const cells = dashboard.panels.flatMap(({ gridPos: { x, y, w, h } }) =>
    Array.from({ length: w * h }, (_, at) => `${x + (at % w)}:${y + Math.floor(at / w)}`),
  )
  expect(new Set(cells).size).toBe(cells.length)
  expect(dashboard.panels.filter(({ gridPos: { x, w } }) => x + w > 24)).toEqual([])
})

it('the docs have its rows, in its order', () => {
  const [, section = ''] = /## The dashboard\n([\s\S]+?)\n## /.exec(text('docs/operations.md')) ?? []
  expect(names(section, /^\| ([A-Z][^|]+) \|/gm)).toEqual(rows.map(({ title }) => title))
})

it('what the docs call a panel is one', () => {
  const called = names(text('docs/operations.md'), /\*([A-Z][^*\n]+\?)\*/g)
  expect(called).not.toEqual([])
  expect(called.filter((title) => !panels.some((panel) => panel.title === title))).toEqual([])
})

it('Grafana knows Prometheus and the folder that the dashboard is mounted at', () => {
  const provisioning = `${OBSERVE}/grafana/provisioning`
  const { datasources } = parse(text(path.join(provisioning, 'datasources/prometheus.yml')))
  expect(datasources).toMatchObject([{ type: 'prometheus', url: 'http://prometheus:9090', isDefault: true }])
  const { scrape_interval: interval } = parse(text(`${OBSERVE}/prometheus.yml`)).global
  expect(datasources[0].jsonData.timeInterval).toBe(interval)
  const { providers } = parse(text(path.join(provisioning, 'dashboards/holdfast.yml')))
  expect(providers).toMatchObject([{ type: 'file', options: { path: '/etc/holdfast/dashboards' } }])
})
