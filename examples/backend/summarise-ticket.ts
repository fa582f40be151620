/** A backend that summarises support tickets. Copy it and change it; `main.ts` beside it runs it. */
import { type Holdfast, HoldfastError } from 'holdfast'

export interface Ticket {
  id: string
  /** Grows with each edit: an edited ticket is another request. */
  revision: number
  text: string
}

export type Summary =
  | { type: 'summary'; text: string; target: string }
  /** This ticket can't be summarised, however often it is tried. */
  | { type: 'refused'; reason: string }
  /** Put it back in the queue, till `at` where that is known. */
  | { type: 'later'; at: Date | null; reason: string }

/**
 * Safe to call again after a crash or a timeout of yours: the key finds the same generation again, and
 * an answer that was paid for is not paid for twice.
 */
export async function summariseTicket(
  holdfast: Pick<Holdfast, 'generate'>,
  ticket: Ticket,
): Promise<Summary> {
  try {
    const { text, target } = await holdfast.generate({
      route: 'default',
      messages: [
        { role: 'system', content: 'Summarise the support ticket in one sentence.' },
        { role: 'user', content: ticket.text },
      ],
      params: { maxTokens: 500 },
      idempotencyKey: `ticket-summary/${ticket.id}/${ticket.revision}`,
      override: { deadline: '60s' },
    })
    return { type: 'summary', text, target }
  } catch (error) {
    if (!(error instanceof HoldfastError)) throw error
    return whatNow(error)
  }
}

function whatNow(error: HoldfastError): Summary {
  const { kind, message: reason, retryAt } = error
  switch (kind) {
    case 'invalid_request':
      return { type: 'refused', reason }
    // All candidates failed, or none answered in time: the error holds every attempt.
    case 'all_failed':
    case 'deadline_exceeded':
    // Temporal or every provider is out of reach. The same key makes trying again safe, whatever `accepted` says.
    case 'unavailable':
    // What this tenant may use is used up, until `retryAt`.
    case 'budget_spent':
    // Somebody called `holdfast.cancel`, or terminated the run.
    case 'cancelled':
      return { type: 'later', at: retryAt, reason }
    // One key, two requests: a bug in how the key is made.
    case 'conflict':
    // Only where a generation is looked up by its id.
    case 'not_found':
      throw error
  }
}
