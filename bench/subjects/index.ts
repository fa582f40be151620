import type { Setup } from '../setup'
import { otherGateway } from './against'
import { directTo } from './direct'
import { floor } from './floor'
import { upGateway } from './gateway'
import { holdfast } from './holdfast'
import type { Subject } from './subject'

export { benchLogger } from './holdfast'
export type { Called, CallerPart, CallerSettings, OwnServer, Subject, WorkerPart } from './subject'

interface Place {
  subject: Subject
  /** Whose p50 and CPU its own are held against: it is measured along. */
  beside?: string
  /** The same of another gateway: measured along where there is one. */
  peer?: string
}

/** In the order in which they are measured and printed. */
const PLACES = {
  direct: { subject: directTo() },
  floor: { subject: floor, beside: 'floor' },
  holdfast: { subject: holdfast, beside: 'floor' },
  gateway: { subject: upGateway(), beside: 'floor', peer: 'against' },
  'gateway-stream': { subject: upGateway({ streamed: true }), beside: 'floor', peer: 'against-stream' },
  'gateway-express': { subject: upGateway({ route: 'express' }), beside: 'gateway', peer: 'against' },
  'gateway-express-stream': {
    subject: upGateway({ route: 'express', streamed: true }),
    beside: 'gateway-stream',
    peer: 'against-stream',
  },
  'up-file': { subject: upGateway({ inFiles: true }), beside: 'gateway', peer: 'against' },
  'up-file-stream': {
    subject: upGateway({ inFiles: true, streamed: true }),
    beside: 'gateway-stream',
    peer: 'against-stream',
  },
  healthy: { subject: upGateway({ route: 'healthy' }), beside: 'healthy', peer: 'against' },
  'failing-primary': {
    subject: upGateway({ route: 'failing-primary' }),
    beside: 'healthy',
    peer: 'against-failing-primary',
  },
  'open-circuit': {
    subject: upGateway({ route: 'open-circuit' }),
    beside: 'healthy',
    peer: 'against-open-circuit',
  },
  'cache-hit': { subject: upGateway({ route: 'cache-hit' }), beside: 'gateway', peer: 'against-cache-hit' },
  sequence: { subject: upGateway({ route: 'sequence' }), beside: 'sequence', peer: 'against-sequence' },
  hedge: { subject: upGateway({ route: 'hedge' }), beside: 'sequence', peer: 'against-hedge' },
  'long-tail-direct': { subject: directTo('long-tail') },
  'long-tail-sequence': { subject: upGateway({ route: 'long-tail-sequence' }), beside: 'long-tail-direct' },
  'long-tail': {
    subject: upGateway({ route: 'long-tail' }),
    beside: 'long-tail-sequence',
    peer: 'against-long-tail',
  },
  'up-soak': { subject: upGateway({ inFiles: true, route: 'healthy' }) },
  against: { subject: otherGateway(), beside: 'floor' },
  'against-stream': { subject: otherGateway({ streamed: true }), beside: 'floor' },
  'against-failing-primary': { subject: otherGateway({ route: 'failing-primary' }), beside: 'against' },
  'against-open-circuit': { subject: otherGateway({ route: 'open-circuit' }), beside: 'against' },
  'against-cache-hit': { subject: otherGateway({ route: 'cache-hit' }), beside: 'against' },
  'against-sequence': { subject: otherGateway({ route: 'sequence' }), beside: 'against-sequence' },
  'against-hedge': { subject: otherGateway({ route: 'hedge' }), beside: 'against-sequence' },
  'against-long-tail': { subject: otherGateway({ route: 'long-tail' }), beside: 'long-tail-direct' },
} as const satisfies { [name: string]: Place }

export type SubjectName = keyof typeof PLACES

const places: { [S in SubjectName]: Place } = PLACES

/** All that there are. */
export const ALL = Object.keys(places) as SubjectName[]
/** What is measured where nothing is named. */
const DEFAULT: readonly SubjectName[] = [
  'direct',
  'floor',
  'holdfast',
  'gateway',
  'gateway-stream',
  'gateway-express',
  'gateway-express-stream',
]

export const subjectOf = (name: SubjectName): Subject => places[name].subject

/** null: nothing is. */
export const besideOf = (name: SubjectName): SubjectName | null =>
  (places[name].beside ?? null) as SubjectName | null

/** Those that a run measures: the named ones, what they are held against, and their peers where there is a gateway. */
export function subjectNames(
  { against }: Pick<Setup, 'against'>,
  named: readonly SubjectName[] = DEFAULT,
): SubjectName[] {
  const chosen = new Set<string>()
  const choose = (name: string | undefined) => {
    if (name === undefined || chosen.has(name)) return
    chosen.add(name)
    const { beside, peer } = places[name as SubjectName]
    choose(beside)
    if (against !== null) choose(peer)
  }
  for (const name of named) choose(name)
  return ALL.filter((name) => chosen.has(name) && (against !== null || !name.startsWith('against')))
}
