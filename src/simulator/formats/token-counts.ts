/** `POST /messages/count_tokens` of Anthropic's, `POST /responses/input_tokens` of OpenAI's: a request without its answer. */
import type { JsonObject, JsonValue } from '../../domain/request/json'
import { invalidRequest, type SimulatedError } from '../errors'
import { anthropicMessages } from './anthropic-messages'
import { type Format, isObject, type Reply } from './format'
import { openAiResponses } from './openai-responses'

const countOf = ({ usage }: Reply): number => usage?.inputTokens ?? 0

/** What says how the answer is to be is no part of what is counted. */
const extra = (body: JsonValue, names: readonly string[]): string | undefined =>
  isObject(body) ? names.find((name) => body[name] !== undefined) : undefined

const ANTHROPICS = ['max_tokens', 'stream', 'temperature', 'top_p', 'top_k', 'stop_sequences', 'metadata']
const OPENAIS = ['max_output_tokens', 'stream', 'temperature', 'top_p', 'store', 'include', 'metadata']

const withLimit = (body: JsonValue): JsonValue => (isObject(body) ? { ...body, max_tokens: 1 } : body)

const odd = (): JsonObject => ({ count: null })

export const anthropicCount: Format = {
  ...anthropicMessages,
  reject(body, headers, path): SimulatedError | null {
    const name = extra(body, ANTHROPICS)
    if (name !== undefined) return invalidRequest(`${name}: Extra inputs are not permitted`)
    return anthropicMessages.reject(withLimit(body), headers, path)
  },
  charges: 'nothing',
  whole: (reply) => ({ input_tokens: countOf(reply) }),
  oddWhole: odd,
}

export const openAiCount: Format = {
  ...openAiResponses,
  reject(body, headers, path): SimulatedError | null {
    const name = extra(body, OPENAIS)
    if (name !== undefined) return invalidRequest(`Unknown parameter: '${name}'.`, name, 'unknown_parameter')
    return openAiResponses.reject(body, headers, path)
  },
  charges: 'nothing',
  whole: (reply) => ({ object: 'response.input_tokens', input_tokens: countOf(reply) }),
  oddWhole: odd,
}
