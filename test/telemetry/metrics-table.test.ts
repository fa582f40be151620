/** The table of metrics: names and labels by Prometheus' rules, the same in the docs, and every one of it in the registry. */
import { readFileSync } from 'node:fs'
import { createMetrics, METRICS } from '../../src/telemetry/metrics'

const rows = (): string[] =>
  readFileSync('docs/metrics.md', 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('| `holdfast_'))

it('the docs have the table of the code', () => {
  const expected = Object.entries(METRICS).map(
    ([name, { type, labels, help }]) =>
      `| \`${name}\` | ${type} | ${labels.map((label) => `\`${label}\``).join(', ')} | ${help} |`,
  )
  expect(rows()).toEqual(expected)
})

it.each(Object.entries(METRICS))('%s is named by the rules of Prometheus', (name, { type, labels, help }) => {
  expect(name).toMatch(/^holdfast_[a-z][a-z0-9_]*[a-z]$/)
  // promtool check metrics: counters and nothing else end in _total, and no name holds its type.
  expect(name.endsWith('_total')).toBe(type === 'counter')
  expect(name).not.toMatch(/counter|gauge|histogram|_(sum|count|bucket)$/)
  expect(name).not.toMatch(/_(ms|milliseconds|minutes|hours)(_|$)/)
  for (const label of labels) expect(label).toMatch(/^[a-z][a-z_]*$/)
  expect(help).toMatch(/^[A-Z].*[^.]$/)
})

it('a scrape of a process in which nothing has happened describes every metric', async () => {
  const text = await createMetrics().text()
  for (const [name, { type, help }] of Object.entries(METRICS)) {
    expect(text).toContain(`# HELP ${name} ${help}\n`)
    expect(text).toContain(`# TYPE ${name} ${type}\n`)
  }
})
