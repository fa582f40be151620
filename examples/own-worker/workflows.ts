/** A workflow of your own that calls Holdfast on its own task queue: one worker runs both (worker.ts). */
import { ApplicationFailure, proxyActivities, workflowInfo } from '@temporalio/workflow'
import { type GenerationFailedDetails, generate, jsonSchema } from 'holdfast/workflow'
import type * as activities from './activities'

const { greet } = proxyActivities<typeof activities>({ startToCloseTimeout: '10s' })

const GUEST = jsonSchema<{ name: string }>({
  type: 'object',
  properties: { name: { type: 'string' } },
  required: ['name'],
})

export async function welcome(letter: string): Promise<string> {
  const { taskQueue } = workflowInfo()
  try {
    const { output } = await generate({ prompt: `Who writes?\n${letter}`, schema: GUEST, taskQueue })
    return await greet(output.name)
  } catch (error) {
    if (!(error instanceof ApplicationFailure)) throw error
    const [details] = error.details as [GenerationFailedDetails]
    return `nobody knows: ${details.kind} after ${details.attempts.length} attempts`
  }
}
