/** A workflow of your own that asks Holdfast in the middle of its work. It runs on your own worker. */
import { generate } from 'holdfast/workflow'

export interface TicketInput {
  ticket: string
  /** Holdfast's workers' task queue; leave it out where it is `holdfast`. */
  taskQueue?: string
  /** Whose ticket it is: only a client of this tenant can read the generation. */
  tenant?: string
}

const REPLY = {
  type: 'object',
  properties: { reply: { type: 'string' }, urgent: { type: 'boolean' } },
  required: ['reply', 'urgent'],
}

export async function answerTicket({
  ticket,
  taskQueue,
  tenant,
}: TicketInput): Promise<{ reply: string; by: string }> {
  const { output, target } = await generate({
    taskQueue,
    tenant,
    prompt: ticket,
    schema: REPLY,
    override: { deadline: '1m' },
  })
  const { reply } = output as { reply: string }
  return { reply, by: target }
}
