/** Asks a tenant's entity for all that want to know at once: the rules are ACCOUNT-3 and ACCOUNT-4 of account.ts. */
import { setTimeout as pause } from 'node:timers/promises'
import type { Logger } from 'pino'
import type { Peers } from '../circuits/peers'
import type { Ticket } from '../domain/budgets/tenant-account'

/** Between two questions of one worker: all together ask ten times a second at most. */
const ASK_PER_WORKER_MS = 100
/** A local activity holds up its whole workflow task, and has 5 s. A server that is busy takes seconds for an update. */
const ASK_WAIT_MS = 3_500
/** In one question. */
const ASKS_MAX = 500

export type Asked = 'given' | 'refused' | 'unanswered'

export interface Asker {
  /** Never rejects. */
  ask(ticket: Ticket): Promise<Asked>
}

export interface AskerDeps {
  tenant: string
  peers: Pick<Peers, 'count'>
  logger: Logger
  now(): number
  /** Those that were given. Throws when there is no answer in time. */
  ask(tickets: Ticket[]): Promise<ReadonlySet<string>>
}

interface Waiting {
  ticket: Ticket
  at: number
  answer(asked: Asked): void
}

export function createAsker({ tenant, peers, logger, now, ask }: AskerDeps): Asker {
  let waiting: Waiting[] = []
  let asking = false
  let askedAt = Number.NEGATIVE_INFINITY

  /** `error`: null where none could be asked in time. */
  function unanswered(those: readonly Waiting[], error: unknown): void {
    if (those.length === 0) return
    logger.warn(
      {
        event: 'budget_unanswered',
        tenant,
        generations: those.length,
        ...(error === null ? {} : { err: error }),
      },
      'the budget did not answer in time: this worker goes by its share of what was free',
    )
    for (const { answer } of those) answer('unanswered')
  }

  async function askAll(): Promise<void> {
    while (waiting.length > 0) {
      const inMs = askedAt + peers.count() * ASK_PER_WORKER_MS - now()
      const late = (one: Waiting): boolean => now() + Math.max(0, inMs) - one.at > ASK_WAIT_MS
      unanswered(waiting.filter(late), null)
      waiting = waiting.filter((one) => !late(one))
      if (inMs > 0) {
        await pause(Math.min(inMs, ASK_WAIT_MS))
        continue
      }
      const asked = waiting.slice(0, ASKS_MAX)
      waiting = waiting.slice(ASKS_MAX)
      askedAt = now()
      try {
        const given = await ask(asked.map(({ ticket }) => ticket))
        for (const { ticket, answer } of asked) answer(given.has(ticket.id) ? 'given' : 'refused')
      } catch (error) {
        unanswered(asked, error)
      }
    }
    asking = false
  }

  return {
    ask: (ticket) =>
      new Promise((answer) => {
        waiting.push({ ticket, at: now(), answer })
        if (asking) return
        asking = true
        void askAll()
      }),
  }
}
