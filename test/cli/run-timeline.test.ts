/** The timeline in a terminal: as wide as it is. */

import { timelineText } from '../../src/cli/run-timeline'
import { readRun } from '../../src/history'
import { storyOf } from '../../src/history/run-story'
import { savedHistory } from '../helpers/histories'

const NOW = Date.parse('2026-11-28T00:00:00Z')
const story = storyOf(readRun(savedHistory('failed-over')), NOW)
const widest = (text: string): number =>
  Math.max(
    ...text
      .split('\n')
      .filter((line) => /^[┌│├└]/.test(line))
      .map((line) => line.length),
  )

it('is no wider than the terminal, and loses no word', () => {
  const text = timelineText(story, 80)
  expect(widest(text)).toBeLessThanOrEqual(80)
  for (const word of ['overloaded:', 'rate_limited:', 'backoff', 'tokens']) expect(text).toContain(word)
})

it('is no wider than its words need where there is room, and a message of a whole page is cut', () => {
  expect(widest(timelineText(story))).toBeLessThan(130)
  const [first, ...others] = story.rows
  if (first === undefined) throw new Error('it has no rows')
  const long = { ...story, rows: [{ ...first, text: 'word '.repeat(5_000) }, ...others] }
  const text = timelineText(long)
  expect(text.length).toBeLessThan(5_000)
  expect(text).toContain('…')
})
