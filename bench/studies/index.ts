/** What is measured in another way than by rounds: each is chosen by its name. */
import type { Verdict } from '../verdicts'
import { type Soak, soakText, soakVerdicts } from './soak'
import { type Start, startText, startVerdicts } from './start'
import { type Waiting, waitingText, waitingVerdicts } from './waiting'

export interface Studies {
  start?: Start
  waiting?: Waiting[]
  soak?: Soak
}

export function studyTexts({ start, waiting = [], soak }: Studies): { texts: string[]; verdicts: Verdict[] } {
  return {
    texts: [
      ...(start === undefined ? [] : [startText(start)]),
      ...waiting.map(waitingText),
      ...(soak === undefined ? [] : [soakText(soak)]),
    ],
    verdicts: [
      ...(start === undefined ? [] : startVerdicts(start)),
      ...waiting.flatMap(waitingVerdicts),
      ...(soak === undefined ? [] : soakVerdicts(soak)),
    ],
  }
}
