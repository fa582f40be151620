/** A delivery log over any store. */
import { createNotifier } from './notifier'
import { type DeliveryStore, PAGE_EVENTS } from './store'
import type { Delivered, DeliveryLog } from './types'
import { createWriter } from './writer'

/** Nothing depends on it: a reader whose notification got lost reads again by itself. */
const READ_AGAIN_MS = 5_000
/** The store is out of reach: so often a reader tries again. */
const RETRY_MS = 250

export function deliveryOver(store: DeliveryStore): DeliveryLog {
  return {
    async open(log, epoch, exclusive) {
      const opened = await store.open(log, epoch, exclusive)
      return opened.state === 'open' ? { ...opened, writer: createWriter(store, log, epoch) } : opened
    },
    read: (log, after, signal, over) => read(store, log, after, signal, over),
    forget: (log) => store.remove(log),
    close: () => store.close(),
  }
}

async function* read(
  store: DeliveryStore,
  log: string,
  after: number,
  signal: AbortSignal,
  over: AbortSignal | undefined,
): AsyncGenerator<Delivered> {
  const until = over === undefined ? signal : AbortSignal.any([signal, over])
  const notifier = createNotifier()
  const stop = store.watch(log, notifier.notify)
  let position = after
  try {
    while (!signal.aborted) {
      // Only a page that was requested after that holds all there is.
      const last = over?.aborted ?? false
      const page = await store.page(log, position).catch(() => null)
      if (page?.lost) return
      for (const delivered of page?.delivered ?? []) {
        if (signal.aborted) return
        position = delivered.position
        yield delivered
        if (delivered.event.type === 'committed') return
      }
      // A page that is not full was all there was. What has come since has notified.
      if (page !== null && page.delivered.length >= PAGE_EVENTS) continue
      if (last || (page === null && over?.aborted)) return
      await notifier.notified(page === null ? RETRY_MS : READ_AGAIN_MS, until)
    }
  } finally {
    stop()
  }
}
