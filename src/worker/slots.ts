/**
 * A worker's slots, shared out.
 *
 * SLOTS-1 One hung provider never has more than half of them, so that the others stay in use; half as many
 *    again may wait.
 * SLOTS-2 Who finds none waits: in the order in which they came, and of several tenants the one with the
 *    fewest calls first.
 * SLOTS-3 A tenant that floods leaves a tenth of a provider's slots to the others, and a quarter of the
 *    places to wait: they need not wait for its calls to end.
 * SLOTS-4 A slot is given back once, however often that is said.
 */
import type { ActivityDeps } from '../../activities'
import { createWaiters } from '../util/waiters'

type Leave = () => void
type Tenant = string | null

const RESERVED_SHARE = 0.1
const WAITING_SHARE = 0.75

/** `held`: by calls, by provider. */
export function createSlots(
  total: number,
): ActivityDeps['slots'] & { held(): [provider: string, count: number][] } {
  const most = Math.max(1, Math.floor(total / 2))
  const mostWaiting = Math.ceil(most / 2)
  const providers = new Map<string, ReturnType<typeof providerSlots>>()
  return {
    held: () => [...providers].map(([provider, { used }]) => [provider, used()]),
    async take(provider, tenant, { limitMs, signal }) {
      const slots = providers.get(provider) ?? providerSlots(most)
      providers.set(provider, slots)
      const free = slots.take(tenant)
      if (free !== null) return free
      if (limitMs <= 0 || signal.aborted || !slots.mayWait(tenant, mostWaiting)) return null
      return slots.wait(tenant, limitMs, signal)
    },
  }
}

function providerSlots(most: number) {
  const reserved = Math.floor(most * RESERVED_SHARE)
  const held = new Map<Tenant, number>()
  const waiters = createWaiters<Leave, null>()
  let used = 0

  const heldBy = (tenant: Tenant): number => held.get(tenant) ?? 0

  /** SLOTS-3. Without tenants there is nobody to leave any to. */
  const hasRoom = (tenant: Tenant): boolean => {
    if (used >= most) return false
    if (used < most - reserved) return true
    const others = [...held].filter(([other, count]) => other !== tenant && count > 0).length
    return others === 0 ? tenant === null : heldBy(tenant) < most / (others + 1)
  }

  const hold = (tenant: Tenant): Leave => {
    used += 1
    held.set(tenant, heldBy(tenant) + 1)
    let open = true
    return () => {
      // SLOTS-4
      if (!open) return
      open = false
      used -= 1
      const left = heldBy(tenant) - 1
      if (left > 0) held.set(tenant, left)
      else held.delete(tenant)
      handOn()
    }
  }

  /** SLOTS-2 */
  function handOn(): void {
    const next = waiters.next((tenant) => (hasRoom(tenant) ? heldBy(tenant) : null))
    next?.give(hold(next.owner))
  }

  return {
    used: (): number => used,
    mayWait(tenant: Tenant, most: number): boolean {
      const all = waiters.all()
      if (all.length >= most) return false
      const own = all.filter(({ owner }) => owner === tenant).length
      return tenant === null || own < Math.max(1, Math.floor(most * WAITING_SHARE))
    },
    take: (tenant: Tenant): Leave | null => (hasRoom(tenant) ? hold(tenant) : null),
    wait: (tenant: Tenant, limitMs: number, signal: AbortSignal): Promise<Leave | null> =>
      waiters.wait(tenant, null, limitMs, signal),
  }
}
