/**
 * Which build new generations go to: the newest that was deployed, without a hand (docs/upgrading.md).
 *
 * PROMOTION-1 A build that has never been the current one is newer than the current one: it becomes current.
 * PROMOTION-2 A build that was current before comes back only when no worker of the current one polls any longer: so a
 *    rollback ends by itself, and an old worker that is started again in the middle of a deploy changes nothing.
 * PROMOTION-3 A worker that runs another build's workflows for it (builds.ts, BUILDS-2) does not count as one of that build.
 */
import type { DeploymentState } from '../../temporal/deployment'
import type { Poller } from '../../temporal/pollers'

/** A poll stands for a minute: a build whose last one began before this is gone. */
export const GONE_AFTER_MS = 90_000

/**
 * @param isPolled are there workers of that build?
 * @returns whether the build `own` is to become the current one
 */
export function shouldBeCurrent(
  { current, builds }: Pick<DeploymentState, 'current' | 'builds'>,
  own: string,
  isPolled: (build: string) => boolean,
): boolean {
  if (current === own) return false
  const cameBack = builds.some(({ buildId, everCurrent }) => buildId === own && everCurrent)
  // PROMOTION-1, PROMOTION-2
  return current === null || !cameBack || !isPolled(current)
}

/**
 * PROMOTION-3
 * @param sinceAt whoever has not polled since then is gone: by Temporal's clock, epoch milliseconds
 */
export const hasWorkers = (build: string, pollers: readonly Poller[], sinceAt: number): boolean =>
  pollers.some(({ buildId, standIn, lastPollAt }) => buildId === build && !standIn && lastPollAt > sinceAt)
