/** What a drill has found, and that for people. Plain JSON: it is a workflow's result. */
import { span } from '../text/durations'
import { markdownTable } from '../text/markdown'
import type { DrillOutcome, Expected } from './expected'
import type { FaultName } from './faults'

export interface DrillCase {
  route: string
  fault: FaultName
  /** The fault, for people. */
  says: string
  passed: boolean
  /** For people: what the policy promises, and what came. */
  expected: string
  got: string
  /** Of the error; empty: it was answered. */
  message: string
  /** Who answered. */
  target: string | null
  attempts: number
  tookMs: number
  /** Of its run in Temporal. */
  id: string
}

export interface DrillReport {
  /** Epoch milliseconds. */
  startedAt: number
  /** null: it runs. */
  finishedAt: number | null
  total: number
  /** Those that have ended, in the order of their ends; at the end in that of routes and faults. */
  cases: DrillCase[]
  /** Candidates that no call was made to: their provider can't be called by the workers. */
  unusable: { route: string; target: string; reason: string }[]
}

const LONGEST_MESSAGE_CHARS = 500

export function expectedText({ answeredBy, failed }: Expected): string {
  const errors = failed === null ? [] : [`${failed.kinds.join(' or ')} (${failed.class})`]
  const answer = answeredBy.length === 0 ? [] : [`answered by ${answeredBy.join(' or ')}`]
  return [...answer, ...errors].join(', or ') || 'answered'
}

export const gotText = ({ outcome, target, failureClass }: DrillOutcome): string =>
  outcome === 'answered'
    ? `answered by ${target}`
    : `${outcome}${failureClass === null ? '' : ` (${failureClass})`}`

export const boundedMessage = (message: string): string => message.slice(0, LONGEST_MESSAGE_CHARS)

/** For the Web UI. */
export function drillDetails({ cases, total, startedAt, finishedAt }: DrillReport): string {
  const failed = cases.filter(({ passed }) => !passed)
  const took = finishedAt === null ? 'running' : `in ${span(finishedAt - startedAt)}`
  const head = `${cases.length} of ${total} drilled, ${failed.length} failed, ${took}`
  if (failed.length === 0) return head
  const rows = failed.map(({ route, says, expected, got }) => [route, says, expected, got])
  return `${head}\n\n${markdownTable(['route', 'fault', 'expected', 'came'], rows)}`
}
