/** What must hold between a route's `order`, `sticky`, and its candidates' ranks and weights. */
import type { Path, Problem } from './problems'
import type { FileCandidate, FileRoute } from './schema'

/** @param merged the route with what it inherits */
export function checkRouteOrder(merged: FileRoute, path: Path): Problem[] {
  const { order = 'given', sticky, candidates = [] } = merged
  const blocks = candidates.map(placed)
  return [
    ...blocks.flatMap((one, index) =>
      checkCandidate(order, one, blocks[index - 1], [...path, 'candidates', index]),
    ),
    ...(order === 'weighted' ? checkWeights(blocks, path) : []),
    ...(sticky !== undefined && sticky !== false && order !== 'weighted'
      ? [{ path: [...path, 'sticky'], message: `goes with order: weighted, and the order is ${order}` }]
      : []),
  ]
}

interface Placed {
  weight: number | undefined
  rank: number | undefined
}

const placed = (candidate: FileCandidate): Placed =>
  typeof candidate === 'string'
    ? { weight: undefined, rank: undefined }
    : { weight: candidate.weight, rank: candidate.rank }

/** The list reads from its top to its bottom: an `order: given` must mean what it shows. */
function checkCandidate(
  order: NonNullable<FileRoute['order']>,
  { weight, rank }: Placed,
  above: Placed | undefined,
  path: Path,
): Problem[] {
  const add = (field: string, message: string): Problem => ({ path: [...path, field], message })
  const from = above?.rank ?? 1
  return [
    ...(weight !== undefined && order !== 'weighted'
      ? [add('weight', `counts with order: weighted alone, and the order is ${order}`)]
      : []),
    ...(rank !== undefined && order === 'given'
      ? [add('rank', 'says nothing with order: given, which is the order of the list')]
      : []),
    ...((rank ?? 1) < from
      ? [add('rank', `${rank ?? 1} stands below rank ${from}: list the lower ranks first`)]
      : []),
  ]
}

function checkWeights(blocks: readonly Placed[], path: Path): Problem[] {
  const ranks = [...new Set(blocks.map(({ rank = 1 }) => rank))]
  return ranks.flatMap((rank) => {
    const own = blocks.filter((one) => (one.rank ?? 1) === rank)
    if (own.some(({ weight = 1 }) => weight > 0)) return []
    return [
      {
        path: [...path, 'candidates'],
        message: `all candidates of rank ${rank} have weight 0: give one of them more`,
      },
    ]
  })
}
