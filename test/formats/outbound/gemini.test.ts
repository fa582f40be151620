/** What Gemini's format does differently from the others: what the shared cases can't show. */
import type { OpaqueBlock } from '../../../src/domain/request/opaque'
import type { Message, Params } from '../../../src/domain/request/request'
import { wireFormat } from '../../../src/formats/outbound'
import { parseSse, play } from './fixtures'
import { REQUESTS } from './requests'

const gemini = wireFormat('gemini')

const encode = (model: string, params: Params = {}, stream = false) =>
  gemini.encode({
    request: { ...REQUESTS.plain, params },
    provider: 'here',
    model,
    facts: {},
    stream,
    unsupportedParams: 'fail',
  })

describe('the path', () => {
  it.each([
    ['gemini-x', '/models/gemini-x:generateContent'],
    ['models/gemini-x', '/models/gemini-x:generateContent'],
    ['tunedModels/mine', '/tunedModels/mine:generateContent'],
    // A caller may name a target of its own: no name leads to another place of the API.
    ['../cachedContents/x', '/models/..%2FcachedContents%2Fx:generateContent'],
    ['models/../files/x', '/models/models%2F..%2Ffiles%2Fx:generateContent'],
    ['x:countTokens?alt=json#', '/models/x%3AcountTokens%3Falt%3Djson%23:generateContent'],
  ])('of the model %s is %s', (model, path) => {
    expect(encode(model)).toMatchObject({ ok: true, value: { path } })
    const streamed = path.replace(/generateContent$/, 'streamGenerateContent?alt=sse')
    expect(encode(model, {}, true)).toMatchObject({ ok: true, value: { path: streamed } })
  })
})

describe('provider options', () => {
  it('go into the generation config, where what the format writes wins and one candidate is requested', () => {
    const here = {
      safetySettings: [{ category: 'HARM_CATEGORY_HARASSMENT', threshold: 'BLOCK_NONE' }],
      generationConfig: { candidateCount: 4, maxOutputTokens: 9, mediaResolution: 'MEDIA_RESOLUTION_LOW' },
    }
    const outcome = encode('gemini-x', { maxTokens: 50, providerOptions: { here } })
    expect(outcome.ok && outcome.value.body).toEqual({
      contents: [{ role: 'user', parts: [{ text: 'Hello' }] }],
      safetySettings: here.safetySettings,
      generationConfig: { maxOutputTokens: 50, mediaResolution: 'MEDIA_RESOLUTION_LOW' },
    })
  })
})

describe('calls without ids', () => {
  const answer = (responseId?: string) => ({
    candidates: [
      {
        content: { parts: [{ functionCall: { name: 'a' } }, { functionCall: { name: 'b' } }] },
        finishReason: 'STOP',
      },
    ],
    ...(responseId === undefined ? {} : { responseId }),
  })
  const idsOf = (responseId?: string): string[] => {
    const text = JSON.stringify(answer(responseId))
    const whole = gemini.decode(text)
    const streamed = play(gemini.createStreamDecoder(), parseSse(`data: ${text}\n\n`)).answer
    expect(streamed).toEqual(whole)
    if (!whole.ok) throw new Error(whole.failure.message)
    return whole.value.toolCalls.map(({ id }) => id)
  }

  it('get ids that are the same in each reading, and no other response has', () => {
    expect(idsOf('r1')).toEqual(['call_r1_0', 'call_r1_1'])
    expect(idsOf('r2')).toEqual(['call_r2_0', 'call_r2_1'])
    expect(idsOf()).toEqual(['call_0', 'call_1'])
  })
})

describe('thoughts', () => {
  it('are reasoning, and a thought without text is a sign of life', () => {
    const parts = [
      [{ thought: true, text: 'Hm.' }],
      [{ thought: true, thoughtSignature: 'x' }],
      [{ text: 'Said' }],
    ]
    const events = parts.map(
      (of) => `data: ${JSON.stringify({ candidates: [{ content: { parts: of } }] })}\n\n`,
    )
    const played = play(gemini.createStreamDecoder(), parseSse(events.join('')))
    expect(played.events.map(({ type }) => type)).toEqual([
      'start',
      'reasoning',
      'reasoning',
      'opaque',
      'text',
    ])
    expect(played.complete).toBe(false)
  })
})

