/** One suite for both dialects: what the official clients make of our bytes, whole and streamed. */
import fc from 'fast-check'
import { HoldfastError } from '../../../src/contract/errors'
import { answerOf } from '../../../src/domain/streaming/accumulate'
import type { AnswerEvent, Answered } from '../../../src/formats/inbound'
import { DIALECTS, json, sse } from './harness'
import { answered, CALLS, eventsOf } from './samples'

const CASES: { [name: string]: Partial<Answered> } = {
  text: {},
  'no text, two tool calls': {
    text: '',
    toolCalls: CALLS,
    finishReason: { unified: 'tool_calls', raw: 'x' },
  },
  'text and a tool call': {
    toolCalls: CALLS.slice(0, 1),
    finishReason: { unified: 'tool_calls', raw: null },
  },
  'an answer cut at the limit': { finishReason: { unified: 'length', raw: 'max_tokens' } },
  'a filtered answer': { finishReason: { unified: 'content_filter', raw: 'refusal' } },
  'a finish reason nobody knows': { finishReason: { unified: 'other', raw: 'load' } },
  'no cached and no reasoning tokens': { usage: { inputTokens: 1, outputTokens: 2 } },
  'characters of four bytes': { text: 'Grüße 👩🏽‍🚀 \u2028 "quoted" \\ \n\n data: x' },
}

const answerFields = ({ text, toolCalls, usage, target }: Answered) => ({
  text,
  toolCalls,
  model: target,
  usage: usage && {
    input: usage.inputTokens,
    cached: usage.cachedInputTokens ?? 0,
    output: usage.outputTokens,
    reasoning: usage.reasoningTokens ?? 0,
  },
})

const framesOf = (bytes: string) =>
  bytes.split('\n\n').flatMap((block) => {
    const data = /^data: (.*)$/m.exec(block)?.[1]
    return data === undefined ? [] : [{ event: /^event: (.*)$/m.exec(block)?.[1] ?? null, data }]
  })

describe.each(DIALECTS)('$name', (dialect) => {
  const { finish, ask, listen, whole, stream, end, format } = dialect
  const streamed = (events: readonly AnswerEvent[], step?: number) =>
    listen(async () => sse(stream(events) + end, step))

  describe.each(Object.entries(CASES))('%s', (_, more) => {
    const result = answered(more)
    const expected = { ...answerFields(result), finish: finish[result.finishReason.unified] }

    it('whole: the official client has all of it', async () => {
      expect(await ask(async () => json(whole(result)))).toMatchObject(expected)
    })

    it('streamed: the official client has all of it', async () => {
      const pieces = result.text === '' ? [] : result.text.match(/.{1,3}/gsu)
      expect(await streamed(eventsOf(result, pieces ?? []))).toMatchObject(expected)
    })

    it('the outbound decoder of this format reads all of it: one Holdfast can be the provider of another', () => {
      const read = format.decode(JSON.stringify(whole(result)))
      if (!read.ok) throw new Error(read.failure.message)
      const { text, toolCalls, usage } = answerFields(read.value as never)
      const { model: _model, ...expectedFields } = answerFields(result)
      expect({ text, toolCalls, usage }).toEqual(expectedFields)
    })
  })

  it('any split of the text into pieces and bytes gives the same text', async () => {
    const piece = fc.string({ minLength: 1, unit: 'grapheme' })
    await fc.assert(
      fc.asyncProperty(
        fc.array(piece, { minLength: 1 }),
        fc.integer({ min: 1, max: 40 }),
        async (pieces, step) => {
          const result = answered({ text: pieces.join('') })
          expect((await streamed(eventsOf(result, pieces), step)).text).toBe(result.text)
        },
      ),
      { numRuns: 25 },
    )
  })

  it('the outbound stream decoder takes the stream as complete only after its end', () => {
    const events = eventsOf(answered({ toolCalls: CALLS }), ['Two ', 'plain words'])
    const decoded = (bytes: string) => {
      const decoder = format.createStreamDecoder()
      const steps = framesOf(bytes).flatMap((frame) => {
        const read = decoder.push(frame)
        if (!read.ok) throw new Error(read.failure.message)
        return read.value
      })
      return { decoder, answer: answerOf(steps) }
    }
    expect(decoded(stream(events.slice(0, -1))).decoder.complete()).toBe(false)
    const { decoder, answer } = decoded(stream(events) + end)
    expect([decoder.complete(), decoder.proved(), decoder.ended()]).toEqual([true, true, true])
    expect(answer).toMatchObject({ ok: true, value: { text: 'Two plain words', toolCalls: CALLS } })
  })

  it('reasoning comes apart from the text, before and between', async () => {
    const target = 'beta/large'
    const [text, done] = eventsOf(answered())
    const thought = { type: 'reasoning', text: 'Hm. ', target } as const
    const received = await streamed([
      { position: 0.1, ...thought },
      { position: 0.2, ...thought },
      ...(text ? [text] : []),
      { position: 1.1, ...thought },
      ...(done ? [done] : []),
    ])
    expect(received).toMatchObject({ text: 'Two plain words', reasoning: 'Hm. Hm. Hm. ' })
  })

  it('an answer without a word but its end is whole', async () => {
    const cut = answered({ text: '', finishReason: { unified: 'length', raw: 'length' } })
    expect(await streamed(eventsOf(cut, []))).toMatchObject({ text: '', finish: finish.length })
  })

  it('usage that no provider reported is not invented', async () => {
    const silent = answered({ usage: null })
    const none = dialect.name === 'openai-chat' ? null : { input: 0, cached: 0, output: 0, reasoning: 0 }
    expect((await ask(async () => json(whole(silent)))).usage).toEqual(none)
    expect((await streamed(eventsOf(silent))).usage).toEqual(none)
  })

  it('a failed attempt sends nothing to the caller', () => {
    const attempt = { candidate: 0, target: 'alpha/small', number: 1, startedAt: 1, durationMs: 1 }
    expect(stream([{ position: 1, type: 'attempt', attempt }])).toBe('')
  })

  it('a stream that breaks ends in an error that the official client throws, never in a finish reason', async () => {
    const words = eventsOf(answered()).slice(0, 1)
    const error = new HoldfastError({
      kind: 'all_failed',
      message: 'All candidates failed',
      accepted: true,
      generationId: 'gen-1',
    })
    const broken = stream(words) + dialect.errorEvent(error)
    expect(broken).not.toMatch(/"(finish|stop)_reason":"/)
    await expect(listen(async () => sse(broken))).rejects.toThrow('All candidates failed')
  })

  it('a restart is sent to callers that opted in; the official client accepts it', async () => {
    const [text, done] = eventsOf(answered())
    if (!text || !done) throw new Error('no events')
    const restart = { position: 1.5, type: 'restart', target: 'beta/large' } as const
    const bytes = stream([text, restart, text, done])
    expect(bytes).toMatch(/"restart":true|holdfast_restart/)
    expect((await listen(async () => sse(bytes + end))).finish).toBe(finish.stop)
  })
})
