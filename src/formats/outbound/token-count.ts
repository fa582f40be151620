/**
 * How many tokens a request has, asked of its provider: the call that would be made, without what only its answer needs.
 */
import { z } from 'zod'
import { failed, type Outcome, success } from '../../domain/failures/outcome'
import type { Answer } from '../../domain/streaming/answer'
import { embeddedFailure } from './error-body'
import { parseJson } from './json'
import type { BodyFormat, WireFormat } from './wire-format'

const bodySchema = z.looseObject({ input_tokens: z.int().nonnegative() })

function decode(text: string): Outcome<Answer> {
  const value = parseJson(text)
  const embedded = value === undefined ? null : embeddedFailure(value)
  if (embedded !== null) return failed(embedded)
  const read = bodySchema.safeParse(value)
  if (!read.success) return failed({ class: 'bad_response', message: 'the body has no count of tokens' })
  return success({
    text: '',
    toolCalls: [],
    finishReason: { unified: 'stop', raw: null },
    usage: { inputTokens: read.data.input_tokens, outputTokens: 0 },
    model: null,
    responseId: null,
  })
}

/** Both APIs that count write the same word for it. `fields`: all that the path takes of a call's body. */
export const tokenCount = (
  path: string,
  fields: readonly string[],
  encode: WireFormat['encode'],
): BodyFormat => ({
  decode,
  encode(input) {
    const encoded = encode(input)
    if (!encoded.ok) return encoded
    const { body, ...rest } = encoded.value
    const kept = Object.entries(body).filter(([name]) => fields.includes(name))
    return success({ ...rest, path, body: Object.fromEntries(kept) })
  },
})
