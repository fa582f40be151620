/** What a client carries of a sealed thought, and what is made of what it sends back. INBOUND-OPAQUE-1 to INBOUND-OPAQUE-3. */
import type { OpaqueBlock } from '../../../src/domain/request/opaque'
import { parseMessagesRequest } from '../../../src/formats/inbound'
import { gathering, unwrap, VOID, wrap } from '../../../src/formats/inbound/opaque'

const block: OpaqueBlock = {
  api: 'anthropic-messages',
  maker: { provider: 'p', account: 'a', model: 'm' },
  block: { type: 'thinking', thinking: '"\u2028😀\\\n', signature: 'EqK+/==' },
  at: { text: 3, calls: 0 },
}
const ours = (value: unknown): string =>
  `holdfast.1.${Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')}`

it('INBOUND-OPAQUE-1: a block comes back as it was, in a text that is no base64', () => {
  expect(unwrap(wrap(block))).toEqual({ type: 'block', block })
  expect(wrap(block)).toMatch(/^holdfast\.1\.[\w-]+$/)
})

it.each([['EqKSAgplCA4YAipA=='], [''], [undefined], [7], [{}]])('%j is none of ours', (text) => {
  expect(unwrap(text)).toBeNull()
})

it.each([
  ['half of one', wrap(block).slice(0, 60)],
  ['no base64', 'holdfast.1.%%%'],
  ['nothing', 'holdfast.1.'],
  ['a list', ours([])],
  ['a block that is a text', ours({ ...block, block: 'x' })],
  ['no maker', ours({ ...block, maker: undefined })],
  ['a place before the beginning', ours({ ...block, at: { text: -3, calls: 0 } })],
  ['half a place', ours({ ...block, at: { text: 1 } })],
  ['very deep', ours(`{"api":"a","block":${'['.repeat(9_000)}${']'.repeat(9_000)}}`)],
])('INBOUND-OPAQUE-2: %s is dropped', (_, text) => {
  expect(unwrap(text)).toEqual({ type: 'unreadable' })
})

it('a block that came late stands where it was thought; a place behind what was said is not believed', () => {
  const gathered = gathering()
  const late = unwrap(wrap({ ...block, at: { text: 0, calls: 0 } }))
  const beyond = unwrap(wrap({ ...block, at: { text: 99, calls: 9 } }))
  for (const one of [beyond, late]) if (one !== null) gathered.add(one, { text: 5, calls: 1 })
  expect(gathered.blocks().map(({ at }) => at)).toEqual([
    { text: 0, calls: 0 },
    { text: 5, calls: 1 },
  ])
})

describe("Anthropic's turns", () => {
  const turn = (...content: object[]) => {
    const messages = [
      { role: 'user', content: 'go' },
      { role: 'assistant', content },
      { role: 'user', content: 'on' },
    ]
    const { request } = parseMessagesRequest({ model: 'm', max_tokens: 9, messages })
    return request.messages.at(1)
  }
  const words = { type: 'text', text: 'One' }
  const own = { type: 'thinking', thinking: block.block.thinking, signature: wrap(block, ['thinking']) }

  it('a signature of ours is that of the text beside it', () => {
    expect(turn(words, own)).toEqual({ role: 'assistant', content: 'One', opaque: [block] })
  })

  it('one of another API stands whole in its signature, whatever text is beside it', () => {
    const other = { ...block, api: 'openai-responses', block: { type: 'reasoning', encrypted_content: 'x' } }
    const sent = { type: 'thinking', thinking: 'a summary', signature: wrap(other) }
    expect(turn(words, sent)).toMatchObject({ opaque: [other] })
  })

  it('INBOUND-OPAQUE-3: what stands before VOID is taken back', () => {
    const voided = { type: 'redacted_thinking', data: VOID }
    expect(turn(own, words, voided)).toEqual({ role: 'assistant', content: 'One' })
    expect(turn(own, words, voided, own)).toMatchObject({ opaque: [block] })
  })

  it('INBOUND-OPAQUE-2: one of ours that was cut goes to nobody, and its text is no thought of others', () => {
    const cut = { ...own, signature: own.signature.slice(0, 40) }
    expect(turn(words, cut)).toEqual({ role: 'assistant', content: 'One' })
  })
})
