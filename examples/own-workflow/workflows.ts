/** A workflow of your own that calls Holdfast in the middle of its work. It runs on your own worker. */
import { generate, jsonSchema } from 'holdfast/workflow'

export interface TicketInput {
  ticket: string
  /** Holdfast's workers' task queue; leave it out where it is `holdfast`. */
  taskQueue?: string
  /** Whose ticket it is: only a client of this tenant can read the generation. */
  tenant?: string
}

/** What the answer is, for the model and for the compiler. */
const REPLY = jsonSchema<{ reply: string; urgent: boolean }>({
  type: 'object',
  properties: { reply: { type: 'string' }, urgent: { type: 'boolean' } },
  required: ['reply', 'urgent'],
})

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
    metadata: { feature: 'tickets' },
  })
  return { reply: output.reply, by: target }
}
