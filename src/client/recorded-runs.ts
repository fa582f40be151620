/** A generation's histories as the server keeps them: those of its whole chain, and what runs of it just now. */
import type { Client, WorkflowExecutionDescription } from '@temporalio/client'
import { temporal } from '@temporalio/proto'
import { HoldfastError } from '../contract/errors'
import { GENERATION_WORKFLOW } from '../contract/generation'
import { type HistorySource, type PayloadReader, type PendingCall, type Run, readRun } from '../history'
import { eventsOf, instantOf, textOf } from '../history/events'
import { fetchHistoryJson, payloadReader, withoutCodecs } from '../temporal/histories'
import { readHeartbeat } from '../temporal/payloads'
import { checkId, toHoldfastError } from './result'

const { PENDING_ACTIVITY_STATE_SCHEDULED } = temporal.api.enums.v1.PendingActivityState

/** Of a chain that is longer, the latest: each carries what the ones before it knew. */
const MAX_RUNS = 100

export interface RecordedRuns {
  runId: string
  /** Proto JSON, as the server keeps it; the oldest first. */
  histories: HistorySource[]
  /** The same without the data converter's codecs. */
  readable: HistorySource[]
  payload: PayloadReader
  pending: PendingCall[]
}

/** @param runId of one run of the chain, the last to be read. Default: the latest. Throws HoldfastError. */
export async function readRecordedRuns(client: Client, id: string, runId?: string): Promise<RecordedRuns> {
  checkId(id)
  try {
    const described = await client.workflow.getHandle(id, runId).describe()
    if (described.type !== GENERATION_WORKFLOW) throw notAGeneration(id, described.type)
    const histories = await chainOf(client, id, described.runId)
    const converter = client.options.loadedDataConverter
    const readable = await Promise.all(histories.map((history) => withoutCodecs(history, converter)))
    const pending = await pendingCalls(client, described)
    return { runId: described.runId, histories, readable, payload: payloadReader(converter), pending }
  } catch (error) {
    throw toHoldfastError(error, id)
  }
}

export const runOf = ({ readable, payload, pending }: RecordedRuns): Run =>
  readRun(readable, { payload, pending })

/** Back from the last one; one whose retention has passed ends it. */
async function chainOf(client: Client, id: string, lastRunId: string): Promise<HistorySource[]> {
  const chain: HistorySource[] = []
  let runId: string | null = lastRunId
  while (runId !== null && chain.length < MAX_RUNS) {
    const history: HistorySource | null = await fetchHistoryJson(client, id, runId).catch(
      (error: unknown) => {
        if (chain.length === 0) throw error
        return null
      },
    )
    if (history === null) break
    chain.unshift(history)
    runId = textOf(eventsOf(history)[0]?.attributes.continuedExecutionRunId)
  }
  return chain
}

/** Of a run under way: what the server shows of its calls beside the history. */
export async function pendingCalls(
  client: Client,
  { workflowId, raw }: Pick<WorkflowExecutionDescription, 'workflowId' | 'raw'>,
): Promise<PendingCall[]> {
  const calls = (raw.pendingActivities ?? []).map(async (activity): Promise<PendingCall> => {
    const { activityId, heartbeatDetails, lastStartedTime, lastWorkerIdentity } = activity
    const [details] = await readHeartbeat(client, workflowId, activityId, heartbeatDetails?.payloads)
    const runs = activity.state !== PENDING_ACTIVITY_STATE_SCHEDULED
    return {
      activityId: activityId ?? '',
      details,
      startedAt: runs ? instantOf(lastStartedTime) : null,
      nextAt: runs ? null : instantOf(activity.nextAttemptScheduleTime),
      worker: textOf(lastWorkerIdentity),
    }
  })
  return Promise.all(calls)
}

const notAGeneration = (id: string, type: string): HoldfastError =>
  new HoldfastError({
    kind: 'invalid_request',
    message: `${id} is no generation: it is a workflow of the type ${type}`,
    accepted: false,
    generationId: id,
  })
