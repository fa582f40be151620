/** A delivery log over any store. */
import { createBell } from './bell'
import { type DeliveryStore, PAGE_EVENTS } from './store'
import type { Delivered, DeliveryLog } from './types'
import { createWriter } from './writer'

/** Nothing depends on it: who waits for a wake-up that got lost looks again by itself. */
const LOOK_AGAIN_MS = 5_000
/** The store is out of reach: so often a reader tries again. */
const RETRY_MS = 250

export function deliveryOver(store: DeliveryStore): DeliveryLog {
  return {
    async open(log, epoch, alone) {
      const opened = await store.open(log, epoch, alone)
      return opened.state === 'open' ? { ...opened, writer: createWriter(store, log, epoch) } : opened
    },
    read: (log, after, signal) => read(store, log, after, signal),
    close: () => store.close(),
  }
}

async function* read(
  store: DeliveryStore,
  log: string,
  after: number,
  signal: AbortSignal,
): AsyncGenerator<Delivered> {
  const bell = createBell()
  const stop = store.watch(log, bell.ring)
  let position = after
  try {
    while (!signal.aborted) {
      const page = await store.page(log, position).catch(() => null)
      if (page?.lost) return
      for (const delivered of page?.delivered ?? []) {
        if (signal.aborted) return
        position = delivered.position
        yield delivered
        if (delivered.event.type === 'committed') return
      }
      if (page === null) await bell.rung(RETRY_MS, signal)
      // A page that is not full was all there was. What has come since has rung.
      else if (page.delivered.length < PAGE_EVENTS) await bell.rung(LOOK_AGAIN_MS, signal)
    }
  } finally {
    stop()
  }
}
