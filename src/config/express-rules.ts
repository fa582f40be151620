/** What must hold of a route with `express`. */
import type { Path, Problem } from './problems'
import type { FileRoute } from './schema'

/** @param merged the route with what it inherits */
export function checkExpress(merged: FileRoute, path: Path): Problem[] {
  const { express, strategy = 'sequence', candidates = [] } = merged
  if (!express) return []
  return [
    ...(strategy === 'sequence'
      ? []
      : [
          {
            path: [...path, 'express'],
            message: 'goes with strategy: sequence alone: a call in the lane can’t overlap others',
          },
        ]),
    ...candidates.flatMap((candidate, index) =>
      typeof candidate === 'object' && candidate.background
        ? [
            {
              path: [...path, 'candidates', index, 'background'],
              message: 'a call of the express lane is not read on after a loss: drop express or background',
            },
          ]
        : [],
    ),
  ]
}
