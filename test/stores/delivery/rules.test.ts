/** The rules of a delivery log as pure steps: who may write, who leads, whose answer counts. DELIVERY-LOG-1 to DELIVERY-LOG-5 stand in `types.ts`. */
import {
  append,
  baseOf,
  commit,
  contentOf,
  fail,
  type LogState,
  NEW_LOG,
  open,
  takeLead,
} from '../../../src/stores/delivery/rules'
import { commitOf, epochOf, recordOf, restarted, said, thought } from '../../helpers/delivery'

const BESIDE = false
const ALONE = true

/** The state after these steps. */
const stateAfter = (...steps: ((state: LogState) => { state: LogState })[]): LogState =>
  steps.reduce((state, step) => step(state).state, NEW_LOG)
const opened =
  (sequence: number, attempt = 1, exclusive = BESIDE) =>
  (state: LogState) =>
    open(state, epochOf(sequence, attempt), exclusive)
const says =
  (sequence: number, ...texts: string[]) =>
  (state: LogState) =>
    append(
      state,
      epochOf(sequence),
      texts.map((text) => said(text)),
    )
const failed = (sequence: number) => (state: LogState) => fail(state, epochOf(sequence), recordOf())
const committed = (sequence: number, text: string) => (state: LogState) =>
  commit(state, epochOf(sequence), commitOf(text))

describe('DELIVERY-LOG-1: a call is superseded', () => {
  it.each([
    ['by a later attempt of its candidate', stateAfter(opened(1), opened(1, 2))],
    ['by a later candidate that runs alone', stateAfter(opened(1), opened(2, 1, ALONE))],
    ['once it has failed', stateAfter(opened(1), failed(1))],
    ['where it never was opened', stateAfter(opened(2))],
  ])('%s: it can neither append nor fail nor commit', (_by, state) => {
    expect(append(state, epochOf(1), [said('a')])).toEqual({ result: 'superseded', state, events: [] })
    expect(fail(state, epochOf(1), recordOf())).toEqual({ result: undefined, state, events: [] })
    expect(commit(state, epochOf(1), commitOf('a'))).toEqual({ result: null, state, events: [] })
  })

  it('not by another candidate that runs beside it', () => {
    const state = stateAfter(opened(1), opened(2, 1, BESIDE))
    expect(append(state, epochOf(1), [said('a')]).result).toBe('appended')
  })

  it('an open that comes late is refused: after a later attempt, a later one that runs alone, or its own end', () => {
    expect(open(stateAfter(opened(1, 2)), epochOf(1), BESIDE).result).toBe('superseded')
    expect(open(stateAfter(opened(2, 1, ALONE)), epochOf(1, 9), BESIDE).result).toBe('superseded')
    expect(open(stateAfter(opened(1), failed(1)), epochOf(1), BESIDE).result).toBe('superseded')
  })

  it('an open is taken twice, and the call leads as before', () => {
    const state = stateAfter(opened(1), says(1, 'a'), opened(1))
    expect(state.leader).toEqual(epochOf(1))
    expect(append(state, epochOf(1), [said('b')]).state.text).toBe('ab')
  })
})

describe('DELIVERY-LOG-2: the lead', () => {
  it('has the first that appends text; one that appends nothing has not', () => {
    expect(stateAfter(opened(1), says(1)).leader).toBeNull()
    expect(stateAfter(opened(1), says(1, 'a')).leader).toEqual(epochOf(1))
  })

  it('is refused to all others', () => {
    const state = stateAfter(opened(1), opened(2), says(1, 'a'))
    expect(append(state, epochOf(2), [said('b')])).toEqual({ result: 'led', state, events: [] })
  })

  it.each([
    ['fails', failed(1)],
    ['is taken over by its next attempt', opened(1, 2)],
    ['is over because a later one runs alone', opened(2, 1, ALONE)],
  ])('ends when the leader %s', (_how, ends) => {
    expect(stateAfter(opened(1), opened(2), says(1, 'a'), ends).leader).toBeNull()
  })

  it('goes on when a failed call was not the leader', () => {
    expect(stateAfter(opened(1), opened(2), says(1, 'a'), failed(2)).leader).toEqual(epochOf(1))
  })

  it('goes to another one only after it got, once, what readers have by then', () => {
    const before = stateAfter(opened(1), opened(2), says(1, 'one '), failed(1))
    const first = append(before, epochOf(2), [said('two')])
    expect(first.result).toEqual({ state: 'behind', text: 'one ', reasoned: false })
    expect(first.events).toEqual([])
    const second = append(first.state, epochOf(2), [said('two')])
    expect(second.result).toBe('appended')
    expect(second.state).toMatchObject({ text: 'one two', leader: epochOf(2) })
  })

  it('goes at once to a call that was opened after the last words', () => {
    const state = stateAfter(opened(1), says(1, 'one '), failed(1), opened(2))
    expect(append(state, epochOf(2), [said('two')]).result).toBe('appended')
  })

  it('is taken from a leader that was silent for long, and that call is over for good', () => {
    const state = stateAfter(opened(1), opened(2), says(1, 'a'))
    expect(takeLead(state, epochOf(2), 100, 99)).toEqual({ result: 'led', state, events: [] })
    const taken = takeLead(state, epochOf(2), 100, 100)
    expect(taken.result).toBe('free')
    expect(taken.state.leader).toBeNull()
    expect(append(taken.state, epochOf(1), [said('b')]).result).toBe('superseded')
  })

  it('is not taken by the leader from itself, nor by a call that is over', () => {
    const state = stateAfter(opened(1), opened(2), says(1, 'a'), failed(2))
    for (const sequence of [1, 2])
      expect(takeLead(state, epochOf(sequence), 100, 100)).toEqual({ result: 'free', state, events: [] })
  })
})

