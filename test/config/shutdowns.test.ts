import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseConfig } from '../../src/config'
import { MODEL_FACTS } from '../../src/config/model-facts'
import { shutdownsOf, shutdownText } from '../../src/config/shutdowns'

const config = (day: string) =>
  parseConfig(`
providers: { a: { api: openai-chat, baseUrl: http://a } }
models: { a/old: { shutdownAt: ${day} }, a/next: { shutdownAt: 2027-03-01 } }
routes:
  one: { candidates: [a/old, a/next] }
  two: { candidates: [a/unknown], shadow: { target: a/old } }
`)
const at = (text: string) => Date.parse(text)
const DAY = '2027-01-30'

it.each([
  ['2026-11-30T23:59:59Z', []],
  ['2026-12-01T00:00:00Z', [['a/old', 'soon', 60]]],
  [
    '2027-01-29T12:00:00Z',
    [
      ['a/old', 'soon', 1],
      ['a/next', 'soon', 31],
    ],
  ],
  [
    '2027-01-30T00:00:00Z',
    [
      ['a/old', 'over', 0],
      ['a/next', 'soon', 30],
    ],
  ],
  [
    '2027-05-01T00:00:00Z',
    [
      ['a/old', 'over', -91],
      ['a/next', 'over', -61],
    ],
  ],
] as const)('at %s the models that are reported are %j', (now, expected) => {
  const found = shutdownsOf(config(DAY), at(now))
  expect(found.map(({ target, state, daysLeft }) => [target, state, daysLeft])).toEqual(expected)
})

it('names every route of a target once, shadows too, and what to do', () => {
  const [old] = shutdownsOf(config(DAY), at('2027-01-20T00:00:00Z'))
  expect(old?.routes).toEqual(['one', 'two'])
  expect(old && shutdownText(old)).toBe(
    'a/old is shut down on 2027-01-30, in 10 days: name another model in routes one, two, or models.a/old.shutdownAt if the day is wrong',
  )
})

it.each(['2027-02-30', '2027-1-5', 'soon', '20270101', '2027-01-05T00:00:00Z', '"0000-00-00"'])(
  'shutdownAt %s is no day',
  (day) => expect(() => config(day)).toThrow('not a day: write it like 2026-12-11'),
)

it('the config wins over a day that is shipped', () => {
  const text = `
providers: { openai: { api: openai-responses, baseUrl: http://a } }
routes: { one: { candidates: [openai/gpt-5] } }`
  const now = at('2026-11-28T00:00:00Z')
  expect(shutdownsOf(parseConfig(text), now)).toMatchObject([{ shutdownAt: '2026-12-11', daysLeft: 13 }])
  expect(
    shutdownsOf(parseConfig(`${text}\nmodels: { openai/gpt-5: { shutdownAt: 2028-01-01 } }`), now),
  ).toEqual([])
})

it('neither the built-in route nor an example names a model that was shut down when the facts were read', () => {
  const examples = ['configs', 'classic'].flatMap((folder) => {
    const path = join(__dirname, '..', '..', 'examples', folder)
    return readdirSync(path)
      .filter((name) => name.endsWith('.yaml'))
      .map((name) => readFileSync(join(path, name), 'utf8'))
  })
  for (const text of ['', ...examples])
    expect(shutdownsOf(parseConfig(text), at('2026-11-28T00:00:00Z'))).toEqual([])
})

it('every shipped day is one', () => {
  const days = Object.values(MODEL_FACTS).flatMap(({ shutdownAt }) => shutdownAt ?? [])
  expect(days.length).toBeGreaterThan(20)
  for (const day of days) expect(new Date(`${day}T00:00:00Z`).toJSON()).toBe(`${day}T00:00:00.000Z`)
})
