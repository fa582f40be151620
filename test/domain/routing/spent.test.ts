/** What an attempt has used, where its provider has not said all of it. */
import fc from 'fast-check'
import type { GenerationRequest } from '../../../src/domain/request/request'
import { estimateOf, NOTHING_RECEIVED } from '../../../src/domain/routing/spent'

const asks = (content: string): GenerationRequest => ({ messages: [{ role: 'user', content }] })

describe('estimateOf', () => {
  it('has a token for each four characters of the prompt, its tools and its schema, and of what had come', () => {
    const request: GenerationRequest = {
      messages: [
        { role: 'system', content: 'x'.repeat(40) },
        { role: 'user', content: [{ type: 'text', text: 'x'.repeat(40) }] },
        {
          role: 'assistant',
          content: '',
          toolCalls: [{ id: '1', name: 'f', arguments: { a: 'x'.repeat(40) } }],
        },
        { role: 'tool', toolCallId: '1', content: 'x'.repeat(40) },
      ],
    }
    const plain = estimateOf(request, { characters: 400, usage: null })
    expect(plain.outputTokens).toBe(100)
    expect(plain.inputTokens).toBeGreaterThanOrEqual(40)
    const schema = { type: 'object', properties: { word: { type: 'string' } } }
    const more = { ...request, output: { name: 'w', schema }, tools: [{ name: 'f', parameters: schema }] }
    expect(estimateOf(more, NOTHING_RECEIVED).inputTokens).toBeGreaterThan(plain.inputTokens + 20)
  })

  it('has a thousand tokens for an image, however large its bytes are', () => {
    const image = { type: 'image' as const, data: 'A'.repeat(1_000_000), mediaType: 'image/png' }
    const request: GenerationRequest = { messages: [{ role: 'user', content: [image] }] }
    expect(estimateOf(request, NOTHING_RECEIVED)).toEqual({ inputTokens: 1_000, outputTokens: 0 })
  })

  it('counts the ids of tokens whose vectors are wanted one by one', () => {
    const request: GenerationRequest = {
      messages: [],
      task: { type: 'embed', input: ['x'.repeat(40), [1, 2, 3]] },
    }
    expect(estimateOf(request, NOTHING_RECEIVED)).toEqual({ inputTokens: 13, outputTokens: 0 })
  })

  it('SPENT-2: is never lower than what was reported, and keeps what was read from the prompt cache', () => {
    fc.assert(
      fc.property(fc.nat(10_000), fc.nat(10_000), fc.nat(10_000), (characters, input, output) => {
        const usage = { inputTokens: input, outputTokens: output, cachedInputTokens: Math.floor(input / 2) }
        const estimate = estimateOf(asks('hi'), { characters, usage })
        expect(estimate.inputTokens).toBe(input === 0 ? 1 : input)
        expect(estimate.outputTokens).toBe(Math.max(output, Math.ceil(characters / 4)))
        expect(estimate.cachedInputTokens).toBe(usage.cachedInputTokens)
      }),
    )
  })
})
