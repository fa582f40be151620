/** A route as a language model of the AI SDK, by either version of its specification. */
import type { Holdfast } from '../client'
import { internalOf } from '../client/internal'
import {
  contentOf,
  finishReasonOf,
  type GenerateResult,
  metadataOf,
  responseOf,
  type StreamPart,
  usageOf,
} from './answer'
import type { CallOptions } from './call'
import { toApiCallError } from './errors'
import type { HoldfastModelSettings } from './options'
import { requestOf } from './request'
import { partsOf } from './stream'

/** Images by URL go to the provider as they are. */
const SUPPORTED_URLS = { 'image/*': [/^https?:\/\//] }

/** `v3` for AI SDK 6, `v4` for AI SDK 7: they differ in what a call says, and what we answer is the same in both. */
export type SpecificationVersion = 'v3' | 'v4'

export interface HoldfastModel<Version extends SpecificationVersion> {
  specificationVersion: Version
  provider: string
  modelId: string
  supportedUrls: { [mediaType: string]: RegExp[] }
  doGenerate(options: CallOptions): Promise<GenerateResult>
  doStream(options: CallOptions): Promise<{ stream: ReadableStream<StreamPart> }>
}

/** `client` is called for each call: the first one may have to make it. */
export function languageModel<Version extends SpecificationVersion>(
  specificationVersion: Version,
  route: string,
  settings: HoldfastModelSettings,
  client: () => Promise<Holdfast>,
): HoldfastModel<Version> {
  const translated = async <T>(signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> => {
    try {
      return await work()
    } catch (error) {
      throw toApiCallError(error, route, signal)
    }
  }

  const doGenerate = (options: CallOptions): Promise<GenerateResult> =>
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

  const doStream = (options: CallOptions): Promise<{ stream: ReadableStream<StreamPart> }> =>
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
    specificationVersion,
    provider: 'holdfast',
    modelId: route,
    supportedUrls: SUPPORTED_URLS,
    doGenerate,
    doStream,
  }
}

/** Whoever leaves it aborts `left`: that ends the wait under way, and a generation that nobody else can wait for. */
function streamOf(parts: AsyncGenerator<StreamPart>, left: AbortController): ReadableStream<StreamPart> {
  return new ReadableStream<StreamPart>({
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
