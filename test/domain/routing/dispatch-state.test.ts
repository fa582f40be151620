/** A dispatcher in a pause is carried in histories: what older builds wrote is read, and they read what this one writes. */
import { carryPause, dispatch, resumePause } from '../../../src/domain/routing/dispatch'
import { policyOf, T0 } from './dispatch-script'

/** As a run was continued as new before a state had phases, word for word. */
const OLD = {
  pass: 2,
  among: [0],
  waiting: [],
  lastResort: [],
  blocked: [],
  resorting: false,
  running: [],
  gaveWay: [],
  lastStartedAt: 0,
  failures: [],
  pausedUntil: T0 + 5_000,
  nudgeable: true,
  planFresh: false,
  later: [{ candidate: 0, at: T0 + 5_000, circuit: true }],
  hedge: 'unasked',
} as const

const policy = policyOf({ passes: 3 })

it('a pause of an older build goes on till its end, and a change of the circuits ends it', () => {
  const state = resumePause(OLD)
  const early = dispatch(policy, state, { type: 'woke' }, T0)
  expect(early.action).toEqual({ type: 'wait', wakeAt: T0 + 5_000, nudge: true })
  expect(dispatch(policy, state, { type: 'nudged' }, T0).action).toEqual({ type: 'plan', fresh: true })
  expect(dispatch(policy, state, { type: 'woke' }, T0 + 5_000).action).toEqual({ type: 'plan', fresh: true })
})

it('its pass, its candidates and their moments still hold', () => {
  const { state } = dispatch(policy, resumePause(OLD), { type: 'woke' }, T0 + 5_000)
  expect(state).toMatchObject({ pass: 2, among: OLD.among, later: OLD.later })
})

it('what is carried stands under the names that older builds read', () => {
  const { pass, among, later, pausedUntil, nudgeable } = OLD
  expect(carryPause(resumePause(OLD))).toEqual({ pass, among, later, pausedUntil, nudgeable })
})

it('a pause of a build that knew no later moments and no nudges is read too', () => {
  expect(resumePause({ pass: 3, pausedUntil: T0 })).toMatchObject({ among: null, later: [], nudge: false })
})
