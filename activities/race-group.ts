/** The calls of one worker for one generation, where several may run at once. */
import type { CallProviderInput } from '../src/contract/generation'
import type { RaceGroups } from './deps'

export type RaceGroup = ReturnType<RaceGroups['join']>

/** A call that nothing runs beside is in none, nor is one that publishes nothing. */
export const joinRaceGroup = (raceGroups: RaceGroups, { stream }: CallProviderInput): RaceGroup =>
  stream === undefined || stream.exclusive ? NO_RACE_GROUP : raceGroups.join(stream.logId)

/** Its signal is a fresh one each time: one that lives on would keep a listener of every call (see `AbortSignal.any`). */
const NO_RACE_GROUP: RaceGroup = {
  get beaten() {
    return new AbortController().signal
  },
  won: () => undefined,
  leave: () => undefined,
}
