/** One client per tenant, made at its first request. */
import type { InternalHoldfast } from '../client/internal'

export interface Tenants {
  /** null: no keys are required. Throws what making a client throws; the next request tries again. */
  clientOf(tenant: string | null): Promise<InternalHoldfast>
  close(): Promise<void>
}

/** There are no more tenants than keys were ever in force, so that nothing has to be forgotten. */
export function createTenants(make: (tenant: string | null) => Promise<InternalHoldfast>): Tenants {
  const made = new Map<string | null, Promise<InternalHoldfast>>()
  return {
    clientOf(tenant) {
      const known = made.get(tenant)
      if (known !== undefined) return known
      const making = make(tenant)
      made.set(tenant, making)
      making.catch(() => made.delete(tenant))
      return making
    },
    async close() {
      const opened = await Promise.allSettled(made.values())
      await Promise.all(opened.map((one) => (one.status === 'fulfilled' ? one.value.close() : undefined)))
    },
  }
}
