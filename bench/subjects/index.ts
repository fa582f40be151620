import { direct } from './direct'
import { floor } from './floor'
import { holdfast } from './holdfast'
import type { Subject } from './subject'

export { benchLogger } from './holdfast'
export type { CallerPart, Subject, WorkerPart } from './subject'

/** In the order in which they are measured and printed. */
export const SUBJECTS = { direct, floor, holdfast } as const satisfies Record<string, Subject>

export type SubjectName = keyof typeof SUBJECTS

export const SUBJECT_NAMES = Object.keys(SUBJECTS) as SubjectName[]
