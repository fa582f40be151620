/**
 * One tenant's budget as a worker goes by it: may a generation begin now? Answered from this process' memory, unless the budget
 * is nearly used up.
 *
 * ACCOUNT-1 Each generation is claimed once here, however often it asks: a local activity that is done again gets the same
 *    answer.
 * ACCOUNT-2 What is claimed is reserved until the generation ends or its use is known, at the longest CLAIM_MAX_MS: what a
 *    worker never learns the end of must not hold budget for ever.
 * ACCOUNT-3 Where the worker can't know by itself it asks the entity: one question at a time, for all that wait for it, and
 *    together with the other workers no more than ten a second. Nobody waits for longer than ASK_WAIT_MS.
 * ACCOUNT-4 Where the entity does not answer the worker goes on by its share of what it knows (ADMISSION-3), and reports when
 *    it can.
 */
import type { Logger } from 'pino'
import type { Peers } from '../circuits/peers'
import { createPublished } from '../circuits/published'
import { createReporter } from '../circuits/reporter'
import type { Turns } from '../circuits/turns'
import { type BudgetClaim, type BudgetSpent, type PublishedBudget, reservedIn } from '../contract/budgets'
import { type Admission, admission, admissionAlone } from '../domain/budgets/admission'
import { type Amount, isNothing, minus, NOTHING, plus, sumOf } from '../domain/budgets/amount'
import { lackOf, limitsAt, type TenantBudgets } from '../domain/budgets/budget'
import { type LimitState, limitStates } from '../domain/budgets/budgets-report'
import type { Ticket, WorkerReport } from '../domain/budgets/tenant-account'
import { createAsker } from './asker'
import type { BudgetEntity } from './entity'
import { createUnseen } from './unseen'

const CLAIM_MAX_MS = 600_000
/** Rarer than a circuit's: nothing waits for a report. */
const USE_TURNS: Turns = { leastIntervalMs: 2_000, perWorkerMs: 200 }
/** What is reserved is reported again so often, and counts three times as long. */
const RESERVED_AGAIN_MS = 10_000
/** While so much of every limit is free it is read more rarely. */
const PLENTY = 0.6
const PLENTY_REFRESH_MS = 2_000
const REFRESH_MS = 500

export interface Account {
  /** null: it may begin. `changed`: something has, and it may be its turn. */
  claim(claim: BudgetClaim, changed: boolean): Promise<BudgetSpent | null>
  /** An attempt of this generation has ended, and used this. */
  use(generation: string, used: Amount): void
  /** The generation has ended. */
  release(generation: string): void
  limits(): LimitState[]
  /** Epoch milliseconds: when it was last asked. */
  usedAt(): number
  /** Does it hold anything that is not reported? */
  busy(): boolean
  close(): Promise<void>
}

export interface AccountDeps {
  tenant: string
  policy: TenantBudgets
  entity: BudgetEntity
  peers: Peers
  /** This worker's own name among its peers. */
  worker: string
  logger: Logger
  now(): number
}

