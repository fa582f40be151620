/** Steps in words: what they come to, and what a wrong one says. */
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { HTTP_FAULTS } from '../../src/simulator/errors'
import { COSMETICS, parseSteps, stepSchema } from '../../src/simulator/script'
import { BODY_FAULTS, CONNECTION_FAULTS } from '../../src/simulator/step-faults'

it.each([
  ['ok', {}],
  ['429 retry-after 600', { status: 429, retryAfter: '600' }],
  ['429 retry-after 10m', { status: 429, retryAfter: '600' }],
  ['503, x2', { status: 503, times: 2 }],
  ['overloaded in 2s x3', { fault: 'overloaded', latency: '2s', times: 3 }],
  ['rate_limited retry-after 1.5', { fault: 'rate_limited', retryAfter: '1.5' }],
  ['silent', { fault: 'silent' }],
  ['cut after 40 words', { cut: { after: 40 } }],
  ['60 words, cut after 1 word', { words: 60, cut: { after: 1 } }],
  ['stall after 3 words', { stall: { after: 3 } }],
  ['error after 3 words', { errorEvent: { after: 3 } }],
  ['malformed after 0 words', { malformed: { after: 0 } }],
  ['in 250ms answer x2 or 503, who knows', { latency: '250ms', answer: 'x2 or 503, who knows' }],
])('%s', (words, fields) => {
  expect(parseSteps('alpha', [words])).toEqual(parseSteps('alpha', [fields]))
})

it.each([
  ['overlaoded', '"overlaoded" is not understood; there are: answer TEXT'],
  ['503 retry-after soon', '"retry-after soon" is not understood'],
  ['cut after words', '"cut after words" is not understood'],
  ['', 'for an ordinary answer write "ok"'],
  ['200', '"200" is not understood'],
])('%s is refused', (words, message) => {
  expect(() => parseSteps('alpha', ['ok', words])).toThrow(`script of alpha, step 2: `)
  expect(() => parseSteps('alpha', ['ok', words])).toThrow(message)
})

it('docs/simulator.md has every fault, field and cosmetic, and its examples are read', () => {
  const page = readFileSync(path.resolve(__dirname, '..', '..', 'docs', 'simulator.md'), 'utf8')
  const names = [...HTTP_FAULTS, ...CONNECTION_FAULTS, ...BODY_FAULTS, ...COSMETICS]
  const known = [...names, ...Object.keys(stepSchema.shape)]
  const named = new Set([...page.matchAll(/`(\w+)(?:: [^`]*)?`/g)].map(([, name]) => name))
  expect(known.filter((name) => !named.has(name))).toEqual([])
  const [, examples = ''] = /Clauses follow each other: (.*)\./.exec(page) ?? []
  const steps = [...examples.matchAll(/`([^`]+)`/g)].map(([, step = '']) => step)
  expect(steps).toHaveLength(3)
  expect(parseSteps('alpha', steps)).toHaveLength(3)
})
