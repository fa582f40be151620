/** The files of the disk store. What another process has removed in the meantime is no error. */
import { randomUUID } from 'node:crypto'
import { type FileHandle, mkdir, open, readdir, readFile, rename, stat, unlink } from 'node:fs/promises'
import path from 'node:path'

/** Answers are the callers' own: nobody else on the host reads them. */
const FOLDER_MODE = 0o700
const FILE_MODE = 0o600

/** So many files are read or removed at once: Node's file operations share four threads with DNS. */
const BATCH = 32

const FOLDER_NAME = /^[0-9a-f]{2}$/
const FILE_NAME = /^[0-9a-f]{64}(?:\.[0-9a-f-]{36}\.(tmp)|\.(claim|steal))?$/

export interface CacheFile {
  file: string
  kind: 'entry' | 'tmp' | 'claim' | 'steal'
  bytes: number
  /** Epoch milliseconds: as the writer has set it, and as the file system saw the last change. */
  modifiedAt: number
  changedAt: number
}

/** Not instanceof: the error may come from another realm, as it does in a test runner. */
const hasCode = (error: unknown, code: string): boolean =>
  typeof error === 'object' && error !== null && 'code' in error && error.code === code

async function unlessMissing<T>(work: Promise<T>, otherwise: T): Promise<T> {
  try {
    return await work
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return otherwise
    throw error
  }
}

export const readIfThere = (file: string): Promise<Buffer | null> => unlessMissing(readFile(file), null)

export const modifiedAt = async (file: string): Promise<number | null> =>
  (await unlessMissing(stat(file), null))?.mtimeMs ?? null

/** Was it there? */
export const remove = (file: string): Promise<boolean> =>
  unlessMissing(
    unlink(file).then(() => true),
    false,
  )

/** Returns how many were there. */
export async function removeAll(files: readonly string[]): Promise<number> {
  let removed = 0
  for (let at = 0; at < files.length; at += BATCH)
    removed += (await Promise.all(files.slice(at, at + BATCH).map(remove))).filter(Boolean).length
  return removed
}

/** Opens a file that is not there yet; null where it is. Makes its folder. */
export async function create(file: string): Promise<FileHandle | null> {
  const attempt = () => open(file, 'wx', FILE_MODE)
  try {
    return await attempt().catch(async (error: unknown) => {
      if (!hasCode(error, 'ENOENT')) throw error
      await mkdir(path.dirname(file), { recursive: true, mode: FOLDER_MODE })
      return attempt()
    })
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return null
    throw error
  }
}

/** The whole file or none, under its name. `at`: its modification time, epoch milliseconds. */
export async function writeWhole(file: string, bytes: Buffer, at: number): Promise<void> {
  const temporary = `${file}.${randomUUID()}.tmp`
  const handle = await create(temporary)
  if (handle === null) throw new Error('a name made at random was taken')
  try {
    try {
      await handle.writeFile(bytes)
      await handle.utimes(new Date(), new Date(at))
    } finally {
      await handle.close()
    }
    await rename(temporary, file)
  } catch (error) {
    await remove(temporary)
    throw error
  }
}

/** Every file of the store, folder by folder; nothing else that lies there. */
export async function* scan(top: string): AsyncGenerator<CacheFile> {
  const folders = (await unlessMissing(readdir(top), [])).filter((name) => FOLDER_NAME.test(name))
  for (const folder of folders) {
    const names = await unlessMissing(readdir(path.join(top, folder)), [])
    for (let at = 0; at < names.length; at += BATCH) {
      const batch = names.slice(at, at + BATCH).map((name) => inspect(path.join(top, folder), name))
      for (const file of await Promise.all(batch)) if (file !== null) yield file
    }
  }
}

async function inspect(folder: string, name: string): Promise<CacheFile | null> {
  const match = FILE_NAME.exec(name)
  if (match === null || !name.startsWith(path.basename(folder))) return null
  const file = path.join(folder, name)
  const stats = await unlessMissing(stat(file), null)
  if (stats === null || !stats.isFile()) return null
  const kind = (match[1] ?? match[2] ?? 'entry') as CacheFile['kind']
  return { file, kind, bytes: stats.size, modifiedAt: stats.mtimeMs, changedAt: stats.ctimeMs }
}
