/** Keys as they come in requests: recognised, distinguished by a hash, never kept. */
import { createHash } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'

const hashes = new Map<string, string>()
const MAX_REMEMBERED = 1_000

/** The first eight hex digits of the key's SHA-256. */
export function keyHash(key: string): string {
  const known = hashes.get(key)
  if (known !== undefined) return known
  if (hashes.size >= MAX_REMEMBERED) hashes.clear()
  const hash = createHash('sha256').update(key).digest('hex').slice(0, 8)
  hashes.set(key, hash)
  return hash
}

export interface SeenKey {
  /** `bearer`, `sigv4`, or the header's name. */
  scheme: string
  value: string
}

type HeaderKind = 'plain' | 'secret' | 'key'

const kinds = new Map<string, HeaderKind>()

/** Names repeat with every call, so each is judged once. */
function kindOf(name: string): HeaderKind {
  const known = kinds.get(name)
  if (known !== undefined) return known
  if (kinds.size >= MAX_REMEMBERED) kinds.clear()
  const isKey = /(^|-)key$/.test(name) && name !== 'idempotency-key'
  const kind = isKey ? 'key' : /(^|-)(token|secret|authorization|cookie)$/.test(name) ? 'secret' : 'plain'
  kinds.set(name, kind)
  return kind
}

/** In AWS's signature: who signed, and for which day, region and service. */
const CREDENTIAL = /^AWS4-HMAC-SHA256 Credential=([^/,\s]+)\//

/** Finds the key: a bearer token, the id of AWS's credentials, else the first header whose name ends in `key`. */
export function findKey(headers: IncomingHttpHeaders): SeenKey | null {
  const authorization = headers.authorization
  if (authorization !== undefined && /^bearer /i.test(authorization)) {
    return { scheme: 'bearer', value: authorization.slice('bearer '.length).trim() }
  }
  const [, accessKeyId] = CREDENTIAL.exec(authorization ?? '') ?? []
  if (accessKeyId !== undefined) return { scheme: 'sigv4', value: accessKeyId }
  for (const name in headers) {
    const value = headers[name]
    if (typeof value === 'string' && kindOf(name) === 'key') return { scheme: name, value }
  }
  return null
}

/** The headers as they may be shown. */
export function maskHeaders(headers: IncomingHttpHeaders): { [name: string]: string } {
  const masked: { [name: string]: string } = {}
  for (const name in headers) {
    const value = headers[name]
    if (value === undefined) continue
    if (kindOf(name) !== 'plain') masked[name] = '***'
    else masked[name] = typeof value === 'string' ? value : value.join(', ')
  }
  return masked
}
