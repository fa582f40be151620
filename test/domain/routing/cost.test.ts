import fc from 'fast-check'
import { costUsd } from '../../../src/domain/routing/cost'

const PRICES = { inputPerMillion: 1.25, outputPerMillion: 10 }

describe('costUsd', () => {
  it('charges input and output per million tokens', () => {
    expect(costUsd({ inputTokens: 1_000_000, outputTokens: 100_000 }, PRICES)).toBeCloseTo(2.25, 10)
  })

  it('charges cached input at its own price, or as input where that is not known', () => {
    const usage = { inputTokens: 1_000_000, outputTokens: 0, cachedInputTokens: 800_000 }
    expect(costUsd(usage, { ...PRICES, cachedInputPerMillion: 0.125 })).toBeCloseTo(0.35, 10)
    expect(costUsd(usage, PRICES)).toBeCloseTo(1.25, 10)
  })

  it('does not charge reasoning tokens twice: they are output', () => {
    const usage = { inputTokens: 0, outputTokens: 100, reasoningTokens: 90 }
    expect(costUsd(usage, PRICES)).toBeCloseTo(0.001, 10)
  })

  it('is null where the usage or one of the two prices is unknown, and 0 where the model is free', () => {
    const usage = { inputTokens: 1, outputTokens: 1 }
    expect(costUsd(null, PRICES)).toBeNull()
    expect(costUsd(usage, {})).toBeNull()
    expect(costUsd(usage, { inputPerMillion: 1 })).toBeNull()
    expect(costUsd(usage, { outputPerMillion: 1 })).toBeNull()
    expect(costUsd(usage, { inputPerMillion: 0, outputPerMillion: 0 })).toBe(0)
  })

  it('is never below 0, also where a provider reports more cached tokens than input ones', () => {
    const tokens = fc.nat(10_000_000)
    const price = fc.double({ min: 0, max: 100, noNaN: true })
    fc.assert(
      fc.property(tokens, tokens, tokens, price, price, price, (input, output, cached, a, b, c) => {
        const usage = { inputTokens: input, outputTokens: output, cachedInputTokens: cached }
        const facts = { inputPerMillion: a, outputPerMillion: b, cachedInputPerMillion: c }
        expect(costUsd(usage, facts)).toBeGreaterThanOrEqual(0)
      }),
    )
  })
})
