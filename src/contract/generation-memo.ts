/** What stands in a generation's memo from its start: whose it is, which body its id stands for, how long it tries. */

const TENANT_MEMO = 'holdfastTenant'
const BODY_MEMO = 'holdfastBody'
const DEADLINE_MEMO = 'holdfastDeadlineAt'

export interface GenerationMemo {
  tenant: string | null
  /** Hash of route and request; null: its id stands for no key of a caller's. */
  body: string | null
  /** Epoch milliseconds; null: it is the business of one caller, who knows. */
  deadlineAt: number | null
}

export const generationMemo = ({
  tenant,
  body,
  deadlineAt = null,
}: Pick<GenerationMemo, 'tenant' | 'body'> & Partial<GenerationMemo>): { [name: string]: string } => ({
  ...(tenant === null ? {} : { [TENANT_MEMO]: tenant }),
  ...(body === null ? {} : { [BODY_MEMO]: body }),
  ...(deadlineAt === null ? {} : { [DEADLINE_MEMO]: String(deadlineAt) }),
})

export function readGenerationMemo(memo: { [name: string]: unknown } | undefined): GenerationMemo {
  const text = (value: unknown): string | null => (typeof value === 'string' ? value : null)
  const deadlineAt = text(memo?.[DEADLINE_MEMO])
  return {
    tenant: text(memo?.[TENANT_MEMO]),
    body: text(memo?.[BODY_MEMO]),
    deadlineAt: deadlineAt === null ? null : Number(deadlineAt),
  }
}
