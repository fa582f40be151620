/** Who makes what this call's answer seals, and so gets it back (OPAQUE-1 of opaque.ts). */
import { createHash } from 'node:crypto'
import type { ProviderKey } from '../src/config'
import type { Maker } from '../src/domain/request/opaque'
import type { Candidate } from '../src/domain/routing/route'
import type { ProviderAccess } from './deps'

const ACCOUNT_CHARS = 12

/** Of the key its variable's name counts: a key that was renewed is of the same account. */
export const makerOf = (
  { provider, model }: Pick<Candidate, 'provider' | 'model'>,
  { baseUrl }: Pick<ProviderAccess, 'baseUrl'>,
  key: Pick<ProviderKey, 'name'> | null,
): Maker => ({
  provider,
  model,
  account: createHash('sha256')
    .update(JSON.stringify([baseUrl, key?.name ?? null]))
    .digest('hex')
    .slice(0, ACCOUNT_CHARS),
})
