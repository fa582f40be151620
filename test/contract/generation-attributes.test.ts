import { outcomeAttributes } from '../../src/contract/generation-attributes'
import {
  LATER_ATTRIBUTES,
  SEARCH_ATTRIBUTE_NAMES,
  START_ONLY_ATTRIBUTES,
  type UsableAttributes,
} from '../../src/contract/search-attributes'
import { usableAttributes } from '../../src/temporal/search-attributes'
import { attempt, candidate, failureOf } from '../domain/routing/arbitraries'

const priced = candidate('openai/gpt-5', { facts: { inputPerMillion: 3, outputPerMillion: 15 } })
const written = (usable: UsableAttributes, failures = [failureOf('overloaded')]) => {
  const records = [
    ...failures.map((failure, n) => attempt(n + 1, failure)),
    attempt(9, undefined, { usage: { inputTokens: 100, outputTokens: 10 } }),
  ]
  const ended = { outcome: 'answered', served: 'provider', target: 'openai/gpt-5' }
  const facts = { ...ended, records, candidates: [priced], totalMs: 1_234.4 }
  return Object.fromEntries(outcomeAttributes(facts, usable).map(({ key, value }) => [key.name, value]))
}

it('the end says what it cost in millionths of a dollar, and how long it took', () => {
  expect(written('all')).toEqual({
    HoldfastOutcome: 'answered',
    HoldfastServed: 'provider',
    HoldfastTarget: 'openai/gpt-5',
    HoldfastAttempts: 2,
    HoldfastFailures: ['overloaded'],
    HoldfastCostMicros: 450,
    HoldfastDurationMs: 1_234,
  })
})

it('a loser that was hung up on is no failure', () => {
  expect(written('all', [failureOf('cancelled')])).not.toHaveProperty('HoldfastFailures')
  const both = [failureOf('cancelled'), failureOf('timeout'), failureOf('timeout')]
  expect(written('all', both)).toMatchObject({ HoldfastFailures: ['timeout'], HoldfastAttempts: 4 })
})

it('where the later ones are not registered, or an older build started the run, none of them is written', () => {
  const names = Object.keys(written(true))
  expect(names).toContain('HoldfastOutcome')
  expect(names.filter((name) => LATER_ATTRIBUTES.has(name as never))).toEqual([])
})

describe('what a cluster allows', () => {
  const lacking = (missing: typeof SEARCH_ATTRIBUTE_NAMES, mistyped: typeof SEARCH_ATTRIBUTE_NAMES = []) =>
    usableAttributes({ ok: false, missing, mistyped, command: '', message: '' })

  it('all, all but the later ones, or none', () => {
    expect(usableAttributes({ ok: true })).toBe('all')
    expect(lacking(['HoldfastCostMicros'])).toBe(true)
    expect(lacking([...LATER_ATTRIBUTES])).toBe(true)
    expect(lacking(['HoldfastCostMicros'], ['HoldfastDurationMs'])).toBe(true)
    expect(lacking(['HoldfastCostMicros', 'HoldfastRoute'])).toBe(false)
    expect(lacking([], ['HoldfastAttempts'])).toBe(false)
    expect(lacking(SEARCH_ATTRIBUTE_NAMES)).toBe(false)
    // Runs write it at no time: who lacks it alone loses nothing of the others.
    expect(lacking([...START_ONLY_ATTRIBUTES])).toBe('all')
    expect(lacking([...START_ONLY_ATTRIBUTES, ...LATER_ATTRIBUTES])).toBe(true)
  })
})
