/** `whenTemporalDown: direct`: runs generations in this process, by the same deps as the worker's activities. */
import { setMaxListeners } from 'node:events'
import type { ActivityDeps } from '../../../activities'
import type { InProcessRunner } from '../../contract/in-process'
import { openDelivery } from '../../stores/delivery'
import { endedBy } from '../../util/ended-by'
import { pauseUntil } from './pause'
import { runGeneration } from './run-generation'

export interface InProcess extends InProcessRunner {
  /** Lets what runs end, for at most `graceMs`; what is left is hung up. */
  drain(graceMs: number): Promise<void>
}

/** Its words go through a log of its own in memory: who waits for them is in this process. */
export async function createInProcess(deps: Omit<ActivityDeps, 'delivery'>): Promise<InProcess> {
  const delivery = await openDelivery(
    { store: 'memory' },
    { env: {}, logger: deps.logger, metrics: deps.metrics },
  )
  // No queue: nothing waits for a worker.
  const own: ActivityDeps = { ...deps, delivery, metrics: { ...deps.metrics, queued: () => undefined } }
  const running = new Set<Promise<unknown>>()
  const over = new AbortController()
  // However many run: Node would take more than ten for a leak.
  setMaxListeners(0, over.signal)
  return {
    delivery,
    run(input, signal) {
      const ended = endedBy(signal, over.signal)
      const work = runGeneration(own, input, ended.signal)
      running.add(work)
      const gone = (): void => {
        ended.leave()
        running.delete(work)
      }
      work.then(gone, gone)
      return work
    },
    async drain(graceMs) {
      const done = new AbortController()
      const ended = Promise.allSettled(running).then(() => done.abort())
      await Promise.race([ended, pauseUntil(graceMs, 0, done.signal)])
      done.abort()
      over.abort()
      await Promise.allSettled(running)
      await delivery.close()
    },
  }
}
