/** What Gemini's format does differently from the others: what the shared cases can't show. */
import type { Params } from '../../../src/domain/request/request'
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
    expect(played.events.map(({ type }) => type)).toEqual(['start', 'reasoning', 'reasoning', 'text'])
    expect(played.complete).toBe(false)
  })
})
