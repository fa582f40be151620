/** Which build becomes the current one. */
import type { DeploymentBuild } from '../../../src/temporal/deployment'
import type { Poller } from '../../../src/temporal/pollers'
import { hasWorkers, shouldBeCurrent } from '../../../src/worker/builds/promotion'

const build = (buildId: string, state: DeploymentBuild['state'], everCurrent = true): DeploymentBuild => ({
  buildId,
  state,
  everCurrent,
})
const mine = 'mine'

it.each<[string, { current: string | null; builds: DeploymentBuild[] }, string[], boolean]>([
  ['no build is current', { current: null, builds: [build(mine, 'unused', false)] }, [], true],
  ['it is current already', { current: mine, builds: [build(mine, 'current')] }, [mine], false],
  [
    'it has never been current, and workers of the current one poll (PROMOTION-1)',
    { current: 'old', builds: [build('old', 'current'), build(mine, 'unused', false)] },
    ['old', mine],
    true,
  ],
  [
    'it was current before, and workers of the current one poll (PROMOTION-2)',
    { current: 'new', builds: [build('new', 'current'), build(mine, 'draining')] },
    ['new', mine],
    false,
  ],
  [
    'it was current before, and no worker of the current one polls (PROMOTION-2)',
    { current: 'new', builds: [build('new', 'current'), build(mine, 'drained')] },
    [mine],
    true,
  ],
  [
    'unversioned workers were made current, and it was current before',
    { current: null, builds: [build(mine, 'drained')] },
    [mine],
    true,
  ],
])('%s', (_, state, polled, expected) => {
  expect(shouldBeCurrent(state, mine, (one) => polled.includes(one))).toBe(expected)
})

describe('a build has workers', () => {
  const poller = (more: Partial<Poller>): Poller => ({
    identity: '1@host',
    buildId: mine,
    standIn: false,
    lastPollAt: 1_000,
    ...more,
  })
  it.each<[string, Poller, boolean]>([
    ['where one polls under its name', poller({}), true],
    ['not where the last poll began before the limit', poller({ lastPollAt: 999 }), false],
    ['not where a worker of another build stands in for it (PROMOTION-3)', poller({ standIn: true }), false],
    ['not where the workers poll under another name', poller({ buildId: 'other' }), false],
    ['not where the workers name no build', poller({ buildId: null }), false],
  ])('%s', (_, one, expected) => {
    expect(hasWorkers(mine, [one], 999)).toBe(expected)
  })
})
