/**
 * What a worker knows of its own use that the entity has not published: what it has not reported, and the reports that are on
 * their way.
 *
 * UNSEEN-1 A report that may not have arrived is sent again as it was: the entity counts a number once.
 * UNSEEN-2 What has arrived is taken for published after SEEN_AFTER_MS at the latest: an entity that was started anew does not
 *    know the numbers of reports.
 * UNSEEN-3 A report holds the use of one window of the shortest budget: what was used before a window began is not counted
 *    in it, however late it is reported.
 */
import { type Amount, NOTHING, plus } from '../domain/budgets/amount'
import { type Budget, type Windows, windowStart, withUsed } from '../domain/budgets/budget'
import type { Ticket, WorkerReport } from '../domain/budgets/tenant-account'

/** From a report's arrival to a memo that has it: far more than a workflow task. */
const SEEN_AFTER_MS = 10_000

export interface Unseen {
  /** Epoch milliseconds: when it was used. */
  use(amount: Amount, at: number): void
  wait(ticket: Ticket): void
  gone(id: string): void
  /** Is there something to report, beside what is reserved? */
  any(): boolean
  /** The next report to send. */
  next(own: Pick<WorkerReport, 'reserved' | 'reservedUntil'>, now: number): WorkerReport
  /** It has arrived. */
  sent(report: WorkerReport, now: number): void
  /** It was given more, which its worker has reserved. */
  given(report: WorkerReport, amount: Amount): void
  /** The entity has published the effect of what it has numbered so far. */
  seen(number: number, now: number): void
  /** Published windows with what is not in them yet. */
  within(windows: Windows, now: number): Windows
  /** All of it. */
  sum(): Amount
  /** Reserved by the last report that was published, as long as it counts. */
  reservedPublished(now: number): Amount
}

export function createUnseen(worker: string, budgets: Budget[]): Unseen {
  const shortestMs = Math.min(...budgets.map(({ windowMs }) => windowMs))
  const unsent = new Map<number, { used: Amount; at: number }>()
  const onTheirWay = new Map<number, WorkerReport & { sentAt?: number }>()
  let failed: WorkerReport | null = null
  let waiting: Ticket[] = []
  let ended: string[] = []
  let number = 0
  let published: Pick<WorkerReport, 'reserved' | 'reservedUntil'> = { reserved: NOTHING, reservedUntil: 0 }

  const all = (): { used: Amount; at: number }[] => [...unsent.values(), ...onTheirWay.values()]

  return {
    use(amount, at) {
      const window = windowStart(at, shortestMs)
      const known = unsent.get(window)
      unsent.set(window, { used: plus(known?.used ?? NOTHING, amount), at })
    },
    wait(ticket) {
      waiting.push(ticket)
    },
    gone(id) {
      ended.push(id)
    },
    any: () => failed !== null || unsent.size + waiting.length + ended.length > 0,
    next(own, now) {
      // UNSEEN-1
      if (failed !== null) return failed
      // UNSEEN-3
      const [first] = [...unsent].sort(([one], [other]) => one - other)
      if (first !== undefined) unsent.delete(first[0])
      const { used, at } = first?.[1] ?? { used: NOTHING, at: now }
      // Rising over a restart under the same name, too.
      number = Math.max(number + 1, now)
      const report = { worker, number, used, at, ...own, budgets, waiting, gone: ended }
      waiting = []
      ended = []
      onTheirWay.set(number, report)
      failed = report
      return report
    },
    sent(report, now) {
      const known = onTheirWay.get(report.number)
      if (known !== undefined) onTheirWay.set(report.number, { ...known, sentAt: now })
      if (failed?.number === report.number) failed = null
    },
    given(report, amount) {
      onTheirWay.set(report.number, { ...report, reserved: plus(report.reserved, amount) })
    },
    seen(upTo, now) {
      for (const [known, report] of onTheirWay) {
        const { sentAt = Number.POSITIVE_INFINITY } = report
        // UNSEEN-2
        if (known > upTo && now - sentAt < SEEN_AFTER_MS) continue
        published = report
        onTheirWay.delete(known)
        if (failed?.number === known) failed = null
      }
    },
    within: (windows, now) =>
      all().reduce((sum, { used, at }) => withUsed(budgets, sum, { used, at, now }), windows),
    sum: () => all().reduce((sum, { used }) => plus(sum, used), NOTHING),
    reservedPublished: (now) => (now < published.reservedUntil ? published.reserved : NOTHING),
  }
}
