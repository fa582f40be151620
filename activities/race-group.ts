/** The calls of one worker for one generation, where several may run at once. */
import type { CallProviderInput } from '../src/contract/generation'
import type { RaceGroups } from './deps'

export type RaceGroup = ReturnType<RaceGroups['join']>

/** The call is alone where nothing runs beside it, or an older build scheduled it. */
export const joinRaceGroup = (raceGroups: RaceGroups, { place }: CallProviderInput): RaceGroup =>
  place === undefined || place.alone ? NO_RACE_GROUP : raceGroups.join(place.log)

/** Its signal is a fresh one each time: one that lives on would keep a note of every call (see `AbortSignal.any`). */
const NO_RACE_GROUP: RaceGroup = {
  get beaten() {
    return new AbortController().signal
  },
  won: () => undefined,
  leave: () => undefined,
}
