import { limitsIn } from '../../../src/domain/limits/headers'
import { DAY_MS, MINUTE_MS } from '../../../src/domain/limits/limit'

const NOW = Date.parse('2026-11-28T12:00:00Z')

const openAi = (unit: string, limit: string, remaining: string, reset?: string) => ({
  [`x-ratelimit-limit-${unit}`]: limit,
  [`x-ratelimit-remaining-${unit}`]: remaining,
  ...(reset === undefined ? {} : { [`x-ratelimit-reset-${unit}`]: reset }),
})
const anthropic = (unit: string, limit: string, remaining: string, reset: string) => ({
  [`anthropic-ratelimit-${unit}-limit`]: limit,
  [`anthropic-ratelimit-${unit}-remaining`]: remaining,
  [`anthropic-ratelimit-${unit}-reset`]: reset,
})

test.each([
  [
    'OpenAI, with durations',
    { ...openAi('requests', '60', '59', '1s'), ...openAi('tokens', '150000', '140000', '120ms') },
    [
      { unit: 'requests', windowMs: MINUTE_MS, amount: 60, remaining: 59, resetMs: 1_000, named: false },
      {
        unit: 'tokens',
        windowMs: MINUTE_MS,
        amount: 150_000,
        remaining: 140_000,
        resetMs: 120,
        named: false,
      },
    ],
  ],
  [
    'Groq, whose requests are of a day',
    openAi('requests', '14400', '14370', '2m59.56s'),
    [
      {
        unit: 'requests',
        windowMs: DAY_MS,
        amount: 14_400,
        remaining: 14_370,
        resetMs: 179_560,
        named: false,
      },
    ],
  ],
  [
    'Cerebras, which names the window',
    openAi('requests-day', '14400', '14000', '33011.382867097855'),
    [
      {
        unit: 'requests',
        windowMs: DAY_MS,
        amount: 14_400,
        remaining: 14_000,
        resetMs: 33_011_383,
        named: true,
      },
    ],
  ],
  [
    'Anthropic, with instants',
    {
      ...anthropic('requests', '50', '0', '2026-11-28T12:00:30Z'),
      ...anthropic('input-tokens', '40000', '39000', '2026-11-28T12:00:01Z'),
      ...anthropic('output-tokens', '8000', '8000', '2026-11-28T12:00:00Z'),
    },
    [
      { unit: 'requests', windowMs: MINUTE_MS, amount: 50, remaining: 0, resetMs: 30_000, named: true },
      {
        unit: 'inputTokens',
        windowMs: MINUTE_MS,
        amount: 40_000,
        remaining: 39_000,
        resetMs: 1_000,
        named: true,
      },
      { unit: 'outputTokens', windowMs: MINUTE_MS, amount: 8_000, remaining: 8_000, resetMs: 0, named: true },
    ],
  ],
])('%s', (_name, headers, expected) => {
  expect(limitsIn(headers, NOW)).toEqual(expected)
})

test.each([
  ['negative', '-1', '5'],
  ['no number', 'NaN', '5'],
  ['endless', 'Infinity', '5'],
  ['nothing', '0', '0'],
  ['beyond all sense', '99999999999999', '5'],
  ['in powers', '1e3', '5'],
  ['empty', '', ''],
  ['several', '60, 60', '59, 59'],
  ['with a negative rest', '60', '-3'],
  ['with a rest of garbage', '60', 'many'],
])('a limit that is %s counts as not sent', (_name, limit, remaining) => {
  expect(limitsIn(openAi('requests', limit, remaining, '1s'), NOW)).toEqual([])
})

test('a reset of garbage leaves the rest as it is, and a rest over the limit is the limit', () => {
  const [seen] = limitsIn(openAi('requests', '60', '600', 'soon'), NOW)
  expect(seen).toMatchObject({ windowMs: MINUTE_MS, amount: 60, remaining: 60, resetMs: null })
})
