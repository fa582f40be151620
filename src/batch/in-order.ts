/**
 * Works on many at once and gives the results in the order of the source.
 *
 * IN-ORDER-1 Never more than `inFlight` under way.
 * IN-ORDER-2 What waits for its turn is bounded, in number and in size: one slow piece of work holds up the
 *    rest before the memory is full.
 * IN-ORDER-3 A rejection ends it at once.
 */

export interface Limits {
  inFlight: number
  /** Begun and not given yet, those under way included. */
  ahead: number
  /** Of the results that wait; one may go over it for each one under way. */
  aheadBytes: number
}

export interface InOrder<In, Out> {
  act(item: In): Promise<Out>
  sizeOf(result: Out): number
  limits: Limits
  /** Aborted: what is ready in order is given, the rest is left alone. */
  signal: AbortSignal
}

/** Rejects with the first error of `act` or of the source. */
export async function* inOrder<In, Out>(
  source: AsyncIterable<In>,
  { act, sizeOf, limits, signal }: InOrder<In, Out>,
): AsyncGenerator<Out> {
  const slots: { result: Out | null }[] = []
  let underWay = 0
  let waitingBytes = 0
  const failures: unknown[] = []
  let wake = (): void => undefined

  const begin = (item: In): void => {
    const slot: { result: Out | null } = { result: null }
    slots.push(slot)
    underWay += 1
    act(item)
      .then(
        (result) => {
          slot.result = result
          waitingBytes += sizeOf(result)
        },
        (error: unknown) => {
          failures.push(error)
        },
      )
      .finally(() => {
        underWay -= 1
        wake()
      })
  }
  const room = (): boolean =>
    underWay < limits.inFlight && slots.length < limits.ahead && waitingBytes < limits.aheadBytes
  const onAbort = (): void => wake()

  const items = source[Symbol.asyncIterator]()
  let ended = false
  signal.addEventListener('abort', onAbort)
  try {
    for (;;) {
      const changed = new Promise<void>((resolve) => {
        wake = resolve
      })
      if (failures.length > 0 && !signal.aborted) throw failures[0]
      const ready = slots[0]?.result ?? null
      if (ready !== null) {
        slots.shift()
        waitingBytes -= sizeOf(ready)
        yield ready
      } else if (signal.aborted || (ended && slots.length === 0)) return
      else if (!ended && room()) {
        const next = await items.next()
        if (next.done) ended = true
        else begin(next.value)
      } else await changed
    }
  } finally {
    signal.removeEventListener('abort', onAbort)
    await items.return?.()
  }
}
