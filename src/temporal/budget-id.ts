/** The name of a tenant's entity, for workers and operators. Not for workflows: they have no hashes. */
import { createHash } from 'node:crypto'
import { DEFAULT_TASK_QUEUE } from '../contract/generation'

/** Names that stand in an id as they are; what stands for others is none of these. */
const PLAIN = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/

/** One fleet of workers shares its tenants' budgets, as it shares its circuits: those of one task queue. */
export function budgetWorkflowId(tenant: string, taskQueue: string): string {
  const name = PLAIN.test(tenant)
    ? tenant
    : `~${createHash('sha256').update(JSON.stringify(tenant)).digest('hex')}`
  return taskQueue === DEFAULT_TASK_QUEUE ? `budget-${name}` : `budget-${name}@${taskQueue}`
}
