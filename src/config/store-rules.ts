/** What must hold between the fields of the top-level `cache` and `delivery`. */

import { redisPlace } from '../stores/redis/place'
import { DEFAULT_DELIVERY, DEFAULT_STORE } from './defaults'
import { hasBrokenPlaceholder } from './env'
import type { Path, Problem } from './problems'
import { PLACEHOLDER, SECRET } from './rule-texts'
import type { FileDelivery, FileStore } from './schema'
import { holdsKey } from './secrets'

/** Which store each field is for. */
const CACHE_FIELDS = {
  path: ['disk'],
  maxBytes: ['disk', 'memory'],
  url: ['redis'],
} as const satisfies Record<Exclude<keyof FileStore, 'store'>, readonly string[]>
const DELIVERY_FIELDS = { url: ['redis'] } as const satisfies Record<
  Exclude<keyof FileDelivery, 'store'>,
  readonly string[]
>

export const checkStore = (file: FileStore | undefined, path: Path): Problem[] =>
  check({ store: DEFAULT_STORE.store, ...file }, CACHE_FIELDS, path)

export const checkDelivery = (file: FileDelivery | undefined, path: Path): Problem[] =>
  check({ store: DEFAULT_DELIVERY.store, ...file }, DELIVERY_FIELDS, path)

function check(
  file: { store?: string | undefined; url?: string | undefined },
  fields: { [field: string]: readonly string[] },
  path: Path,
): Problem[] {
  const { store = '', url } = file
  const misplaced = Object.entries(fields).flatMap(([field, stores]) =>
    Object.hasOwn(file, field) && !stores.includes(store)
      ? [{ path: [...path, field], message: `is for store: ${stores.join(' or ')}; this one is ${store}` }]
      : [],
  )
  if (store !== 'redis') return misplaced
  const wrong = url === undefined ? `is missing: write url: \${REDIS_URL}` : urlProblem(url)
  return wrong === null ? misplaced : [...misplaced, { path: [...path, 'url'], message: wrong }]
}

const USER_INFO = /rediss?(?:\+cluster)?:\/\/([^/?#]*?)@/g

/** What is wrong with a Redis URL that may hold `${ENV}`; null if nothing is. The text itself is never repeated. */
function urlProblem(text: string): string | null {
  if (hasBrokenPlaceholder(text)) return PLACEHOLDER
  const literal = text.replace(/\$\{\w+\}/g, '')
  const named = [...literal.matchAll(USER_INFO)].some(([, user = '']) => /:./.test(user))
  if (named || holdsKey(text)) return SECRET
  // A URL that begins with a variable is checked when the variable is filled in.
  if (text.startsWith('${')) return null
  const whole = text.replace(/\$\{\w+\}/g, '1')
  return redisPlace(whole) === null
    ? 'not a Redis URL: write it like redis://localhost:6379, or redis+cluster://one:6379,two:6379'
    : null
}
