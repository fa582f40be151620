/** What the simulator says to a prompt: each target something else, so that an answer shows whose it is. */
import { echoText } from '../../src/simulator/text'

/** The simulator repeats so much of a prompt. */
const PROMPT_WORDS = 13

/** Of words that nobody else has, so that an answer belongs to one prompt. `random`: from 0 to 1. */
export const promptOf = (random: () => number): string =>
  Array.from({ length: PROMPT_WORDS }, () =>
    Math.floor(random() * 256)
      .toString(16)
      .padStart(2, '0'),
  ).join(' ')

export const answerOf = (target: string, prompt: string): string => echoText(target, prompt)
