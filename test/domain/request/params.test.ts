import fc from 'fast-check'
import { mergeParams } from '../../../src/domain/request/params'

describe('mergeParams', () => {
  it('the upper one wins, field by field', () => {
    const merged = mergeParams({ maxTokens: 10, temperature: 0 }, { temperature: 1, seed: 7 })
    expect(merged).toEqual({ maxTokens: 10, temperature: 1, seed: 7 })
  })

  it('a field that is undefined hides nothing, 0 and an empty list do', () => {
    const under = { maxTokens: 10, temperature: 1, stop: ['x'] }
    expect(mergeParams(under, { maxTokens: undefined, temperature: 0, stop: [] })).toEqual({
      maxTokens: 10,
      temperature: 0,
      stop: [],
    })
  })

  it("providerOptions are merged per provider and per field: neither hides the other's", () => {
    const under = { providerOptions: { openai: { user: 'a', store: true }, together: { n: 1 } } }
    const over = { providerOptions: { openai: { user: 'b' }, anthropic: { k: 2 } } }
    expect(mergeParams(under, over).providerOptions).toEqual({
      openai: { user: 'b', store: true },
      together: { n: 1 },
      anthropic: { k: 2 },
    })
  })

  it('where the upper one is absent or has providerOptions undefined, the lower one stands', () => {
    const under = { maxTokens: 1, providerOptions: { openai: { user: 'a' } } }
    expect(mergeParams(under, undefined)).toEqual(under)
    expect(mergeParams(under, { providerOptions: undefined })).toEqual(under)
  })

  it('changes neither of the two', () => {
    const options = fc.dictionary(fc.string(), fc.dictionary(fc.string(), fc.integer()))
    const params = fc.record({ seed: fc.integer(), providerOptions: options }, { requiredKeys: [] })
    fc.assert(
      fc.property(params, params, (under, over) => {
        const before = JSON.stringify([under, over])
        mergeParams(under, over)
        expect(JSON.stringify([under, over])).toBe(before)
      }),
    )
  })
})
