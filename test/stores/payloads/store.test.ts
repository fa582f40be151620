/** The payload store over a folder: names, checksums, whole files, refusals, ages. */
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { diskObjects } from '../../../src/stores/payloads/disk'
import { folderOf, payloadStore } from '../../../src/stores/payloads/store'
import { type ObjectStore, payloadFaultOf } from '../../../src/stores/payloads/types'

let top: string
beforeEach(() => {
  top = mkdtempSync(path.join(tmpdir(), 'payloads-'))
})
afterEach(() => rmSync(top, { recursive: true, force: true }))

const FOLDER = folderOf('default', 'gen-1')
const onDisk = () => payloadStore(diskObjects(top))
const fileOf = (key: string) => path.join(top, key.slice(0, 2), key)
const faultOf = (work: Promise<unknown>) =>
  work.then(
    () => 'none',
    (error: unknown) => payloadFaultOf(error) ?? String(error),
  )

it('what was put is got, for this host’s user alone; the same bytes of a workflow are one object', async () => {
  const store = onDisk()
  const bytes = Buffer.from('words')
  const key = await store.put(FOLDER, bytes)
  expect(await store.get(key)).toEqual(bytes)
  expect(await store.put(FOLDER, bytes)).toBe(key)
  expect(readdirSync(path.dirname(fileOf(key)))).toHaveLength(1)
  expect(statSync(fileOf(key)).mode & 0o777).toBe(0o600)
  expect(await store.put(folderOf('default', 'gen-2'), bytes)).not.toBe(key)
})

it('namespace and workflow id make the folder: no two pairs share one', () => {
  const folders = [
    folderOf('a', 'b'),
    folderOf('a', 'b/c'),
    folderOf('a/b', 'c'),
    folderOf('b', 'a'),
    folderOf('ab', ''),
  ]
  expect(new Set(folders).size).toBe(folders.length)
})

it('PAYLOAD-STORE-1: an object that is gone is missing, and one whose bytes have changed is damaged', async () => {
  const store = onDisk()
  const key = await store.put(FOLDER, Buffer.from('words'))
  writeFileSync(fileOf(key), 'w0rds')
  expect(await faultOf(store.get(key))).toBe('damaged')
  writeFileSync(fileOf(key), '')
  expect(await faultOf(store.get(key))).toBe('damaged')
  rmSync(fileOf(key))
  expect(await faultOf(store.get(key))).toBe('missing')
})

it.each(['', '../../etc/passwd', `${FOLDER}/..`, `${FOLDER}/${'a'.repeat(63)}`, `/${FOLDER}/${FOLDER}`])(
  'PAYLOAD-STORE-4: the key %j of a forged reference names nothing',
  async (key) => {
    expect(await faultOf(onDisk().get(key))).toBe('missing')
    expect(await onDisk().removeFolder(key)).toBe(0)
  },
)

it('PAYLOAD-STORE-3: a store that never answers is unavailable when its time is over', async () => {
  const never = () => new Promise<never>(() => undefined)
  const objects: ObjectStore = {
    name: 'holdfast.disk',
    place: 'it',
    write: never,
    read: never,
    removeFolder: never,
  }
  const store = payloadStore(objects, 20)
  expect(await faultOf(store.put(FOLDER, Buffer.from('x')))).toBe('unavailable')
  expect(await faultOf(store.get(`${FOLDER}/${FOLDER}`))).toBe('unavailable')
})

it('a folder is removed with all that stands in it, twice without harm, and its neighbours stay', async () => {
  const store = onDisk()
  const keys = [await store.put(FOLDER, Buffer.from('1')), await store.put(FOLDER, Buffer.from('2'))]
  const other = await store.put(folderOf('default', 'gen-2'), Buffer.from('1'))
  expect(await store.removeFolder(FOLDER)).toBe(2)
  expect(await store.removeFolder(FOLDER)).toBe(0)
  expect(await Promise.all(keys.map((key) => faultOf(store.get(key))))).toEqual(['missing', 'missing'])
  expect((await store.get(other)).toString()).toBe('1')
})

it('PAYLOAD-DISK-2: what is older than the instant goes; what was stored again is as new as that', async () => {
  const store = onDisk()
  const old = await store.put(FOLDER, Buffer.from('old'))
  const again = await store.put(FOLDER, Buffer.from('again'))
  const longAgo = new Date(Date.now() - 10_000_000)
  utimesSync(fileOf(old), longAgo, longAgo)
  utimesSync(fileOf(again), longAgo, longAgo)
  await store.put(FOLDER, Buffer.from('again'))
  const left = `${fileOf(old)}.0ba5e000-0000-4000-8000-000000000000.tmp`
  writeFileSync(left, 'half')
  utimesSync(left, longAgo, longAgo)
  writeFileSync(path.join(top, 'notes.txt'), 'somebody’s own')
  expect(await store.removeBefore?.(Date.now() - 5_000_000)).toBe(1)
  expect(await faultOf(store.get(old))).toBe('missing')
  expect((await store.get(again)).toString()).toBe('again')
  expect(readdirSync(path.dirname(fileOf(again)))).toHaveLength(1)
  expect(readFileSync(path.join(top, 'notes.txt'), 'utf8')).toBe('somebody’s own')
})

it('a folder that can not be written is refused, with its code and without content', async () => {
  mkdirSync(path.join(top, FOLDER.slice(0, 2)), { recursive: true })
  writeFileSync(path.join(top, FOLDER.slice(0, 2), FOLDER), 'a file where the folder should be')
  const error = await onDisk()
    .put(FOLDER, Buffer.from('secret words'))
    .catch((thrown: unknown) => thrown as Error)
  expect(payloadFaultOf(error)).toBe('refused')
  expect(String(error)).toMatch(/the payload store on disk .* refuses: (ENOTDIR|EEXIST)/)
  expect(String(error)).not.toContain('secret')
})

it('its check leaves nothing behind', async () => {
  await onDisk().check()
  expect(readdirSync(top).flatMap((shelf) => readdirSync(path.join(top, shelf)))).toEqual([])
})
