/** `POST /v1/embeddings`, in OpenAI's shape: its body as the library takes it, and vectors as its clients read them. */
import { z } from 'zod'
import type { EmbeddedParts } from '../../client/embed'
import type { EmbedRequest } from '../../client/types'
import { numbersOf } from '../../domain/embedding/vectors'
import type { Metadata } from '../../domain/request/metadata'
import type { EmbedInput } from '../../domain/request/request'
import { MAKERS_HINTS } from '../outbound/hints'
import { extension, type FieldRules, hintsOf, modelName, readBody } from './body'

const ids = z.array(z.int().nonnegative()).min(1)

/** The fields that are read. What an input may be is the library's to say, too; here stands how it is written. */
export const bodySchema = z.object({
  model: modelName,
  input: z.union([z.string(), z.array(z.string()), ids, z.array(ids)], {
    error: 'write a text, a list of texts, the ids of the tokens of a text, or a list of such lists',
  }),
  encoding_format: z.enum(['float', 'base64'], { error: 'write float or base64' }).optional(),
  dimensions: z.int().positive().optional(),
  holdfast: extension.omit({ restarts: true }).optional(),
})

const RULES: FieldRules = { hints: MAKERS_HINTS['openai-chat'], neutral: {} }

export interface ParsedEmbeddingsRequest {
  request: EmbedRequest
  /** How the vectors are written. */
  format: 'float' | 'base64'
}

/** Throws HoldfastError `invalid_request`, which names each field at fault. */
export function parseEmbeddingsRequest(body: unknown): ParsedEmbeddingsRequest {
  const {
    model,
    input,
    encoding_format = 'float',
    dimensions,
    holdfast = {},
  } = readBody(body, bodySchema, RULES)
  const { providerOptions, metadata, ...own } = holdfast
  const hints = hintsOf('openai-chat', body, RULES)
  return {
    format: encoding_format,
    request: {
      ...own,
      ...(metadata === undefined ? {} : { metadata: metadata as Metadata }),
      route: model,
      input: inputsOf(input),
      ...(dimensions === undefined ? {} : { dimensions }),
      params: {
        ...(providerOptions === undefined ? {} : { providerOptions }),
        ...(hints === undefined ? {} : { hints }),
      },
    },
  }
}

const isIds = (input: readonly unknown[]): input is number[] => typeof input[0] === 'number'

const inputsOf = (input: z.output<typeof bodySchema>['input']): EmbedInput[] => {
  if (typeof input === 'string') return [input]
  return isIds(input) ? [input] : input
}

/**
 * The body as JSON, vector by vector: as numbers those of one request may have 130 MB. `model` names the target that answered,
 * the first one where parts of the inputs have several.
 */
export function* embeddingsBody(
  { vectors, usage, costUsd, generations }: EmbeddedParts,
  format: ParsedEmbeddingsRequest['format'],
): Generator<string> {
  const rest = {
    model: generations[0]?.target ?? '',
    // Their clients add it up without looking.
    usage: { prompt_tokens: usage?.inputTokens ?? 0, total_tokens: usage?.inputTokens ?? 0 },
    holdfast: { costUsd, generations: generations.map(generationFields) },
  }
  yield '{"object":"list","data":['
  for (const [index, vector] of vectors.entries()) {
    const embedding = format === 'base64' ? vector : numbersOf(vector)
    yield `${index === 0 ? '' : ','}${JSON.stringify({ object: 'embedding', index, embedding })}`
  }
  yield `],${JSON.stringify(rest).slice(1)}`
}

const generationFields = ({
  id,
  route,
  target,
  served,
  attempts,
  costUsd,
  timings,
}: EmbeddedParts['generations'][number]) => ({ id, route, target, served, attempts, costUsd, timings })
