/** The table of checks: each stands behind what it needs, and has its row in docs/doctor.md. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { CHECKS, selectChecks } from '../../src/doctor/checks'

const ids = CHECKS.map(({ id }) => id)

it('each check has one row in docs/doctor.md, in the same order, with what it looks at and what to do', () => {
  const page = readFileSync(join(__dirname, '..', '..', 'docs', 'doctor.md'), 'utf8')
  const rows = [...page.matchAll(/^\| `([a-z]+\.[a-z]+)` \| ([^|]+) \| ([^|]+) \|$/gm)]
  expect(rows.map(([, id]) => id)).toEqual(ids)
})

it('each id is an area and a name, and there once', () => {
  expect(new Set(ids).size).toBe(ids.length)
  for (const id of ids) expect(id).toMatch(/^[a-z]+\.[a-z]+$/)
})

it('each check stands behind those that it needs', () => {
  for (const [at, { needs = [] }] of CHECKS.entries())
    for (const id of needs) expect(ids.slice(0, at)).toContain(id)
})

it('selects checks by id and by area, with what they need', () => {
  const selected = selectChecks(['workers.polling', 'host'])
  expect(selected.ok && selected.checks.map(({ id }) => id)).toEqual([
    'temporal.reachable',
    'temporal.namespace',
    'workers.polling',
    'host.node',
    'host.data',
  ])
  expect(selectChecks(['worker'])).toEqual({ ok: false, unknown: 'worker' })
})
