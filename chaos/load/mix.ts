/** The kinds of callers, and how many there are of each. */

export interface CallerKind {
  name: string
  route: 'default' | 'hedged' | 'cached' | 'probed'
  /** `started`: POST /v1/generations, then asked for by its id. */
  way: 'whole' | 'stream' | 'started'
  keyed: boolean
  /** It takes a `restart` in a stream, and forgets what it had. */
  restarts: boolean
  /** Of ten or so. */
  weight: number
}

const kind = (name: string, weight: number, own: Partial<CallerKind>): CallerKind => ({
  ...{ name, weight, route: 'default', way: 'whole', keyed: true, restarts: false },
  ...own,
})

export const MIX: readonly CallerKind[] = [
  kind('whole', 2, {}),
  kind('whole without key', 1, { keyed: false }),
  kind('stream', 2, { way: 'stream' }),
  kind('stream with restarts', 2, { way: 'stream', restarts: true }),
  kind('stream without key', 1, { way: 'stream', keyed: false }),
  kind('started', 2, { way: 'started' }),
  kind('hedged', 1, { route: 'hedged' }),
  kind('cached', 1, { route: 'cached' }),
  kind('probed', 1, { route: 'probed' }),
]

/** `random`: from 0 to 1. */
export function pick(random: () => number, mix: readonly CallerKind[] = MIX): CallerKind {
  let left = random() * mix.reduce((sum, { weight }) => sum + weight, 0)
  for (const one of mix) {
    left -= one.weight
    if (left < 0) return one
  }
  const last = mix.at(-1)
  if (last === undefined) throw new Error('the mix is empty')
  return last
}
