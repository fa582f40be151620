/**
 * Chance without chance: who stands first is drawn by a seed, so that a retry, a replay and a re-enactment draw the same.
 *
 * DRAW-1 One of weight 5 stands before one of weight 3 in five of eight draws, whoever else is there: leaving one out moves
 *    only the seeds that it would have had (weighted rendezvous hashing).
 * DRAW-2 Those of weight 0 stand last, as they were given.
 */

const FNV_PRIME = 0x01000193
const FNV_BASIS = 0x811c9dc5
const OTHER_BASIS = 0x9747b28c
const TWO_TO_32 = 0x1_0000_0000
const TWO_TO_53 = 0x20_0000_0000_0000

/** FNV-1a over UTF-16 units, finished by MurmurHash3's mix, without which texts that end alike have numbers near each other. */
function hash32(text: string, basis: number): number {
  let hash = basis
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), FNV_PRIME)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}

/** In (0, 1), the same for the same text in every process. No cryptography: whoever chooses the text chooses the number. */
export function shareOf(text: string): number {
  const bits = (hash32(text, FNV_BASIS) >>> 11) * TWO_TO_32 + hash32(text, OTHER_BASIS)
  return (bits + 0.5) / TWO_TO_53
}

/** A copy in the order drawn. */
export function drawn<T>(
  all: readonly T[],
  seed: string,
  of: (one: T) => { name: string; weight: number },
): T[] {
  const scored = all.map((one) => {
    const { name, weight } = of(one)
    // The first of independent exponential waits, of which `weight` is the rate.
    return {
      one,
      score: weight === 0 ? Number.POSITIVE_INFINITY : -Math.log(shareOf(`${name}\n${seed}`)) / weight,
    }
  })
  // Infinity less itself is no number.
  return scored.sort((a, b) => (a.score === b.score ? 0 : a.score - b.score)).map(({ one }) => one)
}
