/** Who gets a sealed thought back, and where it stands. OPAQUE-1 to OPAQUE-3: `src/domain/request/opaque.ts`. */
import { type OpaqueBlock, ownBlocks, piecesOf, piecesOfMessage } from '../../../src/domain/request/opaque'
import type { Message } from '../../../src/domain/request/request'

const call = (id: string) => ({ id, name: 'f', arguments: {} })
const maker = { provider: 'p', account: 'a', model: 'm' }
const blockAt = (text: number, calls: number, name = 'b'): OpaqueBlock => ({
  api: 'one',
  maker,
  block: { name },
  at: { text, calls },
})
/** In one word each. */
const named = (pieces: ReturnType<typeof piecesOf>) =>
  pieces.map((piece) => {
    if (piece.type === 'text') return piece.text
    return piece.type === 'toolCall' ? piece.toolCall.id : `(${piece.block.block.name})`
  })

describe('the pieces of an answer', () => {
  const answer = { text: 'one two', toolCalls: [call('c0'), call('c1')] }

  it.each([
    ['none', [], 'one two|c0|c1'],
    ['one at its beginning', [blockAt(0, 0)], '(b)|one two|c0|c1'],
    ['within the text', [blockAt(4, 0)], 'one |(b)|two|c0|c1'],
    ['before the text and between calls', [blockAt(0, 0, 'x'), blockAt(7, 1, 'y')], '(x)|one two|c0|(y)|c1'],
    ['at its end', [blockAt(7, 2)], 'one two|c0|c1|(b)'],
    ['beyond its end', [blockAt(99, 99)], 'one two|c0|c1|(b)'],
    ['out of order', [blockAt(7, 1, 'x'), blockAt(0, 0, 'y')], 'one two|c0|(x)|(y)|c1'],
  ])('with blocks: %s', (_, opaque, expected) => {
    const pieces = piecesOf({ ...answer, opaque })
    expect(named(pieces).join('|')).toBe(expected)
    expect(pieces.flatMap((piece) => (piece.type === 'text' ? piece.text : [])).join('')).toBe('one two')
    expect(pieces.flatMap((piece) => (piece.type === 'toolCall' ? piece.index : []))).toEqual([0, 1])
  })

  it('of a message in its older field: its thoughts with the words between them', () => {
    const thinking = [{ name: 'x' }, { type: 'text', text: 'one ' }, { name: 'y' }]
    expect(named(piecesOfMessage({ role: 'assistant', content: 'one two', thinking }))).toEqual([
      '(x)',
      'one ',
      '(y)',
      'two',
    ])
  })
})

describe('OPAQUE-1', () => {
  const mine = { api: 'one', ...maker }
  const messages: Message[] = [
    { role: 'user', content: 'go' },
    { role: 'assistant', content: 'one', opaque: [blockAt(0, 0)] },
  ]

  it('its maker gets a block as it came', () => {
    expect(ownBlocks(messages, mine)).toEqual({ messages, kept: true, dropped: false })
  })

  it.each([
    ['provider', { ...mine, provider: 'q' }],
    ['account', { ...mine, account: 'b' }],
    ['wire format', { ...mine, api: 'two' }],
    ['model', { ...mine, model: 'n' }],
  ])('another %s gets none, and nothing of it in words', (_, to) => {
    const own = ownBlocks(messages, to)
    expect(own).toMatchObject({ kept: false, dropped: true })
    expect(own.messages).toEqual([messages[0], { role: 'assistant', content: 'one' }])
  })

  it('one without a maker goes to every provider of its wire format', () => {
    const { maker: _, ...unknown } = blockAt(0, 0)
    const given: Message[] = [{ role: 'assistant', content: 'one', opaque: [unknown] }]
    expect(ownBlocks(given, { ...mine, provider: 'q' })).toMatchObject({ kept: true, dropped: false })
    expect(ownBlocks(given, { ...mine, api: 'two' })).toMatchObject({ kept: false, dropped: true })
  })
})
