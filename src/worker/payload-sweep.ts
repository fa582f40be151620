/**
 * Deletes what is old in a payload store that has no rules of its own for that (disk): each worker looks once in an hour, and
 * what another has deleted is no error.
 */
import type { Logger } from 'pino'
import type { Config } from '../config'
import type { PayloadStore } from '../stores/payloads'

const EVERY_MS = 3_600_000
/** A worker's start has other things to do. */
const FIRST_AFTER_MS = 60_000

/** Returns the way to end it. `store` null: there is none. */
export function sweepPayloads(
  store: PayloadStore | null,
  { payloads }: Pick<Config, 'payloads'>,
  logger: Logger,
): () => void {
  if (store === null || payloads === null || store.removeBefore === undefined) return () => undefined
  const { keepForMs } = payloads
  const sweep = async (): Promise<void> => {
    try {
      // By the clock of this machine: an hour more or less is no matter.
      const removed = (await store.removeBefore?.(Date.now() - keepForMs)) ?? 0
      if (removed > 0) logger.info({ event: 'payloads_swept', removed }, 'old objects were deleted')
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      logger.warn({ event: 'payloads_not_swept', reason }, 'old objects could not be deleted')
    }
  }
  const first = setTimeout(sweep, FIRST_AFTER_MS).unref()
  const timer = setInterval(sweep, EVERY_MS).unref()
  return () => {
    clearTimeout(first)
    clearInterval(timer)
  }
}
