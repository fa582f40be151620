/** All routes as a provider of the AI SDK: what `holdfast/ai` and `holdfast/ai7` share. */
import { NoSuchModelError } from '@ai-sdk/provider'
import { createHoldfast, type Holdfast, type HoldfastOptions } from '../client'
import { openOnce } from '../util/async'
import {
  embeddingModel,
  type HoldfastEmbeddingModel,
  type HoldfastEmbeddingSettings,
} from './embedding-model'
import { type HoldfastModel, languageModel, type SpecificationVersion } from './model'
import type { HoldfastModelSettings } from './options'

/** A client to use, or how to make one at the first call. */
export type HoldfastProviderOptions = { client: Holdfast } | HoldfastOptions

export function createProvider<Version extends SpecificationVersion>(
  specificationVersion: Version,
  options: HoldfastProviderOptions,
) {
  // A config that is wrong may be right at the next call; closed, it makes another client.
  const make = () => openOnce(async () => ('client' in options ? options.client : createHoldfast(options)))
  let made = make()
  const model = (route: string, settings: HoldfastModelSettings = {}): HoldfastModel<Version> =>
    languageModel(specificationVersion, route, settings, () => made.get())
  const imageModel = (modelId: string): never => {
    throw new NoSuchModelError({ modelId, modelType: 'imageModel' })
  }
  return Object.assign(model, {
    specificationVersion,
    languageModel: model,
    embeddingModel: (
      route: string,
      settings: HoldfastEmbeddingSettings = {},
    ): HoldfastEmbeddingModel<Version> =>
      embeddingModel(specificationVersion, route, settings, () => made.get()),
    imageModel,
    async close() {
      if ('client' in options) return
      const opened = made.opened()
      made = make()
      await (await opened)?.close()
    },
  })
}
