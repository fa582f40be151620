/**
 * The drill that runs by itself: a schedule of Temporal's.
 *
 * DRILL-SCHEDULE-1 One for a task queue: setting it again changes it.
 * DRILL-SCHEDULE-2 It never overlaps: a drill that is still running takes the next one's place.
 * DRILL-SCHEDULE-3 What was missed while Temporal was away is made up for once at the most, and only within CATCHUP_MS.
 */
import {
  type Client,
  ScheduleAlreadyRunning,
  ScheduleNotFoundError,
  type ScheduleOptions,
} from '@temporalio/client'
import { DRILL_WORKFLOW, type DrillInput } from '../contract/drill'
import { HoldfastError } from '../contract/errors'
import { DEFAULT_TASK_QUEUE } from '../contract/generation'
import { drillStart } from './drill'
import { grpcReason } from './grpc-errors'

/** DRILL-SCHEDULE-3 */
const CATCHUP_MS = 3_600_000

export const drillScheduleId = (taskQueue: string): string =>
  taskQueue === DEFAULT_TASK_QUEUE ? 'holdfast-drill' : `holdfast-drill@${taskQueue}`

export interface DrillSchedule {
  id: string
  everyMs: number | null
  /** Epoch milliseconds; null: it is paused, or removed. */
  nextAt: number | null
  paused: boolean
}

/** DRILL-SCHEDULE-1. Throws HoldfastError `unavailable`. */
export async function setDrillSchedule(
  client: Client,
  everyMs: number,
  input: DrillInput,
  taskQueue: string,
): Promise<DrillSchedule> {
  const scheduleId = drillScheduleId(taskQueue)
  const options = {
    spec: { intervals: [{ every: everyMs }] },
    action: {
      type: 'startWorkflow',
      workflowType: DRILL_WORKFLOW,
      workflowId: scheduleId,
      ...drillStart(input, taskQueue, true),
    },
    policies: {
      // DRILL-SCHEDULE-2
      overlap: 'SKIP',
      catchupWindow: Math.min(everyMs, CATCHUP_MS),
    },
  } satisfies Omit<ScheduleOptions, 'scheduleId'>
  return reported(async () => {
    try {
      await client.schedule.create({ scheduleId, ...options })
    } catch (error) {
      if (!(error instanceof ScheduleAlreadyRunning)) throw error
      await client.schedule.getHandle(scheduleId).update(({ state }) => ({ ...options, state }))
    }
    return described(client, scheduleId)
  })
}

/** Resolves to whether there was one. Throws HoldfastError `unavailable`. */
export const removeDrillSchedule = (client: Client, taskQueue: string): Promise<boolean> =>
  reported(() =>
    client.schedule
      .getHandle(drillScheduleId(taskQueue))
      .delete()
      .then(
        () => true,
        (error: unknown) => {
          if (error instanceof ScheduleNotFoundError) return false
          throw error
        },
      ),
  )

/** null: there is none. Throws HoldfastError `unavailable`. */
export const readDrillSchedule = (client: Client, taskQueue: string): Promise<DrillSchedule | null> =>
  reported(() =>
    described(client, drillScheduleId(taskQueue)).catch((error: unknown) => {
      if (error instanceof ScheduleNotFoundError) return null
      throw error
    }),
  )

async function described(client: Client, id: string): Promise<DrillSchedule> {
  const { spec, state, info } = await client.schedule.getHandle(id).describe()
  return {
    id,
    everyMs: spec.intervals?.[0]?.every ?? null,
    nextAt: state.paused ? null : (info.nextActionTimes[0]?.getTime() ?? null),
    paused: state.paused,
  }
}

async function reported<T>(act: () => Promise<T>): Promise<T> {
  try {
    return await act()
  } catch (error) {
    throw new HoldfastError({
      kind: 'unavailable',
      message: `the schedule of drills could not be reached: ${grpcReason(error)}`,
      accepted: 'unknown',
      cause: error,
    })
  }
}
