/** Cases of real servers' answers, against the decoders: as a whole body, or as an event stream in pieces. */
import { answerOf } from '../../src/domain/accumulate'
import type { Answer } from '../../src/domain/answer'
import type { Outcome } from '../../src/domain/outcome'
import { wireFormat } from '../../src/providers'
import { ANSWERS } from './cases/answers'
import { TOOL_CALLS } from './cases/tool-calls'
import type { AnswerCase } from './cases/types'
import { parseSse, play } from './fixtures'

const decoded = (
  { api = 'openai-chat', body, stream, mayBeEmpty }: AnswerCase,
  size?: number,
): Outcome<Answer> => {
  const format = wireFormat(api)
  if (!stream) return format.decode(body, mayBeEmpty)
  const played = play(format.createStreamDecoder(), parseSse(`${body}\n\n`, size))
  if (!played.answer.ok) return played.answer
  return played.complete
    ? answerOf(played.events, mayBeEmpty)
    : { ok: false, failure: { class: 'bad_response', message: 'cut' } }
}

describe.each([
  ['answers', ANSWERS],
  ['tool calls', TOOL_CALLS],
] as const)('%s of real servers:', (_, cases) => {
  it.each(cases.map((one) => [one.name, one.source, one] as const))('%s [%s]', (_name, _source, one) => {
    const { expected } = one
    for (const size of one.stream ? [undefined, 7] : [undefined]) {
      const outcome = decoded(one, size)
      if ('failure' in expected) {
        expect(outcome).toMatchObject({ ok: false, failure: { class: expected.failure } })
        continue
      }
      if (!outcome.ok) throw new Error(outcome.failure.message)
      const { text, toolCalls, finishReason, usage } = outcome.value
      if (expected.text !== undefined) expect(text).toBe(expected.text)
      if (expected.calls !== undefined)
        expect(toolCalls.map(({ name, arguments: args }) => [name, args])).toEqual(expected.calls)
      if (expected.finish !== undefined) expect(finishReason.unified).toBe(expected.finish)
      if (expected.usage !== undefined) expect(usage).toMatchObject(expected.usage)
      expect(new Set(toolCalls.map(({ id }) => id)).size).toBe(toolCalls.length)
    }
  })
})
