/** Cases of real servers' answers (as a whole body, or as an event stream in pieces) and errors, against the decoders. */

import type { Outcome } from '../../../src/domain/failures/outcome'
import { answerOf } from '../../../src/domain/streaming/accumulate'
import type { Answer } from '../../../src/domain/streaming/answer'
import { wireFormat } from '../../../src/formats/outbound'
import { decodeFailure } from '../../../src/formats/outbound/error-body'
import { ANSWERS } from './cases/answers'
import { BEDROCK } from './cases/bedrock'
import { ERRORS } from './cases/errors'
import { EXCESSIVE, FURTHER_ANSWERS } from './cases/further-answers'
import { GEMINI_ANSWERS } from './cases/gemini'
import { RESPONSES } from './cases/responses'
import { TOOL_CALLS } from './cases/tool-calls'
import type { AnswerCase } from './cases/types'
import { WAITS } from './cases/waits'
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
  ['further answers', FURTHER_ANSWERS],
  ['excessive answers', EXCESSIVE],
  ['responses', RESPONSES],
  ['bedrock', BEDROCK],
  ['gemini', GEMINI_ANSWERS],
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

describe('errors of real servers:', () => {
  const titled = [...ERRORS, ...WAITS].map((one) => {
    const body = typeof one.body === 'string' ? one.body : JSON.stringify(one.body)
    return [one.status, one.class, one.source, body.slice(0, 120), { ...one, body }] as const
  })
  it.each(titled)('%s -> %s [%s] %s', (_status, _class, _source, _title, one) => {
    const { status, headers = {}, body, proved } = one
    const failure = decodeFailure({ status, headers, body, now: Date.now() })
    expect(failure).toMatchObject({ class: one.class, status })
    if (proved !== undefined) expect(failure.proved ?? false).toBe(proved)
    // Instants are given in whole seconds.
    const waitMs = failure.retryAfterMs ?? null
    if (one.retryAfterMs === undefined) expect(waitMs).toBeNull()
    else
      expect(Math.abs((waitMs ?? 0) - one.retryAfterMs)).toBeLessThanOrEqual(
        60_000 * Number(one.retryAfterMs === 3_600_000),
      )
  })
})
