/**
 * The file of keys, watched while a gateway runs.
 *
 * WATCHED-KEYS-1 A change is in force within 2 s, however it was made: written in place, put there by rename, or by the swap of a
 *    link further up the path, as Kubernetes does it.
 * WATCHED-KEYS-2 A file that can't be read, or has a fault, changes nothing: the last good keys stay, and log and metrics say why.
 *    So a file that is gone locks nobody out; one without keys (`keys: []`) locks out all.
 * WATCHED-KEYS-3 A file that is being written is left alone till it has been the same for a moment: half of one may be a
 *    well-formed file without the keys that follow.
 */
import type { BigIntStats } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import { setTimeout as pause } from 'node:timers/promises'
import type { Logger } from 'pino'
import { reasonOf } from '../../config/problems'
import type { KnownKey } from './grant'
import { parseKeyFile } from './key-file'

const LOOK_EVERY_MS = 500
/** WATCHED-KEYS-3 */
const SAME_FOR_MS = 200
/** A file with a fault is looked at again though nothing of it has changed: what was in the way may be elsewhere. */
const AGAIN_AFTER_MS = 30_000
/** 30,000 keys; what is larger is no file of keys. */
const MAX_FILE_BYTES = 4 * 1024 * 1024

export interface WatchedKeys {
  /** Those of the last good file. */
  keys(): readonly KnownKey[]
  close(): void
}

export interface WatchOptions {
  file: string
  /** Called when `keys` has changed. */
  onChange(keys: readonly KnownKey[]): void
  onFailure(): void
  logger: Pick<Logger, 'info' | 'error'>
}

/** Reads it, then watches it. Throws where it can't be read now, or has a fault: ConfigError. */
export async function watchKeys({ file, onChange, onFailure, logger }: WatchOptions): Promise<WatchedKeys> {
  const ended = new AbortController()
  let seen = await printOf(file)
  let keys = await readKeys(file)
  let failedAt: number | null = null
  let lastReason = ''

  async function look(): Promise<void> {
    const print = await printOf(file)
    const again = failedAt !== null && performance.now() - failedAt >= AGAIN_AFTER_MS
    if (print === seen && !again) return
    // WATCHED-KEYS-3
    await pause(SAME_FOR_MS, undefined, { signal: ended.signal })
    if ((await printOf(file)) !== print) return
    try {
      const read = await readKeys(file)
      if ((await printOf(file)) !== print) return
      seen = print
      failedAt = null
      lastReason = ''
      keys = read
      onChange(keys)
      logger.info({ event: 'keys_reloaded', file, keys: keys.length }, 'the file of keys has changed')
    } catch (error) {
      seen = print
      failedAt = performance.now()
      onFailure()
      const reason = reasonOf(error)
      if (reason !== lastReason)
        logger.error(
          { event: 'keys_not_reloaded', file, keys: keys.length, reason },
          'the file of keys can not be used: the last good keys stay in force',
        )
      lastReason = reason
    }
  }

  async function watch(): Promise<void> {
    while (!ended.signal.aborted) {
      await pause(LOOK_EVERY_MS, undefined, { signal: ended.signal, ref: false })
      await look()
    }
  }
  watch().catch((error: unknown) => {
    if (!ended.signal.aborted) logger.error({ event: 'keys_unwatched', file, reason: reasonOf(error) }, '')
  })
  return { keys: () => keys, close: () => ended.abort() }
}

/** What changes with the file. Never rejects. */
async function printOf(file: string): Promise<string> {
  try {
    const { dev, ino, size, mtimeNs, ctimeNs }: BigIntStats = await stat(file, { bigint: true })
    return [dev, ino, size, mtimeNs, ctimeNs].join(' ')
  } catch (error) {
    return reasonOf(error)
  }
}

async function readKeys(file: string): Promise<KnownKey[]> {
  const { size } = await stat(file).catch(notRead(file))
  if (size > MAX_FILE_BYTES)
    throw new Error(`${file}: has ${size} bytes, the most is ${MAX_FILE_BYTES}: it is no file of keys`)
  return parseKeyFile(await readFile(file, 'utf8').catch(notRead(file)), file)
}

const notRead =
  (file: string) =>
  (error: unknown): never => {
    const code = typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : ''
    throw new Error(`${file}: ${CODES[code] ?? `could not be read (${code || reasonOf(error)})`}`)
  }

const CODES: { readonly [code: string]: string } = {
  ENOENT: 'no such file',
  EISDIR: 'is a folder: name the file in it',
  EACCES: 'may not be read by this process',
}
