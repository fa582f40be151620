/** What is ours to say beside the AI SDK's own settings: of a model, or of one call in `providerOptions.holdfast`. */
import { InvalidArgumentError } from '@ai-sdk/provider'
import type { JsonObject, Params } from '../client'
import type { StreamRequest } from '../client/types'
import type { CallOptions } from './call'

export interface HoldfastModelSettings extends Pick<Params, 'reasoningEffort' | 'providerOptions'> {
  /** Within what the route allows; durations as text. Default: the route as it is. */
  override?: StreamRequest['override']
  /** As of the library's request. Default: `default`. */
  cache?: StreamRequest['cache']
  /** Beside the call, for no provider: as of the library's request. Default: none. */
  metadata?: StreamRequest['metadata']
}

export interface HoldfastCallOptions extends HoldfastModelSettings {
  /** The same key and the same call: the same generation. Each step of a loop over tools has its own under it. Default: none. */
  idempotencyKey?: string
}

const KNOWN: { readonly [name in keyof Required<HoldfastCallOptions>]: true } = {
  override: true,
  cache: true,
  metadata: true,
  idempotencyKey: true,
  reasoningEffort: true,
  providerOptions: true,
}

/**
 * The call's own options. Their values are checked with the request; a name that is none is refused here.
 * Throws InvalidArgumentError.
 */
export const callOptions = (options: CallOptions): HoldfastCallOptions =>
  ownOptions<HoldfastCallOptions>(options, KNOWN)

/** As `callOptions`, of those that are `known`. */
export function ownOptions<Options>(
  { providerOptions }: Pick<CallOptions, 'providerOptions'>,
  known: { readonly [name in keyof Required<Options>]: true },
): Options {
  const own: JsonObject = (providerOptions?.holdfast ?? {}) as JsonObject
  const unknown = Object.keys(own).filter((name) => !Object.hasOwn(known, name))
  if (unknown.length > 0)
    throw new InvalidArgumentError({
      argument: 'providerOptions.holdfast',
      message: `providerOptions.holdfast has no ${unknown.join(', ')}: it takes ${Object.keys(known).join(', ')}`,
    })
  return own as Options
}
