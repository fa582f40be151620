/**
 * What may happen to a log, DELIVERY-LOG-1 to DELIVERY-LOG-5 of `types.ts` as pure steps: the log in process runs them as they stand, and
 * `scripts.ts` says the same in Lua.
 */
import type { AttemptRecord } from '../../domain/routing/attempt'
import type { Appended, Commit, ContentEvent, DeliveryEvent, Epoch } from './types'

export interface LogState {
  /** Since the last restart. */
  text: string
  /** Since the last restart. */
  reasoned: boolean
  /** Lower sequences are over. */
  floor: number
  /** So many appends, by whichever call. */
  said: number
  /** By sequence: the latest attempt that was opened, and of how many appends it knows what they made of the text. */
  calls: ReadonlyMap<number, { attempt: number; over: boolean; knows: number }>
  leader: Epoch | null
  commit: Commit | null
}

/** What a step says, the state after it, and the events that it adds. */
export interface Step<R> {
  result: R
  state: LogState
  events: DeliveryEvent[]
}

export const NEW_LOG: LogState = {
  text: '',
  reasoned: false,
  floor: 0,
  said: 0,
  calls: new Map(),
  leader: null,
  commit: null,
}

/** Far more events than one call can have: an answer has at most 1.9 MiB. */
const EVENTS_PER_CALL = 10_000_000
/** Far more attempts than a candidate has. With 900,000 candidates still a whole number (2^53). */
const ATTEMPTS_PER_SEQUENCE = 1_000

/**
 * The position before the first one. It is 0 but for a log that begins with a later call than the generation's first:
 * there may have been one before, with the first call's words, which is lost. No position of it occurs again (DELIVERY-LOG-4).
 */
export const baseOf = ({ sequence, attempt }: Epoch): number =>
  ((sequence - 1) * ATTEMPTS_PER_SEQUENCE + Math.min(attempt - 1, ATTEMPTS_PER_SEQUENCE - 1)) *
  EVENTS_PER_CALL

const same = (a: Epoch | null, b: Epoch): boolean =>
  a !== null && a.sequence === b.sequence && a.attempt === b.attempt

/** DELIVERY-LOG-1 */
function superseded(state: LogState, { sequence, attempt }: Epoch): boolean {
  const call = state.calls.get(sequence)
  // Those below the floor are not among the calls.
  return call === undefined || call.over || call.attempt !== attempt
}

const unchanged = <R>(state: LogState, result: R): Step<R> => ({ result, state, events: [] })

/** Opening the same epoch again is no error: an answer of the store may have got lost. */
export function open(
  state: LogState,
  { sequence, attempt }: Epoch,
  exclusive: boolean,
): Step<'committed' | 'superseded' | 'open'> {
  if (state.commit !== null) return unchanged(state, 'committed')
  const known = state.calls.get(sequence)
  const late = known !== undefined && (known.attempt > attempt || (known.attempt === attempt && known.over))
  if (sequence < state.floor || late) return unchanged(state, 'superseded')
  const floor = exclusive ? sequence : state.floor
  const { leader } = state
  const leads =
    leader !== null &&
    leader.sequence >= floor &&
    (leader.sequence !== sequence || leader.attempt === attempt)
  const calls = new Map([...state.calls].filter(([one]) => one >= floor))
  calls.set(sequence, { attempt, over: false, knows: state.said })
  return { result: 'open', state: { ...state, floor, calls, leader: leads ? leader : null }, events: [] }
}

export function append(state: LogState, epoch: Epoch, events: readonly ContentEvent[]): Step<Appended> {
  if (state.commit !== null) return unchanged(state, 'committed')
  if (superseded(state, epoch)) return unchanged(state, 'superseded')
  // DELIVERY-LOG-2
  if (state.leader !== null && !same(state.leader, epoch)) return unchanged(state, 'led')
  if (state.leader === null && state.calls.get(epoch.sequence)?.knows !== state.said)
    return { result: behind(state), state: caughtUp(state, epoch), events: [] }
  if (events.length === 0) return unchanged(state, 'appended')
  const { keeps, text, reasoned } = contentOf(events)
  return {
    result: 'appended',
    state: {
      ...state,
      leader: epoch,
      said: state.said + 1,
      text: keeps ? state.text + text : text,
      reasoned: (keeps && state.reasoned) || reasoned,
    },
    events: [...events],
  }
}

const behind = ({ text, reasoned }: LogState): Appended => ({ state: 'behind', text, reasoned })

const caughtUp = (state: LogState, { sequence, attempt }: Epoch): LogState => ({
  ...state,
  calls: new Map(state.calls).set(sequence, { attempt, over: false, knows: state.said }),
})

/** What events make of the text before them: does it still count, and what comes on top? */
export function contentOf(events: readonly ContentEvent[]): {
  keeps: boolean
  text: string
  reasoned: boolean
} {
  const restart = events.findLastIndex(({ type }) => type === 'restart')
  const since = restart < 0 ? events : events.slice(restart + 1)
  return {
    keeps: restart < 0,
    text: since.map((event) => (event.type === 'text' ? event.text : '')).join(''),
    reasoned: since.some(({ type }) => type === 'reasoning' || type === 'opaque'),
  }
}

export function fail(state: LogState, epoch: Epoch, record: AttemptRecord): Step<void> {
  if (state.commit !== null || superseded(state, epoch)) return unchanged(state, undefined)
  return { result: undefined, state: ended(state, epoch), events: [{ type: 'attempt', record }] }
}

const ended = (state: LogState, { sequence, attempt }: Epoch): LogState => ({
  ...state,
  calls: new Map(state.calls).set(sequence, { attempt, over: true, knows: state.said }),
  leader: same(state.leader, { sequence, attempt }) ? null : state.leader,
})

/** DELIVERY-LOG-3. A call that does not lead may commit as well: the first whole answer wins, and DELIVERY-LOG-5 then wants a restart. */
export function commit(state: LogState, epoch: Epoch, own: Commit): Step<Commit | null> {
  if (state.commit !== null) return unchanged(state, state.commit)
  if (superseded(state, epoch)) return unchanged(state, null)
  const begun = own.answer.text.startsWith(state.text)
  return {
    result: own,
    state: { ...state, leader: null, commit: own, text: '' },
    events: [
      // DELIVERY-LOG-5
      ...(begun ? [] : [{ type: 'restart', target: own.target } as const]),
      { type: 'committed', commit: own },
    ],
  }
}

/** @param quietMs how long ago the leader's last words came. */
export function takeLead(
  state: LogState,
  epoch: Epoch,
  silentMs: number,
  quietMs: number,
): Step<'free' | 'committed' | 'led'> {
  if (state.commit !== null) return unchanged(state, 'committed')
  const { leader } = state
  // A superseded writer gets that as the answer to its next append.
  if (leader === null || same(leader, epoch) || superseded(state, epoch)) return unchanged(state, 'free')
  if (quietMs < silentMs) return unchanged(state, 'led')
  return { result: 'free', state: ended(state, leader), events: [] }
}
