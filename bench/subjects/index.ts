import type { Setup } from '../setup'
import { against, againstStream } from './against'
import { direct } from './direct'
import { floor } from './floor'
import { gateway, gatewayStream } from './gateway'
import { holdfast } from './holdfast'
import type { Subject } from './subject'

export { benchLogger } from './holdfast'
export type { Called, CallerPart, CallerSettings, Subject, WorkerPart } from './subject'

/** In the order in which they are measured and printed. */
export const SUBJECTS = {
  direct,
  floor,
  holdfast,
  gateway,
  'gateway-stream': gatewayStream,
  against,
  'against-stream': againstStream,
} as const satisfies Record<string, Subject>

export type SubjectName = keyof typeof SUBJECTS

const ALL = Object.keys(SUBJECTS) as SubjectName[]

/** Those that this run measures. */
export const subjectNames = (setup: Pick<Setup, 'against'>): SubjectName[] =>
  ALL.filter((name) => setup.against !== null || !name.startsWith('against'))
