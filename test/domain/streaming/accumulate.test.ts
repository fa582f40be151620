import fc from 'fast-check'
import { answerOf } from '../../../src/domain/streaming/accumulate'
import type { StreamEvent, UnifiedFinishReason } from '../../../src/domain/streaming/answer'

const start: StreamEvent = { type: 'start', model: 'm', responseId: 'r' }
const text = (piece: string): StreamEvent => ({ type: 'text', text: piece })
const finish = (unified: UnifiedFinishReason, raw: string | null = unified): StreamEvent => ({
  type: 'finish',
  finishReason: { unified, raw },
})
const call = (index: number, ...pieces: string[]): StreamEvent[] => [
  { type: 'toolCallStart', index, id: `c${index}`, name: 'f' },
  ...pieces.map((json): StreamEvent => ({ type: 'toolCallDelta', index, json })),
]

describe('answerOf', () => {
  it('joins text, keeps the last usage, leaves reasoning out', () => {
    const usage = { inputTokens: 1, outputTokens: 2 }
    const events: StreamEvent[] = [
      start,
      { type: 'reasoning', text: 'hm' },
      text('a'),
      { type: 'usage', usage: { inputTokens: 1, outputTokens: 1 } },
      text('b'),
      finish('stop'),
      { type: 'usage', usage },
    ]
    expect(answerOf(events)).toEqual({
      ok: true,
      value: {
        text: 'ab',
        toolCalls: [],
        finishReason: { unified: 'stop', raw: 'stop' },
        usage,
        model: 'm',
        responseId: 'r',
      },
    })
  })
  it('ACCUMULATE-1: no finish -> bad_response, cut', () => {
    expect(answerOf([start, text('a')])).toMatchObject({
      failure: { class: 'bad_response', message: expect.stringMatching(/^cut/) },
    })
    expect(answerOf([])).toMatchObject({ failure: { class: 'bad_response' } })
  })
  it('ACCUMULATE-2: interleaved tool calls are put together by index', () => {
    const events = [
      start,
      ...call(0, '{"a"'),
      ...call(1, '{"b":'),
      ...call(0).slice(1),
      { type: 'toolCallDelta', index: 0, json: ':1}' } as const,
      { type: 'toolCallDelta', index: 1, json: '2}' } as const,
      finish('tool_calls'),
    ]
    expect(answerOf(events)).toMatchObject({
      value: {
        toolCalls: [
          { id: 'c0', arguments: { a: 1 } },
          { id: 'c1', arguments: { b: 2 } },
        ],
      },
    })
  })
  it('ACCUMULATE-2: no arguments at all are an empty object', () => {
    expect(answerOf([...call(0), finish('tool_calls')])).toMatchObject({
      value: { toolCalls: [{ arguments: {} }] },
    })
  })
  it.each(['{"a":', '[1]', '7', 'nul', '"x"'])('ACCUMULATE-2: the arguments %s -> bad_response', (json) => {
    expect(answerOf([...call(0, json), finish('tool_calls')])).toMatchObject({
      failure: { class: 'bad_response' },
    })
  })
  it.each(['null', '[]', '""', ' '])('ACCUMULATE-2: the arguments %s mean none', (json) => {
    expect(answerOf([...call(0, json), finish('tool_calls')])).toMatchObject({
      value: { toolCalls: [{ arguments: {} }] },
    })
  })
  it('ACCUMULATE-5: two calls of one id get two', () => {
    const events: StreamEvent[] = [0, 1].map((index) => ({
      type: 'toolCallStart',
      index,
      id: 'same',
      name: 'f',
    }))
    expect(answerOf([...events, finish('tool_calls')])).toMatchObject({
      value: { toolCalls: [{ id: 'same' }, { id: 'same_2' }] },
    })
  })
  it('ACCUMULATE-3: content_filter with nothing to show -> content_refused, with text an answer', () => {
    expect(answerOf([finish('content_filter')])).toMatchObject({ failure: { class: 'content_refused' } })
    expect(answerOf([text('so far'), finish('content_filter')])).toMatchObject({ ok: true })
  })
  it.each(['stop', 'tool_calls', 'other'] as const)(
    'ACCUMULATE-4: nothing with finish %s -> bad_response',
    (unified) => {
      expect(answerOf([start, finish(unified)])).toMatchObject({
        failure: { class: 'bad_response', message: expect.stringMatching(/^empty answer/) },
      })
    },
  )
  it('ACCUMULATE-4: nothing with finish length is an answer', () => {
    expect(answerOf([start, finish('length')])).toMatchObject({ ok: true, value: { text: '' } })
  })
  it('how the text and the arguments are cut into pieces makes no difference', () => {
    fc.assert(
      fc.property(fc.array(fc.string(), { minLength: 1 }), fc.json(), fc.nat(), (pieces, json, at) => {
        const args = `{"v":${json}}`
        const cut = at % args.length
        const whole = answerOf([text(pieces.join('')), ...call(0, args), finish('tool_calls')])
        expect(
          answerOf([
            ...pieces.map(text),
            ...call(0, args.slice(0, cut), args.slice(cut)),
            finish('tool_calls'),
          ]),
        ).toEqual(whole)
        expect(whole.ok).toBe(true)
      }),
    )
  })
})
