/** What must hold between the fields of the top-level `cache`. */
import { DEFAULT_STORE } from './defaults'
import { hasBrokenPlaceholder } from './env'
import type { Path, Problem } from './problems'
import { PLACEHOLDER, SECRET } from './rule-texts'
import type { FileStore } from './schema'
import { holdsKey } from './secrets'

/** Which store each field is for. */
const BELONGS = {
  path: ['disk'],
  maxBytes: ['disk', 'memory'],
  url: ['redis'],
} as const satisfies Record<Exclude<keyof FileStore, 'store'>, readonly string[]>

export function checkStore(file: FileStore | undefined, path: Path): Problem[] {
  if (file === undefined) return []
  const { store = DEFAULT_STORE.store, url } = file
  const misplaced = Object.entries(BELONGS).flatMap(([field, stores]: [string, readonly string[]]) =>
    Object.hasOwn(file, field) && !stores.includes(store)
      ? [{ path: [...path, field], message: `is for store: ${stores.join(' or ')}; this one is ${store}` }]
      : [],
  )
  if (store !== 'redis') return misplaced
  const wrong = url === undefined ? `is missing: write url: \${REDIS_URL}` : urlProblem(url)
  return wrong === null ? misplaced : [...misplaced, { path: [...path, 'url'], message: wrong }]
}

const USER_INFO = /^rediss?:\/\/([^/?#]*)@/

/** What is wrong with a Redis URL that may hold `${ENV}`; null if nothing is. The text itself is never repeated. */
function urlProblem(text: string): string | null {
  if (hasBrokenPlaceholder(text)) return PLACEHOLDER
  const literal = text.replace(/\$\{\w+\}/g, '')
  const password = USER_INFO.exec(literal)?.[1]?.split(':').slice(1).join(':') ?? ''
  if (password !== '' || holdsKey(text)) return SECRET
  // A URL that begins with a variable is checked when the variable is filled in.
  if (text.startsWith('${')) return null
  const whole = text.replace(/\$\{\w+\}/g, '1')
  return /^rediss?:\/\/./.test(whole) && URL.canParse(whole)
    ? null
    : 'not a Redis URL: write it like redis://localhost:6379'
}
