/** What stands in a generation's memo from its start: whose it is, and which body its id stands for. */

const TENANT_MEMO = 'holdfastTenant'
const BODY_MEMO = 'holdfastBody'

export interface GenerationMemo {
  tenant: string | null
  /** Hash of route and request; null: its id stands for no key of a caller's. */
  body: string | null
}

export const generationMemo = ({ tenant, body }: GenerationMemo): { [name: string]: string } => ({
  ...(tenant === null ? {} : { [TENANT_MEMO]: tenant }),
  ...(body === null ? {} : { [BODY_MEMO]: body }),
})

export function readGenerationMemo(memo: { [name: string]: unknown } | undefined): GenerationMemo {
  const text = (value: unknown): string | null => (typeof value === 'string' ? value : null)
  return { tenant: text(memo?.[TENANT_MEMO]), body: text(memo?.[BODY_MEMO]) }
}
