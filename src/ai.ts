/**
 * `import { holdfast } from 'holdfast/ai'`: routes as models of AI SDK 6; 7 takes them too.
 * `generateText({ model: holdfast('chat') })`. Loads no native code: workers run elsewhere, or under `holdfast/embedded`.
 */
import type { EmbeddingModelV3, LanguageModelV3, ProviderV3 } from '@ai-sdk/provider'
import type { HoldfastEmbeddingSettings } from './ai/embedding-model'
import type { HoldfastModelSettings } from './ai/options'
import { createProvider, type HoldfastProviderOptions } from './ai/provider'

export type { HoldfastEmbeddingSettings } from './ai/embedding-model'
export type { HoldfastCallOptions, HoldfastModelSettings } from './ai/options'
export type { HoldfastProviderOptions } from './ai/provider'

export interface HoldfastProvider extends ProviderV3 {
  /** `route`: a route's name, or a target (`provider/model`). */
  (route: string, settings?: HoldfastModelSettings): LanguageModelV3
  languageModel(route: string, settings?: HoldfastModelSettings): LanguageModelV3
  /** `route`: a route of kind embeddings, or a target. */
  embeddingModel(route: string, settings?: HoldfastEmbeddingSettings): EmbeddingModelV3
  /** Closes the client that it made; one that was given stays open. */
  close(): Promise<void>
}

export const createHoldfastProvider = (options: HoldfastProviderOptions = {}): HoldfastProvider =>
  createProvider('v3', options)

/** With `holdfast.yaml` and the environment, as `createHoldfast()`. It connects at the first call. */
export const holdfast = createHoldfastProvider()
