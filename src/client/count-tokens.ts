/** How many tokens a request has: a generation that is none, of which only the count is wanted (src/request/route-for.ts). */
import { HoldfastError } from '../contract/errors'
import type { GenerateRequest, SchemaInput } from '../request'
import type { InternalHoldfast } from './internal'

export async function countTokens(
  open: InternalHoldfast['open'],
  wanted: GenerateRequest<SchemaInput | undefined>,
): Promise<{ inputTokens: number; target: string; id: string }> {
  // Under a key of its caller's stands the generation that it may be followed by.
  const running = await open({
    ...wanted,
    idempotencyKey: undefined,
    cache: 'no-store',
    task: { type: 'count' },
  })
  const { usage, target, id } = await running.result()
  if (usage !== null) return { inputTokens: usage.inputTokens, target, id }
  throw new HoldfastError({ kind: 'all_failed', message: 'No count came', accepted: true, generationId: id })
}
