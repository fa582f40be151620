/** What `holdfast cost` takes and prints; its numbers are checked by test/e2e/cost.test.ts. */
import { byOption, momentOption } from '../../src/cli/cost'
import {
  attemptCsv,
  attemptCsvHead,
  attemptJson,
  costCsv,
  costJson,
  costTable,
} from '../../src/cli/cost-table'
import type { LedgerRow } from '../../src/history/ledger'
import { createLedgerSums, type Dimension } from '../../src/history/ledger-sums'

const ROW: LedgerRow = {
  generation: 'gen-1',
  runId: 'run-1',
  route: 'default',
  shadow: false,
  tenant: 'acme',
  metadata: { team: '@blue' },
  target: 'alpha/model-a',
  number: 2,
  startedAt: Date.parse('2026-11-28T01:02:03Z'),
  durationMs: 1_500,
  outcome: 'answered',
  served: true,
  requestId: 'req_1',
  adopted: false,
  sure: 'reported',
  usage: { inputTokens: 100, outputTokens: 20, cachedInputTokens: 60 },
  costNanos: 1_234_567,
}

const BY: Dimension[] = ['tenant', 'target']

function sumsOf(...rows: LedgerRow[]) {
  const sums = createLedgerSums(BY)
  for (const row of rows) sums.add(row)
  return sums
}

it.each(['=1+1', '+1', '-1', '@sum', '\t=1', '=cmd|"/c calc"!A1'])(
  'a tenant called %j is no formula of a spreadsheet',
  (tenant) => {
    const row = { ...ROW, tenant }
    const quoted = `'${tenant}`
    const cell = /["\n,]/.test(quoted) ? `"${quoted.replaceAll('"', '""')}"` : quoted
    expect(costCsv(BY, sumsOf(row)).split('\n')[1]?.startsWith(`${cell},`)).toBe(true)
    expect(attemptCsv(row, [])).toContain(`,${cell},`)
  },
)

it('a value with separators, quotes and line ends stays one cell', () => {
  expect(costCsv(BY, sumsOf({ ...ROW, tenant: 'a,"b"\nc' }))).toContain('"a,""b""\nc",alpha/model-a,1,100')
})

it('an attempt has the same fields as CSV and as JSON, with the metadata that it is put together by', () => {
  const head = attemptCsvHead(['metadata.team', 'route']).trim().split(',')
  const cells = attemptCsv(ROW, ['metadata.team', 'route']).trim().split(',')
  const { metadata, ...fields } = JSON.parse(attemptJson(ROW))
  expect(head).toEqual([...Object.keys(fields), 'metadata.team'])
  expect(metadata).toEqual({ team: '@blue' })
  expect(cells).toEqual([...Object.values(fields).map(String), "'@blue"])
  expect(fields).toMatchObject({ startedAt: '2026-11-28T01:02:03.000Z', costUsd: 0.001234567, shadow: false })
})

it('what is not known is empty in CSV, and null in JSON, and not 0', () => {
  const row: LedgerRow = { ...ROW, usage: null, costNanos: null, sure: 'unknown', number: null }
  expect(attemptCsv(row, [])).toMatch(/,unknown,,,,,\n$/)
  expect(JSON.parse(attemptJson(row))).toMatchObject({ inputTokens: null, outputTokens: null, costUsd: null })
})

it('sums as JSON say whether they are complete, and which runs are not in them', () => {
  const unread = [{ id: 'gen-2', runId: 'run-2', reason: 'gone' }]
  const read = { period: { since: 1, until: 2 }, runs: 1, unread, unreadRuns: 1 }
  expect(JSON.parse(costJson(read, BY, sumsOf(ROW)))).toMatchObject({
    complete: false,
    unread,
    groups: [{ by: { tenant: 'acme', target: 'alpha/model-a' }, attempts: 1, costUsd: 0.001234567 }],
    total: { attempts: 1 },
  })
})

it('the table has the sums of all groups below them', () => {
  const lines = costTable(BY, sumsOf(ROW, { ...ROW, target: 'beta/model-b' })).split('\n')
  expect(lines.find((line) => line.includes('total'))).toMatch(/total.*│\s*2 │\s*200 │.*\$0\.002469/)
})

it('what a caller has named steers no terminal', () => {
  expect(costTable(BY, sumsOf({ ...ROW, target: 'alpha/\u001b[2J\u009bx' }))).toContain(
    'alpha/\ufffd[2J\ufffdx',
  )
})

it('a moment is a duration back from now, a date, or an instant, and nothing else', () => {
  expect(Math.abs(Date.now() - 7 * 86_400_000 - momentOption('7d'))).toBeLessThan(1_000)
  expect(momentOption('2026-11-01')).toBe(Date.UTC(2026, 10, 1))
  expect(momentOption('2026-11-01T06:00:00+02:00')).toBe(Date.UTC(2026, 10, 1, 4))
  for (const wrong of ['', 'yesterday', '7', '2026-13-01', '-7d'])
    expect(() => momentOption(wrong)).toThrow('a duration back from now')
})

it('dimensions are those that there are, each once', () => {
  expect(byOption('route, tenant,metadata.team,route')).toEqual(['route', 'tenant', 'metadata.team'])
  for (const wrong of ['', 'model', 'metadata.', 'route,,tenant'])
    expect(() => byOption(wrong)).toThrow('there is no')
})