export function createAccount(deps: AccountDeps): Account {
  const { tenant, policy, entity, peers, worker, logger, now } = deps
  const { budgets } = policy
  const waits = policy.whenSpent === 'wait'
  const claims = new Map<string, { amount: Amount; until: number }>()
  const tickets = new Set<string>()
  const unseen = createUnseen(worker, budgets)
  let lastKnown: PublishedBudget | null = null
  let reported = { reserved: NOTHING, at: 0 }
  let usedAt = now()

  const published = createPublished<PublishedBudget>({
    read: () => entity.read(),
    peers,
    now,
    refreshAfterMs: () => (hasPlenty() ? PLENTY_REFRESH_MS : REFRESH_MS),
    onUnreadable(error, first) {
      if (!first) return
      const reason = error instanceof Error ? error.name : 'unknown'
      logger.warn(
        { event: 'budget_unreachable', tenant, reason },
        "the budget can't be read: going on by what this worker knows",
      )
    },
    onReadable: () => logger.info({ event: 'budget_reachable', tenant }, 'the budget can be read again'),
  })
  const reporter = createReporter({ peers, flush, now, turns: USE_TURNS })
  const asker = createAsker({ tenant, peers, logger, now, ask })
  let sending: Promise<unknown> = Promise.resolve()

  /** What was published, as long ago as it may be: what is used up stays so. */
  function known(): PublishedBudget | null {
    const latest = published.latest()
    if (latest !== null) {
      lastKnown = latest
      unseen.seen(latest.numbers[worker] ?? 0, now())
    }
    return lastKnown
  }

  function own(): Amount {
    for (const [id, { until }] of claims) if (until <= now()) claims.delete(id)
    return sumOf([...claims.values()].map(({ amount }) => amount))
  }

  function view() {
    const latest = known()
    return {
      // The worker's own config: the entity's may be that of a worker that has not been restarted yet.
      budgets,
      windows: unseen.within(latest?.windows ?? {}, now()),
      reserved: latest === null ? NOTHING : reservedIn(latest, now()),
      ownPublished: unseen.reservedPublished(now()),
      own: own(),
      unpublished: unseen.sum(),
      workers: peers.count(),
    }
  }

  function hasPlenty(): boolean {
    if (lastKnown === null || lastKnown.waiting > 0) return false
    const { windows } = lastKnown
    return limitsAt(budgets, windows, now()).every(({ limit, free }) => free > PLENTY * limit)
  }

  /** One report at a time, in the order of their numbers. */
  function deliver<T>(send: (report: WorkerReport) => Promise<T>): Promise<T> {
    const next = async (): Promise<T> => {
      const at = now()
      const reserved = own()
      const report = unseen.next({ reserved, reservedUntil: at + holdMs() }, at)
      const answer = await send(report)
      reported = { reserved, at }
      unseen.sent(report, now())
      return answer
    }
    const delivery = sending.then(next, next)
    sending = delivery.catch(() => undefined)
    return delivery
  }

  const holdMs = (): number => 3 * Math.max(RESERVED_AGAIN_MS, peers.count() * USE_TURNS.perWorkerMs)

  async function flush(): Promise<void> {
    const reserved = own()
    const isDue = now() - reported.at >= RESERVED_AGAIN_MS
    const moved = JSON.stringify(reserved) !== JSON.stringify(reported.reserved)
    if (unseen.any() || moved || (isDue && !isNothing(reserved)))
      await deliver((report) => entity.report(report)).catch((error: unknown) =>
        logger.debug(
          { event: 'budget_send_failed', tenant, err: error },
          'a report did not reach the budget',
        ),
      )
    if (unseen.any() || !isNothing(own())) reporter.arm()
  }

  /** Throws when there is no answer in time. */
  async function ask(asks: Ticket[]): Promise<ReadonlySet<string>> {
    const answer = await deliver(async (report) => {
      const { given, published: after } = await entity.ask({ report, asks, queues: waits })
      const amount = sumOf(asks.filter(({ id }) => given.includes(id)).map((one) => one.amount))
      unseen.given(report, amount)
      return { given, after }
    })
    published.accept(answer.after)
    return new Set(answer.given)
  }

  function begin({ generation, amount, forMs }: BudgetClaim): null {
    claims.set(generation, { amount, until: now() + Math.min(forMs, CLAIM_MAX_MS) })
    if (tickets.delete(generation)) unseen.gone(generation)
    reporter.arm()
    return null
  }

  /** `queued`: the entity knows already that it waits. */
  function refuse(claim: BudgetClaim, queued: boolean): BudgetSpent {
    const spent = lackOf(budgets, view().windows, {
      reserved: othersAndOwn(),
      wanted: claim.amount,
      now: now(),
    })
    if (waits && !tickets.has(claim.generation)) {
      tickets.add(claim.generation)
      if (!queued) {
        unseen.wait(ticketOf(claim))
        reporter.arm()
      }
    }
    return { tenant, waits, ...(spent ?? behindOthers()) }
  }

  const othersAndOwn = (): Amount => {
    const { reserved, ownPublished, own: mine } = view()
    return plus(minus(reserved, ownPublished), mine)
  }

  /** It would fit, but others came before it, or have just taken what was left. */
  function behindOthers() {
    const [first] = limitsAt(budgets, view().windows, now())
    const until = now() + REFRESH_MS
    return {
      unit: first?.unit ?? 'requests',
      windowMs: first?.budget.windowMs ?? 0,
      limit: first?.limit ?? 0,
      until,
      reserved: true,
    } as const
  }

  return {
    async claim(claim, changed) {
      const { generation, amount } = claim
      usedAt = now()
      // ACCOUNT-1
      if (claims.has(generation)) return null
      await published.fresh()
      const mustQueue = waits && ((known()?.waiting ?? 0) > 0 || tickets.has(generation))
      // Before the first read it knows neither what was used nor how many workers there are.
      const knowsNothing = published.reachable() && (known() === null || peers.areKnown?.() === false)
      const first: Admission = mustQueue || knowsNothing ? { type: 'ask' } : admission(view(), amount, now())
      if (first.type === 'admitted') return begin(claim)
      // Who waits is signalled in its turn: ACCOUNT-3.
      const mayAsk = changed || (first.type === 'ask' && !mustQueue)
      if (!mayAsk) return refuse(claim, false)
      const answered = await asker.ask(ticketOf(claim))
      if (answered === 'given') return begin(claim)
      if (answered === 'refused') return refuse(claim, true)
      // ACCOUNT-4
      const mayBegin = !mustQueue && admissionAlone(view(), amount, now()) === null
      return mayBegin ? begin(claim) : refuse(claim, false)
    },
    use(generation, used) {
      usedAt = now()
      unseen.use(used, now())
      const claim = claims.get(generation)
      if (claim !== undefined) claims.set(generation, { ...claim, amount: minus(claim.amount, used) })
      reporter.arm()
    },
    release(generation) {
      if (claims.delete(generation)) reporter.arm()
      if (!tickets.delete(generation)) return
      unseen.gone(generation)
      reporter.arm()
    },
    limits() {
      const { windows, reserved, ownPublished, own: mine } = view()
      return limitStates({ budgets, windows }, plus(minus(reserved, ownPublished), mine), now())
    },
    usedAt: () => usedAt,
    busy: () => claims.size > 0 || tickets.size > 0 || unseen.any(),
    async close() {
      await reporter.close()
      claims.clear()
      if (unseen.any() || !isNothing(reported.reserved))
        await deliver((report) => entity.report(report)).catch(() => undefined)
      published.close()
    },
  }
}

const ticketOf = ({ generation: id, since, amount }: BudgetClaim): Ticket => ({ id, since, amount })
