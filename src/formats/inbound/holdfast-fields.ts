/** The `holdfast` object: what only we report, beside the fields that a dialect has. */
import type { HoldfastError } from '../../contract/errors'
import type { Answered } from './types'

/** In answers. Moments in epoch milliseconds. */
export function answerFields(result: Answered) {
  const {
    id,
    route,
    target,
    served,
    attempts,
    costUsd,
    webUrl,
    timings,
    cacheAgeMs,
    durable,
    finishReason,
    leftOut,
  } = result
  return {
    id,
    route,
    target,
    served,
    attempts,
    costUsd,
    finishReason,
    timings,
    ...(webUrl === undefined ? {} : { webUrl }),
    ...(cacheAgeMs === undefined ? {} : { cacheAgeMs }),
    ...(durable === undefined ? {} : { durable }),
    ...(leftOut === undefined ? {} : { leftOut }),
  }
}

/** In errors. `retryAt` in epoch milliseconds. */
export function errorFields({
  kind,
  accepted,
  generationId,
  webUrl,
  failureClass,
  attempts,
  retryAt,
}: HoldfastError) {
  return {
    kind,
    accepted,
    generationId,
    ...(webUrl === null ? {} : { webUrl }),
    failureClass,
    attempts,
    retryAt: retryAt?.getTime() ?? null,
  }
}
