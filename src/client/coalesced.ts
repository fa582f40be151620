/**
 * A generation that equal requests in flight share (`coalesce`).
 *
 * COALESCED-1 Each caller keeps its own deadline, whatever deadline the one has that started it. A run whose
 *    deadline has passed as well ends by itself, and says more: what was tried, or an old answer. It is
 *    waited for.
 * COALESCED-2 A caller whose time is not over starts it anew, when the one it shared ran into the other's
 *    deadline or was cancelled by somebody.
 */
import { HoldfastError } from '../contract/errors'
import type { GenerationResult } from '../contract/generation'
import type { Started } from './start'

export interface Begun extends Started {
  id: string
  /** Epoch milliseconds. */
  startedAt: number
  /** `key`: by an idempotency key; `request`: by equal requests in flight; null: by nobody. */
  shared: 'key' | 'request' | null
  /** Of this caller, epoch milliseconds. */
  deadlineAt: number
  /** It may wait for a key, and whoever waits for it is to know that. */
  parks?: boolean
}

/** Kinds of an end that is the business of whoever caused it. */
const OTHERS_ENDS: ReadonlySet<HoldfastError['kind']> = new Set(['deadline_exceeded', 'cancelled'])

export interface CoalescedDeps {
  resultOf(begun: Begun): Promise<GenerationResult>
  /** When the run it attached to gives up, epoch milliseconds; null: nobody knows. Does not reject. */
  runDeadlineAt(begun: Begun): Promise<number | null>
  beginAgain(): Promise<Begun>
}

/** Throws HoldfastError. */
export async function coalescedResult(first: Begun, shared: CoalescedDeps): Promise<GenerationResult> {
  const { deadlineAt } = first
  let begun = first
  for (;;) {
    try {
      return await beforeDeadline(deadlineAt, begun, shared)
    } catch (error) {
      const anew = error instanceof HoldfastError && OTHERS_ENDS.has(error.kind) && Date.now() < deadlineAt
      if (!anew) throw error
      begun = await shared.beginAgain()
    }
  }
}

/** COALESCED-1 */
async function beforeDeadline(
  deadlineAt: number,
  begun: Begun,
  shared: CoalescedDeps,
): Promise<GenerationResult> {
  const work = shared.resultOf(begun)
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<null>((resolve) => {
    // Node's timers may be a millisecond early: then it would not be over, and be started anew (COALESCED-2).
    timer = setTimeout(() => resolve(null), Math.max(0, deadlineAt - Date.now()) + 1)
  })
  try {
    const result = await Promise.race([work, late])
    if (result !== null) return result
    const endsAt = await Promise.race([work.then(() => deadlineAt), shared.runDeadlineAt(begun)])
    if (endsAt !== null && endsAt <= deadlineAt) return await work
    throw new HoldfastError({
      kind: 'deadline_exceeded',
      message: 'No answer before the deadline; the generation that equal requests share goes on',
      accepted: true,
      generationId: begun.id,
    })
  } finally {
    clearTimeout(timer)
    work.catch(() => undefined)
  }
}
