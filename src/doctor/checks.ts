/** All checks, in the order in which they are shown: docs/doctor.md has a row for each. */
import { CIRCUIT_CHECKS } from './circuit-checks'
import { ENCRYPTION_CHECKS } from './encryption-checks'
import { GATEWAY_CHECKS, HOST_CHECKS } from './host-checks'
import { NEXUS_CHECKS } from './nexus-checks'
import { PAYLOAD_CHECKS } from './payload-checks'
import { PROVIDER_CHECKS } from './provider-checks'
import { REDIS_CHECKS } from './redis-checks'
import { SETTINGS_CHECKS } from './settings-checks'
import { TEMPORAL_CHECKS } from './temporal-checks'
import { areaOf, type Check } from './types'
import { WORKER_CHECKS } from './worker-checks'

/** A check stands behind those that it needs. */
export const CHECKS: readonly Check[] = [
  ...PROVIDER_CHECKS,
  ...TEMPORAL_CHECKS,
  ...SETTINGS_CHECKS,
  ...WORKER_CHECKS,
  ...NEXUS_CHECKS,
  ...CIRCUIT_CHECKS,
  ...ENCRYPTION_CHECKS,
  ...REDIS_CHECKS,
  ...PAYLOAD_CHECKS,
  ...HOST_CHECKS,
  ...GATEWAY_CHECKS,
]

/**
 * @param names ids or areas; empty: all
 * @returns those checks with what they need; null and the name that is none
 */
export function selectChecks(
  names: readonly string[],
): { ok: true; checks: readonly Check[] } | { ok: false; unknown: string } {
  if (names.length === 0) return { ok: true, checks: CHECKS }
  const isMeant = ({ id }: Check, name: string): boolean => id === name || areaOf(id) === name
  const unknown = names.find((name) => !CHECKS.some((check) => isMeant(check, name)))
  if (unknown !== undefined) return { ok: false, unknown }
  const needed = new Set<string>()
  const add = (check: Check): void => {
    needed.add(check.id)
    for (const id of check.needs ?? []) for (const one of CHECKS) if (one.id === id) add(one)
  }
  for (const check of CHECKS) if (names.some((name) => isMeant(check, name))) add(check)
  return { ok: true, checks: CHECKS.filter(({ id }) => needed.has(id)) }
}
