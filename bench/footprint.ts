/** What one call leaves on the server and sends on its way: counted, not timed. */
import type { Client } from '@temporalio/client'
import { type HistorySize, historySize } from './history'
import { startPart } from './part'
import { freshTaskQueue, type Setup } from './setup'
import { median } from './stats'
import type { SubjectName } from './subjects'

export interface Footprint {
  subject: SubjectName
  /** The most that a call had. */
  events: number
  bytes: number
  /** Of all sampled calls. */
  heartbeats: number
  sampled: number
  /** Of these, those whose caller had the answer before the workflow's end. */
  early: number
  /** Of the last call. */
  types: string[]
}

const SAMPLED = 5

/** In a process of its own: the counter of heartbeats costs CPU. */
export async function measureFootprint(
  subject: SubjectName,
  setup: Setup,
  client: Client,
): Promise<Footprint> {
  const part = await startPart({
    subject,
    part: 'both',
    setup,
    taskQueue: freshTaskQueue(subject),
    url: null,
    countHeartbeats: true,
  })
  try {
    const { workflowIds, ...counted } = await part.sample(SAMPLED)
    const histories = await Promise.all(workflowIds.map((id) => historySize(client, id)))
    return footprintOf(subject, histories, counted)
  } finally {
    await part.close()
  }
}

export function footprintOf(
  subject: SubjectName,
  histories: readonly HistorySize[],
  { heartbeats, early }: Pick<Footprint, 'heartbeats' | 'early'>,
): Footprint {
  return {
    subject,
    events: Math.max(...histories.map(({ events }) => events)),
    bytes: median(histories.map(({ bytes }) => bytes)),
    heartbeats,
    sampled: histories.length,
    early,
    types: histories.at(-1)?.types ?? [],
  }
}
