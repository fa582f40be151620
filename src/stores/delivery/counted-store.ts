/** A store whose writes are counted: entries that came to stand in a log, and writes that failed. */
import type { DeliveryStore } from './store'

export interface DeliveryMetrics {
  deliveryEntries(number: number): void
  deliveryError(): void
}

export function countedStore(store: DeliveryStore, metrics: DeliveryMetrics | undefined): DeliveryStore {
  if (metrics === undefined) return store
  const written = async <T>(writing: Promise<T>, entries: (result: T) => number): Promise<T> => {
    try {
      const result = await writing
      metrics.deliveryEntries(entries(result))
      return result
    } catch (error) {
      metrics.deliveryError()
      throw error
    }
  }
  return {
    ...store,
    open: (log, epoch, exclusive) => written(store.open(log, epoch, exclusive), () => 0),
    append: (log, epoch, events) =>
      written(store.append(log, epoch, events), (appended) => (appended === 'appended' ? events.length : 0)),
    fail: (log, epoch, record) => written(store.fail(log, epoch, record), () => 1),
    commit: (log, epoch, commit) =>
      written(store.commit(log, epoch, commit), (counted) => (counted === null ? 0 : 1)),
  }
}
