/** The rules of deploy/observe: they ask for what is there, and each alert says what to do. */
import { readdirSync } from 'node:fs'
import path from 'node:path'
import { parse } from 'yaml'
import { OUTCOMES } from '../../src/client/list-generations'
import { parseConfig } from '../../src/config'
import { FAILURE_CLASSES, RULES } from '../../src/domain/failures/failure'
import { createMetrics } from '../../src/telemetry/metrics'
import { names, TOP, text } from '../helpers/compose'
import { alerts, OBSERVE, ruleFiles, rules, unknownIn, valuesOf } from '../helpers/observe'
import { itWithPromtool, promtool } from '../helpers/promtool'

interface Fixture {
  alert_rule_test?: { alertname: string; exp_alerts: unknown[] }[]
}

const expressions = rules.map(({ expr }) => expr)
const FIXTURES = 'test/fixtures/observe'
const fixtures = readdirSync(path.join(TOP, FIXTURES)).map((file) => `${FIXTURES}/${file}`)

describe('what rules ask for', () => {
  it.each(rules.map(({ record, alert, expr }) => [record ?? alert ?? '', expr]))(
    '%s reads metrics and labels that are in the table, or recorded',
    (_name, expression) => {
      expect(unknownIn(expression)).toEqual([])
    },
  )

  it('a metric, a label or a grouping that is nowhere is found', () => {
    expect(
      unknownIn('sum by (tenant) (rate(holdfast_attempts_total{provider="a"}[5m])) / holdfast_calls'),
    ).toEqual(['holdfast_attempts_total{provider}', 'holdfast_calls', 'by (tenant)'])
    expect(() => unknownIn('sum(holdfast_calls_in_flight')).toThrow('no PromQL')
  })

  it('classes of failures, outcomes and states of circuits are those of the code', async () => {
    const classes = valuesOf(expressions, 'holdfast_attempts_total', 'outcome')
    expect([...classes].filter((one) => !(FAILURE_CLASSES as readonly string[]).includes(one))).toEqual([])

    const outcomes = valuesOf(expressions, 'holdfast_generations_total', 'outcome')
    expect([...outcomes].filter((one) => !(OUTCOMES as readonly string[]).includes(one))).toEqual([])

    const metrics = createMetrics()
    metrics.calls(parseConfig(''), {})
    const known = names(await metrics.text(), /^holdfast_circuit_state\{.*state="(\w+)"/gm)
    const states = [...valuesOf(expressions, 'holdfast_circuit_state', 'state')]
    expect(states).not.toEqual([])
    expect(states.filter((one) => !known.includes(one))).toEqual([])
  })

  it('every class of failure that holds a key, a model or a provider until somebody acts has an alert', () => {
    const held = FAILURE_CLASSES.filter((one) => RULES[one].hold !== 'none' && one !== 'rate_limited')
    expect([...valuesOf(expressions, 'holdfast_attempts_total', 'outcome')].sort()).toEqual([...held].sort())
  })

  it('every limit stands once, and some alert reads it', () => {
    const limits = parse(text(`${OBSERVE}/rules/limits.yml`)).groups[0].rules as { record: string }[]
    expect(limits.length).toBeGreaterThan(4)
    const asked = alerts.map(({ expr }) => expr).join('\n')
    expect(limits.filter(({ record }) => !asked.includes(`scalar(${record})`))).toEqual([])
  })
})

describe('an alert', () => {
  const sections = names(text('docs/operations.md'), /^## (Holdfast\w+)$/gm)

  it('has a section in docs/operations.md, in the order of the rules, and there is none without an alert', () => {
    expect(sections).toEqual(alerts.map(({ alert }) => alert))
  })

  it.each(alerts.map((alert) => [alert.alert ?? '', alert] as const))(
    '%s says how urgent it is, what is wrong, what to do, and where to read on',
    (name, { labels, annotations = {} }) => {
      expect(['page', 'ticket']).toContain(labels?.severity)
      expect(Object.keys(annotations)).toEqual(['summary', 'description', 'runbook_url'])
      expect(annotations.runbook_url).toBe(`docs/operations.md#${name.toLowerCase()}`)
      expect(annotations.description).toMatch(/^[A-Z].+\.$/)
    },
  )

  it('each is seen to fire by a fixture for promtool', () => {
    const tests = fixtures.flatMap((file) => (parse(text(file)) as { tests: Fixture[] }).tests)
    const fired = tests
      .flatMap(({ alert_rule_test = [] }) => alert_rule_test)
      .filter(({ exp_alerts }) => exp_alerts.length > 0)
    expect(new Set(fired.map(({ alertname }) => alertname))).toEqual(
      new Set(alerts.map(({ alert }) => alert)),
    )
  })
})

describe('Prometheus itself', () => {
  itWithPromtool('takes the config and the rules', async () => {
    // Its key is mounted where it runs, and nowhere else.
    expect(promtool(['check', 'config', '--syntax-only', `${OBSERVE}/prometheus.yml`])).toContain('SUCCESS')
    expect(promtool(['check', 'rules', ...ruleFiles.map((file) => `${OBSERVE}/rules/${file}`)])).not.toMatch(
      /FAILED|duplicate/,
    )
  })

  itWithPromtool('evaluates the rules as the fixtures expect', async () => {
    expect(promtool(['test', 'rules', ...fixtures])).toContain('SUCCESS')
  })

  itWithPromtool('finds nothing to say against the metrics of a process', async () => {
    const metrics = createMetrics()
    metrics.calls(parseConfig(''), {})
    expect(promtool(['check', 'metrics'], await metrics.text())).toBe('')
  })
})
