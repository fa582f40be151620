/**
 * OpenAI's `/embeddings`, and that of all servers with the same API.
 *
 * EMBEDDINGS-1 Each input gets its own vector or the call has failed: too few, others than requested, in another order, with
 *    a number that is none, or of another model they would be wrong without anybody noticing.
 */
import { z } from 'zod'
import { checkedVector, dimensionsOf, vectorOf } from '../../domain/embedding/vectors'
import { failed, type Outcome, success } from '../../domain/failures/outcome'
import type { JsonValue } from '../../domain/request/json'
import { type EmbedTask, embedTaskOf } from '../../domain/request/request'
import type { Answer } from '../../domain/streaming/answer'
import { embeddedFailure } from './error-body'
import { hintsOf } from './hints'
import { compact, parseJson } from './json'
import { usageOf, usageSchema } from './openai-chat/usage'
import { withOptions } from './options'
import { unsupported } from './refusals'
import type { BodyFormat, EncodedRequest, EncodeInput } from './wire-format'

/**
 * Other servers may refuse it (vllm-project/vllm#6174) or pass over it (lmstudio-ai/lmstudio-bug-tracker#756), and all of
 * them write numbers unasked (both read on 2026-11-28).
 */
const inBase64 = ({ native }: EncodeInput): 'base64' | undefined => (native ? 'base64' : undefined)

function encode(input: EncodeInput): Outcome<EncodedRequest> {
  const { request, model, provider } = input
  const task = embedTaskOf(request)
  if (task === null) return unsupported(input, 'there is nothing to make vectors of')
  const { fields, headers, leftOut } = hintsOf(input, 'openai-chat', request.params ?? {})
  const body = compact({
    model,
    input: task.input satisfies JsonValue,
    dimensions: task.dimensions,
    encoding_format: inBase64(input),
  })
  const options = request.params?.providerOptions?.[provider] ?? {}
  return success({
    path: '/embeddings',
    headers,
    leftOut,
    body: withOptions({ ...fields, ...body }, options, {}),
  })
}

const bodySchema = z.looseObject({
  data: z.array(
    z.looseObject({ embedding: z.union([z.string(), z.array(z.unknown())]), index: z.unknown().optional() }),
  ),
  model: z.string().nullish().catch(null),
  usage: usageSchema.nullish().catch(null),
})

function decode(text: string, input: EncodeInput): Outcome<Answer> {
  const task = embedTaskOf(input.request)
  const value = parseJson(text)
  if (value === undefined) return badResponse('the body is not whole JSON')
  const embedded = embeddedFailure(value)
  if (embedded !== null) return failed(embedded)
  const read = bodySchema.safeParse(value)
  if (!read.success || task === null) return badResponse('the body has none of the shapes of vectors')
  const { data, model = null, usage } = read.data
  if (data.length !== task.input.length)
    return badResponse(`${data.length} vectors for ${task.input.length} inputs`)
  if (model !== null && !isOf(model, input)) return badResponse(otherModel(model, input))
  const vectors: string[] = []
  for (const [place, { embedding, index }] of data.entries()) {
    if (index != null && index !== place)
      return badResponse(`the vector at ${place} says that it is another one's`)
    const vector = typeof embedding === 'string' ? checkedVector(embedding) : vectorOf(embedding)
    if (vector === null)
      return badResponse(`the vector at ${place} is none: it has no numbers, or not only finite ones`)
    vectors.push(vector)
  }
  const fault = sizeFault(vectors, task, input)
  if (fault !== null) return badResponse(fault)
  return success({
    text: '',
    toolCalls: [],
    finishReason: { unified: 'stop', raw: null },
    usage: usage ? { ...usageOf(usage), outputTokens: 0 } : null,
    model,
    responseId: null,
    embeddings: vectors,
  })
}

const badResponse = (message: string): Outcome<never> => failed({ class: 'bad_response', message })

/** Why these vectors have not as many numbers as they should; null: they have. */
function sizeFault(
  vectors: readonly string[],
  { dimensions }: EmbedTask,
  { facts }: EncodeInput,
): string | null {
  const [first = 0] = vectors.map(dimensionsOf)
  const expected = dimensions ?? facts.dimensions ?? first
  const place = vectors.findIndex((vector) => dimensionsOf(vector) !== expected)
  const found = vectors[place]
  return found === undefined
    ? null
    : `the vector at ${place} has ${dimensionsOf(found)} numbers, not ${expected}`
}

/** OpenAI's API has called it so (Helicone/helicone#1346, read on 2026-11-28). */
const REPORTED_AS: { readonly [model: string]: string } = {
  'text-embedding-ada-002': 'text-embedding-ada-002-v2',
}

/** Owners' names before it, and Ollama's tag for the newest behind it, are no part of a model's name. */
const plain = (model: string): string =>
  model
    .toLowerCase()
    .replace(/^.*\//, '')
    .replace(/:latest$/, '')

/** Is this what the target's model is called? */
function isOf(reported: string, { model, facts }: EncodeInput): boolean {
  const names = [model, ...(facts.sharesModel === undefined ? [] : [facts.sharesModel])].map(plain)
  return names.some((name) => [name, REPORTED_AS[name]].includes(plain(reported)))
}

const otherModel = (reported: string, { provider, model }: EncodeInput): string =>
  `the vectors are of another model, "${reported.slice(0, 100)}": where that is the same one under another name, write ` +
  `sharesModel for ${provider}/${model}`

export const embeddings: BodyFormat = { encode, decode }
