/**
 * `import { holdfast } from 'holdfast/ai7'`: as `holdfast/ai`, by version 4 of the AI SDK's specification, that of AI SDK 7: with
 * the effort that a call says as `reasoning`, and without the SDK's translation in between.
 */
import type { EmbeddingModel, LanguageModel } from 'ai'
import type { HoldfastEmbeddingSettings } from './ai/embedding-model'
import type { HoldfastModelSettings } from './ai/options'
import { createProvider, type HoldfastProviderOptions } from './ai/provider'

export type { HoldfastEmbeddingSettings } from './ai/embedding-model'
export type { HoldfastCallOptions, HoldfastModelSettings } from './ai/options'
export type { HoldfastProviderOptions } from './ai/provider'

/** Of the user's own copy of `ai`: the package that has it by name can't be loaded by `require`. */
export type LanguageModelV4 = Extract<LanguageModel, { specificationVersion: 'v4' }>

export type EmbeddingModelV4 = Extract<EmbeddingModel, { specificationVersion: 'v4' }>

export interface HoldfastProvider {
  specificationVersion: 'v4'
  /** `route`: a route's name, or a target (`provider/model`). */
  (route: string, settings?: HoldfastModelSettings): LanguageModelV4
  languageModel(route: string, settings?: HoldfastModelSettings): LanguageModelV4
  /** `route`: a route of kind embeddings, or a target. */
  embeddingModel(route: string, settings?: HoldfastEmbeddingSettings): EmbeddingModelV4
  imageModel(modelId: string): never
  /** Closes the client that it made; one that was given stays open. */
  close(): Promise<void>
}

export const createHoldfastProvider = (options: HoldfastProviderOptions = {}): HoldfastProvider =>
  createProvider('v4', options)

/** With `holdfast.yaml` and the environment, as `createHoldfast()`. It connects at the first call. */
export const holdfast = createHoldfastProvider()
