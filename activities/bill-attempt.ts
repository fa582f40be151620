/** An attempt that has ended counts for its tenant's budget, once: where it is counted in the metrics. */
import type { CallProviderInput } from '../src/contract/generation'
import { attemptAmount, isBilled } from '../src/domain/budgets/billed'
import type { AttemptRecord } from '../src/domain/routing/attempt'
import type { ActivityDeps } from './deps'

export function billAttempt(
  { budgets }: Pick<ActivityDeps, 'budgets'>,
  { generationId, tenant, request, candidate, stream }: CallProviderInput,
  record: AttemptRecord,
): void {
  // An older build scheduled the call, and did not say whose it is.
  if (tenant === undefined || !isBilled(generationId, request)) return
  // Of all its candidates the one that was started first, and of its attempts the first.
  const first = (stream?.sequence ?? 1) === 1 && record.number === 1
  budgets.use(tenant, generationId, attemptAmount(record, candidate.facts, first))
}
