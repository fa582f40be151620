/**
 * A generation that equal requests in flight share (`coalesce`).
 *
 * J1 Each caller keeps its own deadline, whatever deadline the one has that started it.
 * J2 A caller whose time is not over starts it anew, when the one it shared ran into the other's deadline or was
 *    cancelled by somebody.
 */
import { HoldfastError } from '../contract/errors'
import type { GenerationResult } from '../contract/generation'

export interface Begun {
  id: string
  /** `key`: by an idempotency key; `request`: by equal requests in flight; null: by nobody. */
  shared: 'key' | 'request' | null
  /** Of this caller, epoch milliseconds. */
  deadlineAt: number
  /** The run that it attached to. */
  runId?: string | undefined
}

/** Kinds of an end that is the business of whoever caused it. */
const OTHERS_ENDS: ReadonlySet<HoldfastError['kind']> = new Set(['deadline_exceeded', 'cancelled'])

/** Throws HoldfastError. */
export async function sharedResult(
  first: Begun,
  resultOf: (begun: Begun) => Promise<GenerationResult>,
  beginAgain: () => Promise<Begun>,
): Promise<GenerationResult> {
  const { id, deadlineAt } = first
  let begun = first
  for (;;) {
    try {
      return await before(deadlineAt, id, resultOf(begun))
    } catch (error) {
      const anew = error instanceof HoldfastError && OTHERS_ENDS.has(error.kind) && Date.now() < deadlineAt
      if (!anew) throw error
      begun = await beginAgain()
    }
  }
}

/** J1 */
async function before<T>(deadlineAt: number, id: string, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    const error = new HoldfastError({
      kind: 'deadline_exceeded',
      message: 'No answer before the deadline; the generation that equal requests share goes on',
      accepted: true,
      generationId: id,
    })
    timer = setTimeout(() => reject(error), Math.max(0, deadlineAt - Date.now()))
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
    work.catch(() => undefined)
  }
}
