/** The timers of a run: each is a pause with nothing running, or a time to start the next candidate at. */
import { durationOf, numberOf, type RunEvent } from './events'
import type { Wait } from './types'

export interface Timer {
  eventId: number
  /** The workflow task that set it. */
  completedId: number
  startedAt: number
  until: number
  /** What the workflow waits for, by its own time. */
  wakeAt: number
  endedAt: number | null
  endedBy: Wait['endedBy']
  /** Place of the plan that stood. */
  plan: number | null
  /** The targets of the calls that ran. */
  running: string[]
  /** The circuits had changed while it ran. */
  signalled: boolean
}

export function beginTimer(
  { id, at, attributes }: RunEvent,
  /** The workflow's own time. */
  now: number,
  plan: number | null,
  running: string[],
): Timer {
  const durationMs = durationOf(attributes.startToFireTimeout) ?? 0
  return {
    eventId: id,
    completedId: numberOf(attributes.workflowTaskCompletedEventId),
    startedAt: at,
    until: at + durationMs,
    wakeAt: now + durationMs,
    endedAt: null,
    endedBy: null,
    plan,
    running,
    signalled: false,
  }
}

export function endTimer(timers: readonly Timer[], { at, attributes }: RunEvent, by: 'time' | 'other'): void {
  const timer = timers.find(({ eventId }) => eventId === numberOf(attributes.startedEventId))
  if (timer === undefined) return
  timer.endedAt = at
  timer.endedBy = by === 'other' && timer.signalled ? 'signal' : by
}

/** The run has ended: what runs still is of no matter. */
export function closeTimers(timers: readonly Timer[], at: number): void {
  for (const timer of timers)
    if (timer.endedAt === null) Object.assign(timer, { endedAt: at, endedBy: 'other' })
}
