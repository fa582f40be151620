/**
 * Logs models that are shut down soon, or were: one line for each at the start, and again once a day.
 *
 * SHUTDOWN-LINES-1 Of one process each target is logged at most once a day, however many hosts it starts.
 */
import type { Logger } from 'pino'
import { type Config, shutdownsOf, shutdownText } from '../config'

const DAY_MS = 24 * 60 * 60 * 1_000

/** By target, when it was logged: one for the process. */
const loggedAt = new Map<string, number>()

type Clock = Pick<typeof globalThis, 'setInterval' | 'clearInterval'> & { now(): number }

const CLOCK: Clock = { setInterval, clearInterval, now: () => Date.now() }

/** Logs now and then daily. The function that comes back ends it; it keeps no process alive. */
export function logShutdowns(
  config: Pick<Config, 'routes'>,
  logger: Logger,
  clock: Clock = CLOCK,
  logged: Map<string, number> = loggedAt,
): () => void {
  const log = (): void => {
    const now = clock.now()
    for (const shutdown of shutdownsOf(config, now)) {
      const { target, shutdownAt, state } = shutdown
      // SHUTDOWN-LINES-1. A timer may fire a little early.
      if (now - (logged.get(target) ?? Number.NEGATIVE_INFINITY) < 0.9 * DAY_MS) continue
      logged.set(target, now)
      const fields = { event: 'model_shutdown', target, shutdownAt, state }
      logger[state === 'over' ? 'error' : 'warn'](fields, shutdownText(shutdown))
    }
  }
  log()
  const timer = clock.setInterval(log, DAY_MS)
  timer.unref?.()
  return () => clock.clearInterval(timer)
}
