/**
 * Many inputs in parts, each a generation of its own: the vectors of one part fit into what Temporal carries and the cache
 * keeps, and a part that has its vectors is not paid again because another one failed.
 *
 * PARTS-1 Equal requests have equal parts: their cache keys, and their ids under a key, are the same.
 */
import { jsonBytes } from '../request/json'
import type { EmbedInput } from '../request/request'
import type { Route } from '../routing/route'
import { vectorChars } from './vectors'

/** Inputs of one request, as OpenAI's API has it. */
export const MAX_INPUTS = 2_048

/** Of one vector that is requested: above those of all models (12,288), and a part has five of them still. */
export const MAX_DIMENSIONS = 16_384

/** Of a part's vectors: Temporal warns of each payload over 512 KiB. The cache keeps answers of 1 MiB. */
const MAX_VECTOR_BYTES = 480 * 1024

/** Of a part's inputs. OpenAI takes 300,000 tokens a call: texts have at least one byte and mostly three for a token. */
const MAX_INPUT_BYTES = 384 * 1024

/** Where nobody says how many numbers a vector has: more than those of widely used models (768 to 4,096). */
const ASSUMED_DIMENSIONS = 4_096

/** In JSON a vector stands between quotes and before a comma. */
const AROUND_VECTOR_BYTES = 3

/** How many numbers a vector of this route has at most, as far as is known. */
export function dimensionsOn(
  { candidates }: Pick<Route, 'candidates'>,
  requested: number | undefined,
): number {
  if (requested !== undefined) return requested
  const known = candidates.map(({ facts }) => facts.dimensions ?? ASSUMED_DIMENSIONS)
  return Math.max(1, ...known)
}

/** One part at least. An input that is too long by itself is a part of its own: the provider says so. */
export function partsOf(input: readonly EmbedInput[], dimensions: number): EmbedInput[][] {
  const most = Math.max(1, Math.floor(MAX_VECTOR_BYTES / (vectorChars(dimensions) + AROUND_VECTOR_BYTES)))
  const parts: EmbedInput[][] = []
  let bytes = 0
  for (const one of input) {
    const size = jsonBytes(one) + 1
    const last = parts.at(-1)
    if (last === undefined || last.length >= most || bytes + size > MAX_INPUT_BYTES) {
      parts.push([one])
      bytes = size
    } else {
      last.push(one)
      bytes += size
    }
  }
  return parts
}
