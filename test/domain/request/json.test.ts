/** How much a JSON value may hold: counted in a value, and in a text before it is parsed. */
import fc from 'fast-check'
import {
  jsonExcess,
  jsonTextExcess,
  MAX_JSON_DEPTH,
  MAX_JSON_VALUES,
  TOO_DEEP,
  TOO_MANY_VALUES,
} from '../../../src/domain/request/json'

const nested = (depth: number, open = '[', close = ']'): string => open.repeat(depth) + close.repeat(depth)
const list = (count: number): string => `[${Array(count).fill('1').join()}]`

it.each<[string, string, string | null]>([
  ['as deep as may be', nested(MAX_JSON_DEPTH), null],
  ['one level deeper', nested(MAX_JSON_DEPTH + 1), TOO_DEEP],
  ['very deep', nested(900_000), TOO_DEEP],
  ['deep in objects', nested(MAX_JSON_DEPTH + 1, '{"a":', '}').replace(/:}/, ':1}'), TOO_DEEP],
  ['many values', list(MAX_JSON_VALUES * 2), TOO_MANY_VALUES],
  ['many empty lists', `[${Array(MAX_JSON_VALUES).fill('[]').join()}]`, TOO_MANY_VALUES],
  [
    'brackets and commas in a text',
    JSON.stringify({ a: `${'['.repeat(200)}${','.repeat(200_000)}\\"[` }),
    null,
  ],
  ['a long text', JSON.stringify('x'.repeat(2_000_000)), null],
  ['no JSON', '}{,,', null],
])('%s', (_, text, expected) => {
  expect(jsonTextExcess(text)).toBe(expected)
})

it('a value is judged as its text is', () => {
  for (const text of [nested(MAX_JSON_DEPTH), list(10_000)]) expect(jsonExcess(JSON.parse(text))).toBeNull()
  expect(jsonExcess(JSON.parse(nested(MAX_JSON_DEPTH + 2)))).toBe(TOO_DEEP)
  expect(jsonExcess(JSON.parse(list(MAX_JSON_VALUES + 1)))).toBe(TOO_MANY_VALUES)
})

it('whatever is small and flat is let through, as a value and as a text', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 10 }), (value) => {
      expect([jsonExcess(value), jsonTextExcess(JSON.stringify(value))]).toEqual([null, null])
    }),
  )
})
