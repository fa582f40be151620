/** A route of kind embeddings, or a target, as an embedding model of the AI SDK. */
import { createHash } from 'node:crypto'
import type { EmbeddingModelV3, EmbeddingModelV3CallOptions, EmbeddingModelV3Result } from '@ai-sdk/provider'
import type { EmbedRequest, Holdfast } from '../client'
import { MAX_INPUTS } from '../domain/embedding/parts'
import { toApiCallError } from './errors'
import type { SpecificationVersion } from './model'
import { ownOptions } from './options'

export interface HoldfastEmbeddingSettings
  extends Pick<EmbedRequest, 'override' | 'cache' | 'dimensions' | 'metadata'>,
    Pick<NonNullable<EmbedRequest['params']>, 'providerOptions'> {}

/** Version 4 has the same model. */
export type HoldfastEmbeddingModel<Version> = Omit<EmbeddingModelV3, 'specificationVersion'> & {
  readonly specificationVersion: Version
}

interface CallOptions extends HoldfastEmbeddingSettings {
  idempotencyKey?: string
}

const KNOWN: { readonly [name in keyof Required<CallOptions>]: true } = {
  override: true,
  cache: true,
  dimensions: true,
  metadata: true,
  providerOptions: true,
  idempotencyKey: true,
}

/** `client` is called for each call: the first one may have to make it. */
export function embeddingModel<Version extends SpecificationVersion>(
  specificationVersion: Version,
  route: string,
  settings: HoldfastEmbeddingSettings,
  client: () => Promise<Holdfast>,
): HoldfastEmbeddingModel<Version> {
  const doEmbed = async (options: EmbeddingModelV3CallOptions): Promise<EmbeddingModelV3Result> => {
    const { values, abortSignal } = options
    try {
      const holdfast = await client()
      const result = await holdfast.embed({
        route,
        input: values,
        signal: abortSignal,
        ...wanted(settings, options),
      })
      const { embeddings, usage, costUsd, generations } = result
      const facts = generations.map(({ id, target, served, attempts }) => ({ id, target, served, attempts }))
      return {
        embeddings,
        ...(usage === null ? {} : { usage: { tokens: usage.inputTokens } }),
        // As JSON has it: what is undefined is not there.
        providerMetadata: { holdfast: JSON.parse(JSON.stringify({ route, costUsd, generations: facts })) },
        warnings: [],
      }
    } catch (error) {
      throw toApiCallError(error, route, abortSignal)
    }
  }
  return {
    specificationVersion,
    provider: 'holdfast',
    modelId: route,
    maxEmbeddingsPerCall: MAX_INPUTS,
    supportsParallelCalls: true,
    doEmbed,
  }
}

function wanted(
  settings: HoldfastEmbeddingSettings,
  options: EmbeddingModelV3CallOptions,
): Partial<EmbedRequest> {
  const own: CallOptions = { ...settings, ...ownOptions<CallOptions>(options, KNOWN) }
  const { providerOptions, idempotencyKey: key, ...rest } = own
  return {
    ...rest,
    ...(providerOptions === undefined ? {} : { params: { providerOptions } }),
    ...(key === undefined ? {} : { idempotencyKey: keyOfCall(key, options.values) }),
  }
}

/** `embedMany` parts its values: each call has its own key under the caller's. */
const keyOfCall = (key: string, values: readonly string[]): string =>
  `${key} ${createHash('sha256').update(JSON.stringify(values)).digest('hex')}`
