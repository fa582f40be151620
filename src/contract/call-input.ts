/** A call as any build has scheduled it: it may have waited across a deploy. */
import type { CallProviderInput, EarlierCallInput } from './generation'

/** In today's form. */
export function readCallInput(given: CallProviderInput | EarlierCallInput): CallProviderInput {
  if (typeof given.stream !== 'boolean') return given
  const { stream: streaming, place, ...rest } = given
  const stream = place && { logId: place.log, sequence: place.order, exclusive: place.alone }
  return { ...rest, streaming, stream }
}
