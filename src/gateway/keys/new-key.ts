/**
 * A new key, and its entry of the file.
 *
 * NEW-KEY-1 A key is 192 random bits behind `hfk_`, which scanners for secrets and our own masks know it by.
 * NEW-KEY-2 The file with the entry is put in the old one's place by rename, and only where it can be read then: a gateway that
 *    watches it sees the old keys or the new ones.
 */
import { randomBytes } from 'node:crypto'
import { chmod, readFile, realpath, rename, rm, stat, writeFile } from 'node:fs/promises'
import { Document, isMap, isSeq, parseDocument } from 'yaml'
import { HASH_PREFIX, type KeyEntry, parseKeyFile } from './key-file'
import { hashOf } from './key-set'

const KEY_PREFIX = 'hfk_'
const KEY_BYTES = 24
const ID_BYTES = 4
/** Whoever may read it learns no key; who may write it can let himself in. */
const NEW_FILE_MODE = 0o640

export interface NewKey {
  /** It is shown once, and kept nowhere. */
  key: string
  entry: KeyEntry
}

export function newKey(what: Omit<KeyEntry, 'id' | 'hash'> & { id?: string | undefined }): NewKey {
  const key = `${KEY_PREFIX}${randomBytes(KEY_BYTES).toString('hex')}`
  const { id = madeId(what.tenant), ...rest } = what
  const given = Object.entries(rest).filter(([, value]) => value !== undefined)
  return {
    key,
    entry: { id, hash: `${HASH_PREFIX}${hashOf(key)}`, ...Object.fromEntries(given) } as KeyEntry,
  }
}

/** By tenant, as far as a tenant's name may stand in an id. */
function madeId(tenant = 'key'): string {
  const readable = tenant.replace(/[^A-Za-z0-9._-]+/g, '-').replace(/^[^A-Za-z0-9]+/, '')
  return `${readable.slice(0, 40) || 'key'}-${randomBytes(ID_BYTES).toString('hex')}`
}

/** As a file of keys has it. Throws ConfigError where no gateway would take it. */
export function entryText(entry: KeyEntry): string {
  const text = new Document({ keys: [entry] }).toString()
  parseKeyFile(text, 'the entry')
  return text
}

/** NEW-KEY-2. A file that is not there is made. Throws ConfigError, and leaves the file as it was. */
export async function appendEntry(file: string, entry: KeyEntry): Promise<void> {
  const real = await realpath(file).catch(() => file)
  const before = await readFile(real, 'utf8').catch(absent)
  const text = before === null ? entryText(entry) : withEntry(before, file, entry)
  parseKeyFile(text, file)
  const next = `${real}.${process.pid}.new`
  try {
    await writeFile(next, text, { mode: NEW_FILE_MODE, flag: 'wx' })
    if (before !== null) await chmod(next, (await stat(real)).mode & 0o7777)
    await rename(next, real)
  } finally {
    await rm(next, { force: true })
  }
}

/** Comments and form stay. */
function withEntry(before: string, file: string, entry: KeyEntry): string {
  if (before.trim() !== '') parseKeyFile(before, file)
  if (/^\s*\{/.test(before)) {
    const { keys, ...rest } = JSON.parse(before) as { keys: KeyEntry[] }
    return `${JSON.stringify({ ...rest, keys: [...keys, entry] }, null, 2)}\n`
  }
  const document = parseDocument(before)
  const keys = document.get('keys')
  if (!isMap(document.contents) || !isSeq(keys)) return entryText(entry)
  // An empty list was written `[]`, on one line.
  if (keys.items.length === 0) keys.flow = false
  keys.add(document.createNode(entry))
  return document.toString({ lineWidth: 0 })
}

function absent(error: NodeJS.ErrnoException): null {
  if (error.code === 'ENOENT') return null
  throw error
}
