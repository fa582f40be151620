/**
 * `import { holdfast } from 'holdfast/ai'`: routes as language models of the AI SDK.
 * `generateText({ model: holdfast('chat') })`. Loads no native code: workers run elsewhere, or under `holdfast/embedded`.
 */
import { type LanguageModelV3, NoSuchModelError, type ProviderV3 } from '@ai-sdk/provider'
import { languageModel } from './ai/model'
import type { HoldfastModelSettings } from './ai/options'
import { createHoldfast, type Holdfast, type HoldfastOptions } from './client'

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
  let made: Promise<Holdfast> | null = null
  const client = async (): Promise<Holdfast> => {
    if ('client' in options) return options.client
    made ??= createHoldfast(options)
    const mine = made
    return mine.catch((error: unknown) => {
      // A config that is wrong may be right at the next call.
      if (made === mine) made = null
      throw error
    })
  }
  const model = (route: string, settings: HoldfastModelSettings = {}): LanguageModelV3 =>
    languageModel(route, settings, client)
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
      const opened = await made?.catch(() => null)
      made = null
      await opened?.close()
    },
  })
}

/** With `holdfast.yaml` and the environment, as `createHoldfast()`. It connects at the first call. */
export const holdfast = createHoldfastProvider()
