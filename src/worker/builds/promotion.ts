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

/** @returns whether this build is to become the current one. `now`: by Temporal's clock, epoch milliseconds. */
export function shouldBeCurrent(
  { current, builds }: Pick<DeploymentState, 'current' | 'builds'>,
  own: string,
  pollers: readonly Poller[],
  now: number,
): boolean {
  if (current === own) return false
  // PROMOTION-1
  if (current === null || !builds.some(({ buildId, everCurrent }) => buildId === own && everCurrent))
    return true
  return !isPolled(current, pollers, now, GONE_AFTER_MS)
}

/** PROMOTION-2, PROMOTION-3 */
export const isPolled = (
  build: string,
  pollers: readonly Poller[],
  now: number,
  goneAfterMs: number,
): boolean =>
  pollers.some(
    ({ buildId, standIn, lastPollAt }) => buildId === build && !standIn && now - lastPollAt < goneAfterMs,
  )
