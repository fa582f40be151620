/**
 * On disk, a file per object: `<folder>/ab/ab12…/<hash>`. Several hosts need a volume that they share.
 *
 * PAYLOAD-DISK-1 A file is whole or not there under its name, and on the disk before it is: it is written beside it, flushed
 *    and renamed.
 * PAYLOAD-DISK-2 An object that is stored again is as new as it is needed: its age begins anew.
 * PAYLOAD-DISK-3 Only files of our own naming are ever removed.
 */
import { randomUUID } from 'node:crypto'
import { mkdir, open, readdir, readFile, rename, rmdir, stat, unlink, utimes } from 'node:fs/promises'
import path from 'node:path'
import { type ObjectStore, PayloadStoreError } from './types'

/** What callers sent is their own: nobody else on the host reads it. */
const FOLDER_MODE = 0o700
const FILE_MODE = 0o600
const OBJECT = /^[0-9a-f]{64}(?:\.[0-9a-f-]{36}\.tmp)?$/
const FOLDER = /^[0-9a-f]{64}$/
const SHELF = /^[0-9a-f]{2}$/
/** A file that is being written belongs to somebody for so long at most. */
const TEMPORARY_MS = 3_600_000

const REFUSED = ['EACCES', 'EEXIST', 'EPERM', 'EROFS', 'ENOSPC', 'EDQUOT', 'ENOTDIR', 'EISDIR']

export function diskObjects(top: string): ObjectStore {
  const place = `the payload store on disk (${top})`
  const folderPath = (folder: string): string => path.join(top, folder.slice(0, 2), folder)
  const fileOf = (key: string): string => {
    const [folder = '', name = ''] = key.split('/')
    return path.join(folderPath(folder), name)
  }

  /** The file system's codes -> ours. */
  const saying = async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await work
    } catch (error) {
      const code = codeOf(error)
      if (!REFUSED.includes(code)) throw error
      throw new PayloadStoreError('refused', `${place} refuses: ${code}`, error)
    }
  }

  async function write(key: string, bytes: Uint8Array): Promise<void> {
    const file = fileOf(key)
    const now = new Date()
    // PAYLOAD-DISK-2
    if ((await stat(file).catch(() => null))?.size === bytes.length) return utimes(file, now, now)
    const temporary = `${file}.${randomUUID()}.tmp`
    try {
      const handle = await openNew(temporary)
      try {
        await handle.writeFile(bytes)
        // PAYLOAD-DISK-1
        await handle.sync()
      } finally {
        await handle.close()
      }
      await rename(temporary, file)
    } catch (error) {
      await unlinkIfThere(temporary)
      throw error
    }
  }

  /** Another process may remove the empty folder in between. */
  async function openNew(file: string) {
    for (let tries = 3; ; tries -= 1) {
      await mkdir(path.dirname(file), { recursive: true, mode: FOLDER_MODE })
      try {
        return await open(file, 'wx', FILE_MODE)
      } catch (error) {
        if (codeOf(error) !== 'ENOENT' || tries === 1) throw error
      }
    }
  }

  /** PAYLOAD-DISK-3 */
  async function emptied(folder: string, isToGo: (file: string) => Promise<boolean>): Promise<number> {
    const at = folderPath(folder)
    let removed = 0
    for (const name of await namesIn(at, OBJECT)) {
      const file = path.join(at, name)
      if ((await isToGo(file)) && (await unlinkIfThere(file)) && FOLDER.test(name)) removed += 1
    }
    await rmdir(at).catch(() => undefined)
    return removed
  }

  return {
    name: 'holdfast.disk',
    place,
    write: (key, bytes) => saying(write(key, bytes)),
    read: (key, signal) =>
      saying(
        readFile(fileOf(key), { signal }).catch((error: unknown) => {
          if (codeOf(error) === 'ENOENT') return null
          throw error
        }),
      ),
    removeFolder: (folder) => saying(emptied(folder, async () => true)),
    async removeBefore(instant) {
      const isOld = async (file: string): Promise<boolean> => {
        const before = file.endsWith('.tmp') ? Date.now() - TEMPORARY_MS : instant
        return ((await stat(file).catch(() => null))?.mtimeMs ?? Number.POSITIVE_INFINITY) < before
      }
      let removed = 0
      for (const shelf of await namesIn(top, SHELF))
        for (const folder of await namesIn(path.join(top, shelf), FOLDER))
          removed += await emptied(folder, isOld)
      return removed
    },
  }
}

async function namesIn(folder: string, pattern: RegExp): Promise<string[]> {
  const names = await readdir(folder).catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return []
    throw error
  })
  return names.filter((name) => pattern.test(name))
}

/** Was it there? */
const unlinkIfThere = (file: string): Promise<boolean> =>
  unlink(file).then(
    () => true,
    (error: unknown) => {
      if (codeOf(error) === 'ENOENT') return false
      throw error
    },
  )

/** Not instanceof: the error may come from another realm, as it does in a test runner. */
const codeOf = (error: unknown): string =>
  typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : ''
