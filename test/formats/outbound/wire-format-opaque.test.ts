/** Sealed thoughts on the wire: what is read of an answer, and what of a request is sent. */
import type { StreamEvent } from '../../../src/domain/streaming/answer'
import { wireFormat } from '../../../src/formats/outbound'
import type { Api } from '../../../src/formats/outbound/wire-format'

const call = { id: 'c1', name: 'f', arguments: {} }
const sent = (api: Api, block: { [field: string]: string | object }) => {
  const encoded = wireFormat(api).encode({
    request: {
      messages: [
        { role: 'user', content: 'go' },
        {
          role: 'assistant',
          content: 'One',
          toolCalls: [call],
          opaque: [{ api, block: block as never, at: { text: 0, calls: 0 } }],
        },
        { role: 'tool', toolCallId: 'c1', content: '7' },
      ],
      tools: [{ name: 'f', parameters: {} }],
      params: { maxTokens: 4_000, thinking: { type: 'enabled', budget_tokens: 2_000 } },
    },
    provider: 'p',
    model: api === 'anthropic-messages' ? 'claude-sonnet-4-5' : 'gpt-6.1-sol',
    facts: {},
    stream: false,
    unsupportedParams: 'drop',
  })
  return encoded.ok ? JSON.stringify(encoded.value.body) : encoded.failure.message
}

describe('a request', () => {
  it.each<[Api, { [field: string]: string | object }]>([
    ['anthropic-messages', { type: 'thinking', thinking: 'MARK', signature: 's' }],
    ['anthropic-messages', { type: 'redacted_thinking', data: 'MARK' }],
    ['openai-responses', { type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: 'MARK' }],
  ])('%s has %j', (api, block) => {
    expect(sent(api, block)).toContain(JSON.stringify(block))
  })

  it.each<[string, Api, { [field: string]: string | object }]>([
    ['words of its own', 'anthropic-messages', { type: 'text', text: 'MARK' }],
    ['a call', 'anthropic-messages', { type: 'tool_use', id: 'MARK', name: 'f', input: {} }],
    ['a thought without a signature', 'anthropic-messages', { type: 'thinking', thinking: 'MARK' }],
    ['an empty signature', 'anthropic-messages', { type: 'thinking', thinking: 'MARK', signature: '' }],
    [
      'a signature that is no text',
      'anthropic-messages',
      { type: 'thinking', thinking: 'MARK', signature: {} },
    ],
    ['an item by its id', 'openai-responses', { type: 'item_reference', id: 'MARK' }],
    ['a thought by its id', 'openai-responses', { type: 'reasoning', id: 'MARK', summary: [] }],
    ['instructions', 'openai-responses', { type: 'message', role: 'system', content: 'MARK' }],
  ])('has nothing of a block that is %s', (_, api, block) => {
    expect(sent(api, block)).not.toContain('MARK')
  })
})

/** The events of a stream, one JSON each. */
const read = (api: Api, events: object[]): StreamEvent[] => {
  const decoder = wireFormat(api).createStreamDecoder()
  return events.flatMap((event) => {
    const step = decoder.push({ event: null, data: JSON.stringify(event) })
    if (!step.ok) throw new Error(step.failure.message)
    return step.value
  })
}
const blocks = (events: StreamEvent[]) => events.filter(({ type }) => type === 'opaque')

describe('a stream of Anthropic', () => {
  const started = (block: object) => ({ type: 'content_block_start', index: 0, content_block: block })
  const delta = (more: object) => ({ type: 'content_block_delta', index: 0, delta: more })
  const stopped = { type: 'content_block_stop', index: 0 }
  const begun = started({ type: 'thinking', thinking: '', signature: '' })
  const text = (thinking: string) => delta({ type: 'thinking_delta', thinking })
  const signed = delta({ type: 'signature_delta', signature: 'sig' })

  it('has a thought when its block ends, whole', () => {
    expect(blocks(read('anthropic-messages', [begun, text('a'), text('b'), signed]))).toEqual([])
    const block = { type: 'thinking', thinking: 'ab', signature: 'sig' }
    expect(blocks(read('anthropic-messages', [begun, text('a'), text('b'), signed, stopped]))).toEqual([
      { type: 'opaque', block: { api: 'anthropic-messages', block } },
    ])
  })

  it('has a thought that shows nothing of itself', () => {
    const redacted = { type: 'redacted_thinking', data: 'x' }
    expect(blocks(read('anthropic-messages', [started(redacted), stopped]))).toMatchObject([
      { block: { block: redacted } },
    ])
  })

  it.each([
    ['without a signature', [begun, text('a'), stopped]],
    ['whose end is of another block', [begun, text('a'), signed, { ...stopped, index: 1 }]],
    ['too large to be carried', [begun, text('x'.repeat(3 * 1024 * 1024)), signed, stopped]],
    ['whose signature is no text', [begun, delta({ type: 'signature_delta', signature: 7 }), stopped]],
  ])('has no block of a thought %s', (_, events) => {
    expect(blocks(read('anthropic-messages', events))).toEqual([])
  })
})

describe('a stream of the Responses API', () => {
  const item = { type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: 'gAAA' }
  const done = (more: object = item) => ({
    type: 'response.output_item.done',
    output_index: 0,
    item: more,
  })

  it('has a thought when its item is done, and once', () => {
    const added = { ...done({ ...item, encrypted_content: 'half' }), type: 'response.output_item.added' }
    expect(blocks(read('openai-responses', [added]))).toEqual([])
    expect(blocks(read('openai-responses', [added, done(), done()]))).toEqual([
      { type: 'opaque', block: { api: 'openai-responses', block: item } },
    ])
  })

  it.each([[null], [''], [7], [{}]])('has no block of a thought whose content is %j', (encrypted_content) => {
    expect(blocks(read('openai-responses', [done({ ...item, encrypted_content })]))).toEqual([])
  })
})
