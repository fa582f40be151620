/** This process as a place where a generation runs: its own clock and timers, and nothing of it kept. */
import type { ActivityDeps } from '../../../activities'
import { HoldfastError } from '../../contract/errors'
import type { GenerationInput } from '../../contract/generation'
import type { PlanHost, Running } from '../../engine/types'
import { pauseUntil } from './pause'
import { runCandidate } from './run-candidate'

type Next = Awaited<ReturnType<PlanHost['next']>>

/** `signal`: aborted when nobody wants the answer any longer. */
export function inProcessHost(
  deps: ActivityDeps,
  input: GenerationInput,
  circuitReader: PlanHost['circuitReader'],
  signal: AbortSignal,
): PlanHost {
  const { now, logger, metrics } = deps
  return {
    now,
    circuitReader,
    logId: input.id,
    start(call, sequence) {
      const own = new AbortController()
      const outcome = runCandidate(deps, call, AbortSignal.any([signal, own.signal]))
      return { sequence, outcome, cancel: () => own.abort() }
    },
    next: (running, wakeAt) => nextEvent(running, wakeAt, now(), signal),
    async pause(wakeAt) {
      await pauseUntil(wakeAt, now(), signal)
      return { type: 'woke' }
    },
    async within(limitMs, _shielded, work) {
      const enough = new AbortController()
      const all = work().finally(() => enough.abort())
      await Promise.race([all, pauseUntil(limitMs, 0, enough.signal)])
      enough.abort()
    },
    show: () => undefined,
    cancelled: () => signal.aborted,
    mayRest: () => false,
    isCancellation: (error) => error instanceof HoldfastError && error.kind === 'cancelled',
    count(event) {
      if (event.type === 'hedge') metrics.hedge({ route: input.route.name, outcome: event.outcome })
      else if (event.type === 'fallback')
        metrics.fallback({ route: input.route.name, from: event.from, to: event.to })
    },
    log: (level, event, fields) => logger[level]({ event, ...fields, durable: false }, event),
  }
}

async function nextEvent(
  running: Running,
  wakeAt: number | null,
  now: number,
  signal: AbortSignal,
): Promise<Next> {
  const left = new AbortController()
  const until = wakeAt ?? Number.POSITIVE_INFINITY
  const woken = pauseUntil(until, now, AbortSignal.any([signal, left.signal])).then(
    () => ({ type: 'woke' }) as const,
  )
  try {
    return await Promise.race([...[...running.values()].map(({ outcome }) => outcome), woken])
  } finally {
    left.abort()
  }
}
