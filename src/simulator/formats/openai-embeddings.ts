/** `POST /embeddings`, as OpenAI defines it: equal inputs have equal vectors, other ones others. */
import { createHash } from 'node:crypto'
import { vectorOf } from '../../domain/embedding/vectors'
import type { JsonObject, JsonValue } from '../../domain/request/json'
import { invalidRequest, type SimulatedError } from '../errors'
import { hashSeed, seededRandom } from '../latency'
import { type Format, isObject, type Reply, textOr } from './format'
import { openAiChat } from './openai-chat'
import { missing } from './openai-common'

const MAX_INPUTS = 2_048
/** By the model's name, the first that fits: OpenAI's own, and what is small. */
const DIMENSIONS: readonly (readonly [RegExp, number])[] = [
  [/^text-embedding-3-large/, 3_072],
  [/^text-embedding/, 1_536],
  [/(?:)/, 384],
]

const dimensionsOf = (model: string): number => DIMENSIONS.find(([name]) => name.test(model))?.[1] ?? 0

const isIds = (input: JsonValue[]): boolean => typeof input[0] === 'number'

const inputsOf = ({ input }: JsonObject): JsonValue[] => {
  if (Array.isArray(input)) return isIds(input) ? [input] : input
  return input === undefined || input === null ? [] : [input]
}

const isEmpty = (input: JsonValue): boolean => input === '' || (Array.isArray(input) && input.length === 0)

function reject(body: JsonValue): SimulatedError | null {
  if (!isObject(body)) return invalidRequest('We could not parse the JSON body of your request.')
  const model = textOr(body.model, '')
  if (model === '') return invalidRequest('you must provide a model parameter')
  const inputs = inputsOf(body)
  if (inputs.length === 0) return missing('input')
  if (inputs.length > MAX_INPUTS || inputs.some(isEmpty))
    return invalidRequest("'$.input' is invalid.", 'input')
  const { dimensions } = body
  if (typeof dimensions === 'number' && dimensions > dimensionsOf(model))
    return invalidRequest(
      `Invalid value for 'dimensions' = ${dimensions}. Must be less than or equal to ${dimensionsOf(model)}.`,
      'dimensions',
    )
  return null
}

function vector(input: JsonValue, dimensions: number): number[] {
  const text = createHash('sha256').update(JSON.stringify(input)).digest('hex')
  const random = seededRandom(hashSeed(1, text))
  const numbers = Array.from({ length: dimensions }, () => random() - 0.5)
  const length = Math.hypot(...numbers)
  return numbers.map((number) => Math.fround(number / length))
}

function whole({ request, model, usage }: Reply): JsonObject {
  const { dimensions, encoding_format } = request
  const size = typeof dimensions === 'number' ? dimensions : dimensionsOf(model)
  const data = inputsOf(request).map((input, index) => {
    const numbers = vector(input, size)
    return {
      object: 'embedding',
      index,
      embedding: encoding_format === 'base64' ? vectorOf(numbers) : numbers,
    }
  })
  const counted = usage && { prompt_tokens: usage.inputTokens, total_tokens: usage.inputTokens }
  return { object: 'list', data, model, ...(counted === null ? {} : { usage: counted }) }
}

/** Whatever is no vector, in the shape of a body. */
const WRONG: JsonObject = { result: { output: 'a shape that no client knows' } }

export const openAiEmbeddings: Format = {
  ...openAiChat,
  charges: 'prompt',
  reject,
  read: (body) => ({
    model: textOr(body.model, ''),
    stream: false,
    includeUsage: true,
    userText: '',
    prefill: null,
    schema: null,
    forcedTool: null,
  }),
  whole,
  oddWhole: (odd, reply) => {
    if (odd === 'wrong_shape') return WRONG
    const { data: _vectors, ...rest } = whole(reply)
    return { ...rest, data: odd === 'empty_choices' ? [] : null }
  },
}
