/**
 * The file of keys (`HOLDFAST_KEYS_FILE`): who may use a gateway, by the SHA-256 of each key.
 *
 * KEY-FILE-1 It holds no key, so that it may lie in a repository or a ConfigMap. A fast hash does: a key of ours is 192 random
 *    bits, and no number of guesses a second finds one; a slow hash is for what people choose themselves, and would be paid
 *    with each request (docs/decisions/0052-keys-by-hash.md).
 * KEY-FILE-2 It is read strictly and as a whole: of a file with one fault nothing is taken.
 * KEY-FILE-3 An error says where and what, and never a hash.
 */
import { z } from 'zod'
import { name } from '../../config/fields'
import type { Problem } from '../../config/problems'
import { parseStrict } from '../../config/strict-file'
import { checkTenant } from '../../request'
import { type KnownKey, SCOPES } from './grant'

export const HASH_PREFIX = 'sha256:'
const HASH = /^sha256:[0-9a-f]{64}$/i
const MAX_ID_CHARS = 64

const NO_INSTANT = 'not a moment: write it like 2026-12-31 (00:00 UTC) or 2026-12-31T18:00:00Z'
const INSTANT = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2}))?$/

const instant = () =>
  z
    .string({ error: NO_INSTANT })
    .refine((text) => INSTANT.test(text) && isDay(text.slice(0, 10)) && !Number.isNaN(Date.parse(text)), {
      error: NO_INSTANT,
    })
    .transform((text) => Date.parse(text))

const isDay = (text: string): boolean => new Date(`${text}T00:00:00Z`).toJSON()?.startsWith(text) === true

const isTenant = (text: string): boolean => {
  try {
    return checkTenant(text) === text
  } catch {
    return false
  }
}

const keySchema = z.strictObject({
  id: name().max(MAX_ID_CHARS, { error: `too long: at most ${MAX_ID_CHARS} characters` }),
  hash: z.string().regex(HASH, {
    error: 'not a hash: write sha256: and 64 hexadecimal digits, as `holdfast key new` prints them',
  }),
  tenant: z
    .string()
    .refine(isTenant, { error: 'not a tenant: well-formed text of bounded length' })
    .optional(),
  scopes: z.array(z.enum(SCOPES)).min(1, { error: 'name at least one: generate, read, operate' }),
  models: z
    .array(
      z.string().regex(/^[^*]+\*?$|^\*$/, {
        error: 'not a route or target: write its whole name, or its begin with a * at the end',
      }),
    )
    .min(1, { error: 'name at least one, or leave it out: then all are allowed' })
    .optional(),
  notBefore: instant().optional(),
  expires: instant().optional(),
  note: z.string().optional(),
})

export const keysSchema = z.strictObject({ keys: z.array(keySchema) })
type KeysFile = z.output<typeof keysSchema>
/** An entry, as it is written. */
export type KeyEntry = z.input<typeof keySchema>

const FOREIGN_NAMES = {
  key: 'a key never stands in the file: write its hash, which `holdfast key new` prints',
  apiKey: 'a key never stands in the file: write its hash, which `holdfast key new` prints',
  sha256: 'write hash: sha256:…',
  name: 'a key is named by id',
  scope: 'write scopes, a list',
  model: 'write models, a list',
  routes: 'routes stand in models, too',
  expiresAt: 'write expires',
  expiry: 'write expires',
}

/**
 * The text of a file of keys -> its keys.
 * @throws ConfigError with everything that is wrong (KEY-FILE-3)
 */
export function parseKeyFile(text: string, file: string): KnownKey[] {
  const { keys } = parseStrict(text, file, { schema: keysSchema, rules, foreignNames: FOREIGN_NAMES })
  return keys.map(({ id, hash, tenant = null, scopes, models = null, notBefore = null, expires = null }) => ({
    keyId: id,
    hash: hash.slice(HASH_PREFIX.length).toLowerCase(),
    tenant,
    scopes: new Set(scopes),
    models,
    notBeforeAt: notBefore,
    expiresAt: expires,
    operator: scopes.includes('operate') ? id : null,
  }))
}

function rules({ keys }: KeysFile): Problem[] {
  const ids = new Map<string, number>()
  const hashes = new Map<string, number>()
  return keys.flatMap((key, index): Problem[] => {
    const at = (field: string, message: string): Problem => ({ path: ['keys', index, field], message })
    const { id, tenant, scopes, notBefore, expires } = key
    const hash = key.hash.toLowerCase()
    const problems: Problem[] = []
    const sameId = ids.get(id)
    if (sameId !== undefined) problems.push(at('id', `"${id}" stands twice: it is keys[${sameId}], too`))
    const sameHash = hashes.get(hash)
    if (sameHash !== undefined)
      problems.push(at('hash', `the same key as keys[${sameHash}]: one entry says what it is good for`))
    ids.set(id, sameId ?? index)
    hashes.set(hash, sameHash ?? index)
    if (new Set(scopes).size < scopes.length) problems.push(at('scopes', 'a scope stands twice'))
    if (tenant !== undefined && scopes.every((scope) => scope === 'operate'))
      problems.push(at('tenant', 'a key to operate with sees all tenants: leave tenant out'))
    if (notBefore !== undefined && expires !== undefined && notBefore >= expires)
      problems.push(at('expires', 'is not after notBefore: the key would never be good for anything'))
    return problems
  })
}