describe('DELIVERY-LOG-3: the first answer counts', () => {
  const state = stateAfter(opened(1), opened(2), committed(1, 'one'))

  it('and every later commit, also of another call, returns it and adds nothing', () => {
    expect(commit(state, epochOf(2), commitOf('two'))).toEqual({ result: commitOf('one'), state, events: [] })
  })

  it('and after it nothing is opened, appended, failed or led', () => {
    expect(open(state, epochOf(3), ALONE)).toEqual({ result: 'committed', state, events: [] })
    expect(append(state, epochOf(2), [said('b')])).toEqual({ result: 'committed', state, events: [] })
    expect(fail(state, epochOf(2), recordOf())).toEqual({ result: undefined, state, events: [] })
    expect(takeLead(state, epochOf(2), 100, 100)).toEqual({ result: 'committed', state, events: [] })
  })

  it('and may be that of a call that does not lead', () => {
    const led = stateAfter(opened(1), opened(2), says(1, 'a'))
    expect(commit(led, epochOf(2), commitOf('ab')).result).toEqual(commitOf('ab'))
  })
})

describe('DELIVERY-LOG-5: a committed text', () => {
  const led = stateAfter(opened(1), opened(2), says(1, 'one '))

  it('that begins with what was said adds its commit alone', () => {
    expect(commit(led, epochOf(1), commitOf('one two')).events).toEqual([
      { type: 'committed', commit: commitOf('one two') },
    ])
  })

  it('in other words comes after a restart, in the name of its target', () => {
    expect(commit(led, epochOf(2), commitOf('eins', 'beta/m')).events).toEqual([
      restarted('beta/m'),
      { type: 'committed', commit: commitOf('eins', 'beta/m') },
    ])
  })
})

it('a failed call adds its record, once', () => {
  const first = fail(stateAfter(opened(1)), epochOf(1), recordOf(3))
  expect(first.events).toEqual([{ type: 'attempt', record: recordOf(3) }])
  expect(fail(first.state, epochOf(1), recordOf(3)).events).toEqual([])
})

describe('what appends make of the text', () => {
  it('grows by each, till a restart makes it void, reasoning included', () => {
    const begun = append(stateAfter(opened(1)), epochOf(1), [thought('hm'), said('one '), said('two')])
    expect(begun.state).toMatchObject({ text: 'one two', reasoned: true })
    const anew = append(begun.state, epochOf(1), [said('!'), restarted(), said('drei ')])
    expect(anew.state).toMatchObject({ text: 'drei ', reasoned: false })
    expect(append(anew.state, epochOf(1), [said('vier')]).state.text).toBe('drei vier')
  })

  it.each([
    ['nothing', [], { keeps: true, text: '', reasoned: false }],
    ['words', [said('a'), said('b')], { keeps: true, text: 'ab', reasoned: false }],
    ['words before a restart', [said('a'), restarted()], { keeps: false, text: '', reasoned: false }],
    [
      'words after the last restart',
      [restarted(), said('a'), restarted(), said('b')],
      { keeps: false, text: 'b', reasoned: false },
    ],
    ['thoughts', [thought('hm')], { keeps: true, text: '', reasoned: true }],
    ['thoughts before a restart', [thought('hm'), restarted()], { keeps: false, text: '', reasoned: false }],
  ])('%s', (_what, events, expected) => {
    expect(contentOf(events)).toEqual(expected)
  })
})

describe('DELIVERY-LOG-4: the position before the first one', () => {
  it('is 0 for a log that begins with the first call', () => {
    expect(baseOf(epochOf(1, 1))).toBe(0)
  })

  it('of a later call is above all positions that an earlier one can have had', () => {
    const bases = [epochOf(1), epochOf(1, 2), epochOf(1, 1_000), epochOf(2), epochOf(2, 2)].map(baseOf)
    const gaps = bases.slice(1).map((base, at) => base - (bases[at] ?? 0))
    for (const gap of gaps) expect(gap).toBeGreaterThanOrEqual(10_000_000)
  })

  it('is a whole number, however many candidates and attempts there were', () => {
    expect(Number.isSafeInteger(baseOf(epochOf(900_000, 1_000_000)))).toBe(true)
    expect(baseOf(epochOf(1, 1_000_000))).toBeLessThan(baseOf(epochOf(2)))
  })
})
