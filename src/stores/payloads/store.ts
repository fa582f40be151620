/**
 * Objects with names and checksums above what holds bytes.
 *
 * PAYLOAD-STORE-1 An object's name is the SHA-256 of its bytes: what is read is what was stored, or an error says that it is not.
 *    The same bytes of one workflow are one object.
 * PAYLOAD-STORE-2 Each workflow has a folder of its own, by the hash of namespace and workflow id: all of a generation can be
 *    deleted without its history. Objects are never shared between workflows that are deleted apart.
 * PAYLOAD-STORE-3 Every operation has a bound, whatever the store does.
 * PAYLOAD-STORE-4 Only names of our own making are read or removed: a key comes out of a history.
 */
import { createHash } from 'node:crypto'
import { inTime } from '../../util/async'
import { type ObjectStore, type PayloadStore, PayloadStoreError, payloadFaultOf } from './types'

/** 25 MiB at 1 MB a second. */
const LIMIT_MS = 30_000
const HEX = '[0-9a-f]{64}'
const KEY = new RegExp(`^${HEX}/${HEX}$`)
const FOLDER = new RegExp(`^${HEX}$`)

const sha256 = (data: string | Uint8Array): string => createHash('sha256').update(data).digest('hex')

/** PAYLOAD-STORE-2 */
export const folderOf = (namespace: string, workflowId: string): string =>
  sha256(JSON.stringify([namespace, workflowId]))

export function payloadStore(objects: ObjectStore, limitMs = LIMIT_MS): PayloadStore {
  const { name, place } = objects

  /** PAYLOAD-STORE-3 */
  async function bounded<T>(
    what: string,
    act: (signal: AbortSignal) => Promise<T>,
    given?: AbortSignal,
  ): Promise<T> {
    const limit = AbortSignal.timeout(limitMs)
    const signal = given === undefined ? limit : AbortSignal.any([limit, given])
    try {
      return await inTime(limitMs, act(signal))
    } catch (error) {
      if (payloadFaultOf(error) !== null) throw error
      throw new PayloadStoreError('unavailable', `${place} did not ${what}: ${reasonOf(error)}`, error)
    }
  }

  const put: PayloadStore['put'] = async (folder, bytes, signal) => {
    const key = `${folder}/${sha256(bytes)}`
    await bounded('take an object', (ended) => objects.write(key, bytes, ended), signal)
    return key
  }

  const get: PayloadStore['get'] = async (key, signal) => {
    // PAYLOAD-STORE-4
    if (!KEY.test(key)) throw new PayloadStoreError('missing', 'no object has such a name')
    const bytes = await bounded('give an object', (ended) => objects.read(key, ended), signal)
    if (bytes === null) throw new PayloadStoreError('missing', `${place} has no object ${key}`)
    // PAYLOAD-STORE-1
    if (sha256(bytes) !== key.split('/')[1])
      throw new PayloadStoreError('damaged', `the object ${key} in ${place} is damaged`)
    return bytes
  }

  const removeFolder: PayloadStore['removeFolder'] = async (folder) => {
    if (!FOLDER.test(folder)) return 0
    return bounded('delete a folder', (ended) => objects.removeFolder(folder, ended))
  }

  const { removeBefore } = objects
  return {
    name,
    place,
    put,
    get,
    removeFolder,
    async check() {
      const folder = sha256(`check ${process.pid} ${Date.now()} ${Math.random()}`)
      await get(await put(folder, Buffer.from('holdfast')))
      await removeFolder(folder)
    },
    expiry: () => bounded('say when it deletes', async (ended) => (await objects.expiry?.(ended)) ?? null),
    ...(removeBefore === undefined ? {} : { removeBefore }),
  }
}

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
