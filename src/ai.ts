/**
 * `import { holdfast } from 'holdfast/ai'`: routes as language models of the AI SDK.
 * `generateText({ model: holdfast('chat') })`. Loads no native code: workers run elsewhere, or under `holdfast/embedded`.
 */
import { type LanguageModelV3, NoSuchModelError, type ProviderV3 } from '@ai-sdk/provider'
import { languageModel } from './ai/model'
import type { HoldfastModelSettings } from './ai/options'
import { createHoldfast, type Holdfast, type HoldfastOptions } from './client'
import { openOnce } from './util/async'

export type { HoldfastCallOptions, HoldfastModelSettings } from './ai/options'

export interface HoldfastProvider extends ProviderV3 {
  /** `route`: a route's name, or a target (`provider/model`). */
  (route: string, settings?: HoldfastModelSettings): LanguageModelV3
  languageModel(route: string, settings?: HoldfastModelSettings): LanguageModelV3
  /** Closes the client that it made; one that was given stays open. */
  close(): Promise<void>
}

/** A client to use, or how to make one at the first call. */
export type HoldfastProviderOptions = { client: Holdfast } | HoldfastOptions

export function createHoldfastProvider(options: HoldfastProviderOptions = {}): HoldfastProvider {
  // A config that is wrong may be right at the next call; closed, it makes another client.
  const make = () => openOnce(async () => ('client' in options ? options.client : createHoldfast(options)))
  let made = make()
  const model = (route: string, settings: HoldfastModelSettings = {}): LanguageModelV3 =>
    languageModel(route, settings, () => made.get())
  const none =
    (modelType: 'embeddingModel' | 'imageModel') =>
    (modelId: string): never => {
      throw new NoSuchModelError({ modelId, modelType })
    }
  return Object.assign(model, {
    specificationVersion: 'v3' as const,
    languageModel: model,
    embeddingModel: none('embeddingModel'),
    imageModel: none('imageModel'),
    async close() {
      if ('client' in options) return
      const opened = made.opened()
      made = make()
      await (await opened)?.close()
    },
  })
}

/** With `holdfast.yaml` and the environment, as `createHoldfast()`. It connects at the first call. */
export const holdfast = createHoldfastProvider()
