/** A route as a language model of the AI SDK. */
import type {
  LanguageModelV3,
  LanguageModelV3CallOptions,
  LanguageModelV3GenerateResult,
  LanguageModelV3StreamPart,
  LanguageModelV3StreamResult,
} from '@ai-sdk/provider'
import type { Holdfast } from '../client'
import { internalOf } from '../client/internal'
import { contentOf, finishReasonOf, metadataOf, responseOf, usageOf } from './answer'
import { toApiCallError } from './errors'
import type { HoldfastModelSettings } from './options'
import { requestOf } from './request'
import { partsOf } from './stream'

/** Images by URL go to the provider as they are. */
const SUPPORTED_URLS = { 'image/*': [/^https?:\/\//] }

/** `client` is called for each call: the first one may have to make it. */
export function languageModel(
  route: string,
  settings: HoldfastModelSettings,
  client: () => Promise<Holdfast>,
): LanguageModelV3 {
  const translated = async <T>(signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> => {
    try {
      return await work()
    } catch (error) {
      throw toApiCallError(error, route, signal)
    }
  }

  const doGenerate = (options: LanguageModelV3CallOptions): Promise<LanguageModelV3GenerateResult> =>
    translated(options.abortSignal, async () => {
      const { request, warnings } = requestOf(route, settings, options)
      const running = await internalOf(await client()).open(request)
      const result = await running.result()
      return {
        content: contentOf(result),
        finishReason: finishReasonOf(result.finishReason),
        usage: usageOf(result.usage),
        providerMetadata: metadataOf(result),
        response: responseOf(result),
        warnings,
      }
    })

  const doStream = (options: LanguageModelV3CallOptions): Promise<LanguageModelV3StreamResult> =>
    translated(options.abortSignal, async () => {
      const { request, warnings } = requestOf(route, settings, options)
      const left = new AbortController()
      const { signal } = request
      const running = await internalOf(await client()).open({
        ...request,
        stream: true,
        signal: signal === undefined ? left.signal : AbortSignal.any([signal, left.signal]),
      })
      const toError = (error: unknown) => toApiCallError(error, route, options.abortSignal)
      const parts = partsOf(running.events(), warnings, toError)
      return { stream: streamOf(parts, left) }
    })

  return {
    specificationVersion: 'v3',
    provider: 'holdfast',
    modelId: route,
    supportedUrls: SUPPORTED_URLS,
    doGenerate,
    doStream,
  }
}

/** Whoever leaves it aborts `left`: that ends the wait under way, and a generation that nobody else can wait for. */
function streamOf(
  parts: AsyncGenerator<LanguageModelV3StreamPart>,
  left: AbortController,
): ReadableStream<LanguageModelV3StreamPart> {
  return new ReadableStream<LanguageModelV3StreamPart>({
    async pull(controller) {
      const { done, value } = await parts.next()
      if (done) controller.close()
      else controller.enqueue(value)
    },
    async cancel() {
      left.abort()
      // To the error that the abort comes to: only a reader of the next event notices it.
      for await (const _ of parts);
    },
  })
}
