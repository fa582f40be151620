/**
 * How workers share a provider's limits: each says at its turn what it takes and what waits, and goes by what the entity has
 * published.
 *
 * LIMIT-SHARING-1 Far from every limit nothing is read and nothing is sent. A worker that has used a tenth of its part reads;
 *    one that has used half of it, or has calls that wait, reports; and while one reports, all that have traffic do.
 * LIMIT-SHARING-2 A turn comes every max(2 s, workers x 250 ms): an entity gets four reports a second at most.
 * LIMIT-SHARING-3 Where the entity can't be read, and before anything is published, each worker has an equal part.
 */
import type { Client } from '@temporalio/client'
import type { Logger } from 'pino'
import { createPeers, type Peers } from '../circuits/peers'
import { createReporter, type Reporter } from '../circuits/reporter'
import { intervalOf, type Turns } from '../circuits/turns'
import {
  LIMITS_BUILD,
  LIMITS_MAX_EVENTS,
  LIMITS_MEMO,
  LIMITS_REPORT_SIGNAL,
  LIMITS_WORKFLOW,
  type LimitsInput,
  type LimitsMemo,
  limitsWorkflowId,
  NO_LIMITS,
  readLimitsMemo,
} from '../contract/limits'
import type { WorkerReport } from '../domain/limits/sharing'
import { type Entity, entityOf } from '../temporal/entity'
import type { Limits } from './index'
import { othersPart } from './others'

/** LIMIT-SHARING-2 */
const TURNS: Turns = { leastIntervalMs: 2_000, perWorkerMs: 250 }
/** A worker that has not reported for so many turns is gone. */
const LEASE_TURNS = 4
/** From a report's arrival to the memo that shows its effect: one workflow task. */
const ENTITY_TAKES_MS = 150
/** LIMIT-SHARING-1 */
const READS_AT = 0.1
const REPORTS_AT = 0.5

export interface SharingSettings {
  client: Client
  taskQueue: string
  /** This worker among its peers. */
  identity: string
  limits: Limits
  logger: Logger
  /** Epoch milliseconds, by Temporal's clock. */
  now(): number
}

interface Shared {
  entity: Entity<LimitsMemo>
  reporter: Reporter
  /** By limitId, what this worker has reported as used last. */
  reported: { at: number; used: { [id: string]: number } }
}

/** Returns what ends it. */
export function shareLimits({ client, taskQueue, identity, limits, logger, now }: SharingSettings): {
  close(): Promise<void>
} {
  const peers: Peers = createPeers(client, taskQueue, identity, now)
  void peers.refresh()
  const shared = new Map<string, Shared>()
  const leaseMs = (): number => LEASE_TURNS * intervalOf(peers, TURNS)

  const pressureOf = (provider: string): number =>
    Math.max(0, ...limits.known(provider).map(({ meter }) => meter.pressure(now())))

  async function turn(provider: string, { entity, reported }: Shared): Promise<void> {
    let latest = await entity.read()
    const reports = limits.reports(provider)
    const waits = Object.values(reports).some(({ waiting }) => waiting > 0)
    const watched = now() - latest.at < leaseMs() && Object.keys(latest.limits).length > 0
    const uses = Object.values(reports).some(({ used }) => used > 0)
    // LIMIT-SHARING-1
    if (waits || pressureOf(provider) >= REPORTS_AT || (watched && uses)) {
      const report: WorkerReport = { worker: identity, leaseMs: leaseMs(), limits: reports }
      await entity.signal(LIMITS_REPORT_SIGNAL, report)
      reported.at = now()
      reported.used = Object.fromEntries(Object.entries(reports).map(([id, { used }]) => [id, used]))
      await new Promise<void>((resolve) => setTimeout(resolve, ENTITY_TAKES_MS).unref())
      latest = await entity.read()
    }
    share(provider, latest, reported)
  }

  function share(provider: string, latest: LimitsMemo, reported: Shared['reported']): void {
    const mine = now() - reported.at < leaseMs() ? reported.used : {}
    limits.share(provider, (id, { used, waiting }) =>
      othersPart(latest.limits[id], {
        at: latest.at,
        reported: mine[id] ?? null,
        need: used + waiting,
        workers: peers.count(),
        now: now(),
        leaseMs: leaseMs(),
      }),
    )
  }

  function start(provider: string): Shared {
    const entity = entityOf<LimitsMemo>(client, {
      workflowType: LIMITS_WORKFLOW,
      workflowId: limitsWorkflowId(provider, taskQueue),
      taskQueue,
      memo: LIMITS_MEMO,
      build: LIMITS_BUILD,
      readPublished: readLimitsMemo,
      begin: () => {
        const input: LimitsInput = { provider, build: LIMITS_BUILD, maxEvents: LIMITS_MAX_EVENTS }
        return { input, published: NO_LIMITS }
      },
      summary: `The limits of ${provider}`,
      details: `How the workers of task queue ${taskQueue} share what ${provider} allows. It runs for ever.`,
      onEnded: () =>
        logger.warn({ event: 'limits_ended', provider }, 'the shared limits had ended: started anew'),
      onTakenOver: (fromBuild) =>
        logger.info(
          { event: 'limits_taken_over', provider, fromBuild, build: LIMITS_BUILD },
          'limits taken over',
        ),
    })
    const one: Shared = {
      entity,
      reported: { at: Number.NEGATIVE_INFINITY, used: {} },
      reporter: createReporter({ peers, flush: () => flush(provider), now, turns: TURNS }),
    }
    shared.set(provider, one)
    return one
  }

  async function flush(provider: string): Promise<void> {
    const one = shared.get(provider)
    if (one === undefined) return
    try {
      await turn(provider, one)
    } catch (error) {
      const reason = error instanceof Error ? error.name : 'unknown'
      logger.debug({ event: 'limits_unreachable', provider, reason }, 'the shared limits can’t be read')
      // LIMIT-SHARING-3
      share(provider, NO_LIMITS, one.reported)
    }
    // What waits takes nothing, and so asks for no turn itself.
    if (pressureOf(provider) >= REPORTS_AT) one.reporter.arm()
  }

  limits.shareBy({
    touched(provider) {
      if (pressureOf(provider) >= READS_AT) (shared.get(provider) ?? start(provider)).reporter.arm()
    },
    workers: peers.count,
  })

  return {
    async close() {
      await Promise.all([...shared.values()].map(({ reporter }) => reporter.close()))
    },
  }
}
