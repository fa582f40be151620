/** The page of a run: whole by itself, and only text of others in it. */
import { runPage } from '../../src/cli/run-page'
import { type Run, readRun } from '../../src/history'
import { storyOf } from '../../src/history/run-story'
import { savedHistory } from '../helpers/histories'

const NOW = Date.parse('2026-11-28T00:00:00Z')
const saved = (name: string): Run => readRun(savedHistory(name))
const pageOf = (run: Run, webUrl: string | null = null): string => runPage(storyOf(run, NOW), webUrl)

it('has a row with a bar for each row of the story, within the track', () => {
  const story = storyOf(saved('hedge'), NOW)
  const page = runPage(story, null)
  const bars = [
    ...page.matchAll(/class="bar[^"]*" style="left:min\(([\d.]+)%, 100% - 3px\);width:([\d.]+)%"/g),
  ]
  expect(bars).toHaveLength(story.rows.length)
  for (const [, left, width] of bars) expect(Number(left) + Number(width)).toBeLessThanOrEqual(100.01)
  const [, loser, winner] = bars
    .map(([, left, width]) => [Number(left), Number(width)])
    .filter(([, width]) => width)
  expect(loser?.[0]).toBeLessThan(winner?.[0] ?? 0)
})

it('loads nothing and runs nothing, and says so to the browser', () => {
  const page = pageOf(saved('failed-over'), 'http://127.0.0.1:8233/namespaces/default/workflows/gen-1')
  expect(page).toContain(`content="default-src 'none'; style-src 'unsafe-inline'"`)
  expect(page).not.toMatch(/<(script|img|link|iframe|object)|url\(|@import|\bsrc=|\bon\w+=/i)
  expect(page.match(/https?:[^"]*/g)).toEqual(['http://127.0.0.1:8233/namespaces/default/workflows/gen-1'])
})

it('has no markup of a provider or a caller', () => {
  const run = saved('failed-over')
  const evil = '<img src=x onerror="alert(1)"> & \'more\''
  const attempts = run.attempts.map((attempt) => ({
    ...attempt,
    target: evil,
    failure: { class: 'server_error' as const, message: evil, code: evil },
  }))
  const page = pageOf({ ...run, id: evil, attempts })
  expect(page).not.toContain('<img')
  expect(page).toContain('&lt;img src=x onerror=&quot;alert(1)&quot;&gt; &amp; &#39;more&#39;')
})

it('is made for a phone, and for light and dark', () => {
  const page = pageOf(saved('passes'))
  expect(page).toContain('<meta name="viewport" content="width=device-width, initial-scale=1">')
  expect(page).toContain('prefers-color-scheme: dark')
})
