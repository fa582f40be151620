/** All that a process of the benchmark can be: a subject of the rounds, or a part of a study. */
import { type Subject, type SubjectName, subjectOf } from './subjects'
import { otherGateway } from './subjects/against'
import { waitingGateway, waitingWorker } from './subjects/waiting'

const ROLES = {
  'waiting-worker': waitingWorker,
  'waiting-gateway': waitingGateway,
  'against-waiting': otherGateway({ route: 'waiting', patient: true }),
} as const satisfies { [name: string]: Subject }

export type RoleName = SubjectName | keyof typeof ROLES

export const roleOf = (name: RoleName): Subject =>
  name in ROLES ? ROLES[name as keyof typeof ROLES] : subjectOf(name as SubjectName)
