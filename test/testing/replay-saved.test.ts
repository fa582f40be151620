/** Today's code over all recorded runs. In a file of its own: with the other builds of replay.test.ts one process holds too much. */
import { replay } from '../../src/testing/replay'
import { releases, savedHistory, savedNames } from '../helpers/histories'

describe.each([...releases(), 'unreleased'])('the histories of %s', (release) => {
  it.each(savedNames(release))('%s replays', async (name) => {
    const { decisions } = await replay(savedHistory(name, release))
    expect(decisions.length).toBeGreaterThan(0)
  })
})
