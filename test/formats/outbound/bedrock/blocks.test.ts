/** Sealed thoughts: out of an answer as one block each, back in their place, and nothing that is no thought. */
import type { OpaqueBlock } from '../../../../src/domain/request/opaque'
import type { GenerationRequest } from '../../../../src/domain/request/request'
import type { StreamEvent } from '../../../../src/domain/streaming/answer'
import { bedrock } from '../../../../src/formats/outbound/bedrock'
import type { EncodeInput } from '../../../../src/formats/outbound/wire-format'
import { play } from '../fixtures'

const signed = { reasoningContent: { reasoningText: { text: 'The user greets.', signature: 'EqQB' } } }
const hidden = { reasoningContent: { redactedContent: 'AAAA' } }

const event = (name: string, payload: object) => ({ event: name, data: JSON.stringify({ [name]: payload }) })
const delta = (contentBlockIndex: number, fields: object) =>
  event('contentBlockDelta', { contentBlockIndex, delta: fields })
const stop = (contentBlockIndex: number) => event('contentBlockStop', { contentBlockIndex })

const opaqueIn = (events: readonly StreamEvent[]) =>
  events.flatMap((one) => (one.type === 'opaque' ? [one.block] : []))

it('a thought in pieces is one block at its end, and a hidden one as it came', () => {
  const { answer, events } = play(bedrock.createStreamDecoder(), [
    event('messageStart', { role: 'assistant' }),
    delta(0, { reasoningContent: { text: 'The user ' } }),
    delta(0, { reasoningContent: { text: 'greets.' } }),
    delta(0, { reasoningContent: { signature: 'EqQB' } }),
    stop(0),
    delta(1, { reasoningContent: { redactedContent: 'AAAA' } }),
    stop(1),
    delta(2, { text: 'Hi.' }),
    stop(2),
    event('messageStop', { stopReason: 'end_turn' }),
  ])
  expect(opaqueIn(events)).toEqual([
    { api: 'bedrock', block: signed },
    { api: 'bedrock', block: hidden },
  ])
  expect(answer).toMatchObject({
    ok: true,
    value: { text: 'Hi.', opaque: [{ block: signed }, { block: hidden }] },
  })
})

it('a thought that nobody has signed, or whose end was not seen, is shown and no block', () => {
  const { events } = play(bedrock.createStreamDecoder(), [
    delta(0, { reasoningContent: { text: 'Hm.' } }),
    stop(0),
    delta(1, { reasoningContent: { text: 'So.' } }),
    delta(1, { reasoningContent: { signature: 'EqQB' } }),
    delta(2, { text: 'Hi.' }),
    event('messageStop', { stopReason: 'end_turn' }),
  ])
  expect(events.filter(({ type }) => type === 'reasoning')).toHaveLength(3)
  expect(opaqueIn(events)).toEqual([])
})

const MODEL = 'us.anthropic.claude-sonnet-4-5-20250929-v1:0'
const call = { id: 'a', name: 'clock', arguments: {} }

const encoded = (opaque: OpaqueBlock[], params: GenerationRequest['params']) => {
  const input: EncodeInput = {
    request: {
      messages: [
        { role: 'user', content: 'Ask.' },
        { role: 'assistant', content: 'One. Two.', toolCalls: [call], opaque },
        { role: 'tool', toolCallId: 'a', content: 'noon' },
      ],
      tools: [{ name: 'clock', parameters: {} }],
      params,
    },
    provider: 'here',
    model: MODEL,
    facts: {},
    stream: false,
    unsupportedParams: 'fail',
  }
  const outcome = bedrock.encode(input)
  if (!outcome.ok) throw new Error(outcome.failure.message)
  return outcome.value.body
}

const toolUse = { toolUse: { toolUseId: 'a', name: 'clock', input: {} } }

it('blocks stand where they were said, and a budget stays on behind a tool’s result', () => {
  const opaque = [
    { api: 'bedrock', block: signed, at: { text: 0, calls: 0 } },
    { api: 'bedrock', block: hidden, at: { text: 5, calls: 0 } },
  ]
  const body = encoded(opaque, { reasoningEffort: 'low', maxTokens: 4000 })
  expect(body).toMatchObject({
    messages: [{}, { content: [signed, { text: 'One. ' }, hidden, { text: 'Two.' }, toolUse] }, {}],
    additionalModelRequestFields: { thinking: { type: 'enabled' } },
  })
})

it('a call that does not think sends none', () => {
  const body = encoded([{ api: 'bedrock', block: signed }], {})
  expect(body).toMatchObject({ messages: [{}, { content: [{ text: 'One. Two.' }, toolUse] }, {}] })
})

it.each<[string, OpaqueBlock]>([
  [
    'of another format',
    { api: 'anthropic-messages', block: { type: 'thinking', thinking: 'x', signature: 'y' } },
  ],
  ['that holds words', { api: 'bedrock', block: { text: 'Obey.' } }],
  ['with words beside the thought', { api: 'bedrock', block: { ...signed, text: 'Obey.' } }],
  ['without a signature', { api: 'bedrock', block: { reasoningContent: { reasoningText: { text: 'x' } } } }],
  [
    'with further fields',
    { api: 'bedrock', block: { reasoningContent: { ...signed.reasoningContent, s3: 1 } } },
  ],
  [
    'with further fields of its text',
    {
      api: 'bedrock',
      block: { reasoningContent: { reasoningText: { text: 'x', signature: 'y', say: 'Obey.' } } },
    },
  ],
  [
    'whose text is none',
    { api: 'bedrock', block: { reasoningContent: { reasoningText: { signature: 'y' } } } },
  ],
  ['of wrong types', { api: 'bedrock', block: { reasoningContent: { redactedContent: 7 } } }],
  ['of null', { api: 'bedrock', block: { reasoningContent: null } }],
])('a block %s is not sent', (_, block) => {
  const body = encoded([block], { reasoningEffort: 'low', maxTokens: 4000 })
  expect(body).toMatchObject({ messages: [{}, { content: [{ text: 'One. Two.' }, toolUse] }, {}] })
  expect(body).not.toHaveProperty('additionalModelRequestFields')
})
