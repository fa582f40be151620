/**
 * A workflow in a namespace of its own that has a ticket answered by Holdfast's workers in another one. Its worker needs
 * no config, no key, and no access to Holdfast's namespace: the endpoint leads there.
 */

import { NexusOperationFailure } from '@temporalio/common'
import { ApplicationFailure, createNexusServiceClient } from '@temporalio/workflow'
import { GENERATION_FAILED, holdfastService } from 'holdfast/workflow'

export interface TicketInput {
  ticket: string
  /** As registered in Temporal. */
  endpoint: string
  /** One answer per ticket, however many workflows ask for it. Default: one per call. */
  idempotencyKey?: string
}

export async function answerTicketByNexus({
  ticket,
  endpoint,
  idempotencyKey,
}: TicketInput): Promise<string> {
  const holdfast = createNexusServiceClient({ service: holdfastService, endpoint })
  try {
    const { text, target } = await holdfast.executeOperation(
      'generate',
      {
        route: 'default',
        prompt: `Answer in one sentence: ${ticket}`,
        metadata: { feature: 'tickets' },
        ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
      },
      // The wait for a Holdfast worker included: the route's own deadline counts from when one has begun.
      { scheduleToCloseTimeout: '10m', summary: 'answer the ticket' },
    )
    return `${text} (${target})`
  } catch (error) {
    const cause = error instanceof NexusOperationFailure ? error.cause : null
    // With all attempts in its details, as a child workflow would fail.
    if (cause instanceof ApplicationFailure && cause.type === GENERATION_FAILED) throw cause
    throw error
  }
}
