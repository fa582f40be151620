/**
 * The vectors of many inputs: part by part (src/domain/embedding/parts.ts), each part a generation of its own.
 *
 * EMBED-1 All that can be wrong with an input is an error before anything is sent.
 * EMBED-2 All or nothing: where a part fails, so does the whole. Parts that others may wait for go on (an idempotency key, a
 *    route that coalesces); the rest are hung up on.
 * EMBED-3 Vectors that could not be compared with each other are never returned side by side.
 */
import { type Config, resolveRoute } from '../config'
import { HoldfastError, invalidRequest } from '../contract/errors'
import { MAX_REQUEST_BYTES } from '../contract/generation'
import { dimensionsOn, MAX_INPUTS, partsOf } from '../domain/embedding/parts'
import { dimensionsOf, numbersOf } from '../domain/embedding/vectors'
import { jsonBytes } from '../domain/request/json'
import type { EmbedInput } from '../domain/request/request'
import type { Usage } from '../domain/streaming/answer'
import { checkEmbedTask } from '../request'
import { createSemaphore } from '../util/semaphore'
import type { InternalHoldfast } from './internal'
import type { Embeddings, EmbedRequest, Generation } from './types'

/** Enough that one request is not waited for part by part, few enough that it is no flood. */
const PARTS_AT_ONCE = 4

/** With vectors as they travel (src/domain/embedding/vectors.ts). */
export interface EmbeddedParts extends Omit<Embeddings, 'embeddings'> {
  vectors: string[]
}

export interface EmbedDeps {
  config: Config
  open: InternalHoldfast['open']
}

/** Throws HoldfastError. */
export async function embed({ config, open }: EmbedDeps, wanted: EmbedRequest): Promise<EmbeddedParts> {
  const { input, dimensions, signal, idempotencyKey, ...how } = wanted
  const inputs = checkedInputs(input, dimensions)
  const route = resolveRoute(config, how.route)
  // EMBED-1. An unknown route is refused with the first part.
  const parts = partsOf(inputs, dimensionsOn(route.ok ? route.route : { candidates: [] }, dimensions))
  const failed = new AbortController()
  const turn = createSemaphore(PARTS_AT_ONCE)
  const ended = await Promise.allSettled(
    parts.map((part, index) =>
      turn(async () => {
        if (failed.signal.aborted) throw failed.signal.reason
        const running = await open({
          ...how,
          idempotencyKey: keyOf(idempotencyKey, index),
          signal: signal === undefined ? failed.signal : AbortSignal.any([signal, failed.signal]),
          task: { type: 'embed', input: part, ...(dimensions === undefined ? {} : { dimensions }) },
        })
        return await running.result()
      }).catch((error: unknown) => {
        // EMBED-2
        if (!failed.signal.aborted) failed.abort(parts.length === 1 ? error : ofPart(error, parts, index))
        throw error
      }),
    ),
  )
  if (failed.signal.aborted) throw failed.signal.reason
  return together(ended.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : [])))
}

/** EMBED-1 */
function checkedInputs(input: EmbedRequest['input'], dimensions: number | undefined): EmbedInput[] {
  const inputs = typeof input === 'string' ? [input] : [...input]
  if (inputs.length > MAX_INPUTS)
    throw invalidRequest(`The request has ${inputs.length} inputs, the most is ${MAX_INPUTS}`)
  const task = checkEmbedTask({ type: 'embed', input: inputs, dimensions })
  const large = task.input.findIndex((one) => jsonBytes(one) > MAX_INPUT_BYTES)
  if (large < 0) return task.input
  throw invalidRequest(
    `input.${large} has more than ${MAX_INPUT_BYTES} bytes, the most that one input may have`,
  )
}

/** Around it stands little more in a request. */
const MAX_INPUT_BYTES = MAX_REQUEST_BYTES - 64 * 1024

/** The first one's is the caller's own: another request under it is a conflict. */
const keyOf = (key: string | undefined, index: number): string | undefined =>
  key === undefined || index === 0 ? key : `${key}\nfrom part ${index}`

function ofPart(error: unknown, parts: readonly EmbedInput[][], index: number): unknown {
  if (!(error instanceof HoldfastError)) return error
  const from = parts.slice(0, index).reduce((sum, part) => sum + part.length, 0)
  const until = from + (parts[index]?.length ?? 1) - 1
  const { kind, accepted, generationId, webUrl, failureClass, attempts, retryAt, cause } = error
  return new HoldfastError({
    ...{ kind, accepted, generationId, webUrl, failureClass, attempts: [...attempts], cause },
    retryAt: retryAt?.getTime() ?? null,
    message: `input.${from} to input.${until}: ${error.message}`,
  })
}

function together(results: readonly Generation[]): EmbeddedParts {
  const vectors = results.flatMap(({ embeddings = [] }) => embeddings)
  const sizes = new Set(vectors.map(dimensionsOf))
  // EMBED-3
  if (sizes.size > 1)
    throw new HoldfastError({
      kind: 'all_failed',
      message: `The parts have vectors of ${[...sizes].join(' and ')} numbers, which can't be compared: name \`dimensions\``,
      accepted: true,
      failureClass: 'bad_response',
    })
  return {
    vectors,
    usage: sumOf(results.map(({ usage }) => usage)),
    costUsd: allOf(results.map(({ costUsd }) => costUsd))?.reduce((sum, cost) => sum + cost, 0) ?? null,
    generations: results.map(({ embeddings: _vectors, ...rest }) => rest),
  }
}

/** null: one of them is. */
const allOf = <T>(values: readonly (T | null)[]): T[] | null => {
  const known = values.filter((value) => value !== null)
  return known.length === values.length ? known : null
}

function sumOf(usages: readonly (Usage | null)[]): Usage | null {
  const tokens = allOf(usages)?.reduce((sum, { inputTokens }) => sum + inputTokens, 0)
  return tokens === undefined ? null : { inputTokens: tokens, outputTokens: 0 }
}

export const withNumbers = ({ vectors, ...rest }: EmbeddedParts): Embeddings => ({
  embeddings: vectors.map(numbersOf),
  ...rest,
})