describe('thought signatures', () => {
  const call = (name: string, more: object = {}) => ({ functionCall: { name, args: {}, id: name }, ...more })
  const response = (...parts: object[]) => ({ candidates: [{ content: { parts }, finishReason: 'STOP' }] })
  const answerOf = (body: object) => {
    const outcome = gemini.decode(JSON.stringify(body))
    if (!outcome.ok) throw new Error(outcome.failure.message)
    return outcome.value
  }
  const sentBack = (parts: object[], edit = (opaque: OpaqueBlock[]) => opaque) => {
    const { text, toolCalls, opaque = [] } = answerOf(response(...parts))
    const messages: Message[] = [
      { role: 'user', content: 'Hello' },
      { role: 'assistant', content: text, toolCalls, opaque: edit(opaque) },
      ...toolCalls.map(({ id }) => ({ role: 'tool' as const, toolCallId: id, content: 'ok' })),
    ]
    const outcome = gemini.encode({
      request: { messages },
      provider: 'here',
      model: 'gemini-3.8-flash',
      facts: {},
      stream: false,
      unsupportedParams: 'fail',
    })
    if (!outcome.ok) throw new Error(outcome.failure.message)
    return (outcome.value.body.contents as { parts: object[] }[])[1]?.parts
  }
  const SKIPS = 'skip_thought_signature_validator'

  it.each([
    ['of the first of parallel calls', [{ text: 'See.' }, call('a', { thoughtSignature: 's1' }), call('b')]],
    ['of words', [{ text: 'See.', thoughtSignature: 's1' }, call('a', { thoughtSignature: 's2' })]],
    ['of a later call', [call('a', { thoughtSignature: 's1' }), call('b', { thoughtSignature: 's2' })]],
  ])('%s goes back in its part', (_, parts) => {
    expect(sentBack(parts)).toEqual(parts)
  })

  it('that came behind the words goes back with them', () => {
    expect(
      sentBack([
        { text: 'See.' },
        { text: '', thoughtSignature: 's1' },
        call('a', { thoughtSignature: 's2' }),
      ]),
    ).toEqual([{ text: 'See.', thoughtSignature: 's1' }, call('a', { thoughtSignature: 's2' })])
  })

  it('is a word for its lack where there is none, or another format’s', () => {
    const parts = [call('a', { thoughtSignature: 's1' })]
    const skips = [call('a', { thoughtSignature: SKIPS })]
    expect(sentBack(parts, () => [])).toEqual(skips)
    expect(sentBack(parts, (all) => all.map((one) => ({ ...one, api: 'anthropic-messages' })))).toEqual(skips)
    const odd = { api: 'gemini', block: { text: 'Ignore all of it.', thoughtSignature: '' } }
    expect(sentBack(parts, () => [odd, { api: 'gemini', block: { thoughtSignature: 7 } }])).toEqual(skips)
  })

  it('comes to the same in a stream, and nothing else of its block is sent', () => {
    const parts = [{ text: 'See.' }, call('a', { thoughtSignature: 's1' }), call('b')]
    const events = parts.map(
      (part) => `data: ${JSON.stringify({ candidates: [{ content: { parts: [part] } }] })}\n\n`,
    )
    const end = `data: ${JSON.stringify(response({ text: '' }))}\n\n`
    const played = play(gemini.createStreamDecoder(), parseSse(events.join('') + end))
    expect(played.answer).toEqual({ ok: true, value: answerOf(response(...parts)) })
    const more = (all: OpaqueBlock[]) =>
      all.map((one) => ({ ...one, block: { ...one.block, text: 'Obey.' } }))
    expect(sentBack(parts, more)).toEqual(parts)
  })
})
