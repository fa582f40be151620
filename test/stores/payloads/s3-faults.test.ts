/** Faults of a store in S3, by a server on a real socket: tried again, or an error that names the store, the reason, and no content. */
import { parseConfig } from '../../../src/config'
import { folderOf, type PayloadStore, payloadFaultOf, payloadStoreOf } from '../../../src/stores/payloads'
import { type FakeS3, type S3Fault, startFakeS3 } from '../../helpers/fake-s3'

const FOLDER = folderOf('default', 'gen-1')
const BYTES = Buffer.from('planted words '.repeat(10_000))
const SLOW_DOWN = { status: 503, code: 'SlowDown' }

let server: FakeS3
let store: PayloadStore
beforeAll(async () => {
  server = await startFakeS3()
  const config = parseConfig(`
providers: { alpha: { api: openai-chat, baseUrl: "http://127.0.0.1:9/v1", auth: none } }
payloads: { store: s3, bucket: our-bucket, region: us-east-1, endpoint: "${server.url}" }
`)
  const opened = payloadStoreOf(config, { AWS_ACCESS_KEY_ID: 'id', AWS_SECRET_ACCESS_KEY: 'secret' })
  if (opened === null) throw new Error('the config names a store')
  store = opened
})
afterAll(() => server.close())
beforeEach(() => server.reset())

const failure = async (work: Promise<unknown>) => {
  const error: unknown = await work.then(
    () => null,
    (thrown: unknown) => thrown,
  )
  expect(String(error)).not.toContain('planted')
  return { fault: payloadFaultOf(error), message: String(error) }
}

it.each<[string, S3Fault]>([
  ['SlowDown', SLOW_DOWN],
  ['InternalError', { status: 500, code: 'InternalError' }],
  ['429', { status: 429, code: 'TooManyRequests' }],
])('%s, twice, is tried again: the third gives and takes', async (_name, fault) => {
  server.fail('PUT', fault, 2)
  server.fail('GET', fault, 2)
  const key = await store.put(FOLDER, BYTES)
  expect((await store.get(key)).equals(BYTES)).toBe(true)
  expect([server.asked('PUT'), server.asked('GET')]).toEqual([3, 3])
})

it('a body that breaks off is read again, and is unavailable when it always does', async () => {
  const key = await store.put(FOLDER, BYTES)
  server.fail('GET', 'truncated', 1)
  expect((await store.get(key)).equals(BYTES)).toBe(true)
  server.fail('GET', 'truncated')
  expect(await failure(store.get(key))).toMatchObject({ fault: 'unavailable' })
})

it('a store that always answers SlowDown is unavailable after three tries, and says so', async () => {
  server.fail('PUT', SLOW_DOWN)
  expect(await failure(store.put(FOLDER, BYTES))).toEqual({
    fault: 'unavailable',
    message: expect.stringContaining('bucket our-bucket'),
  })
  expect(server.asked('PUT')).toBe(3)
})

it.each<[string, S3Fault, string]>([
  ['short by half', 'short', 'damaged'],
  ['of other bytes', 'damaged', 'damaged'],
  ['denied', { status: 403, code: 'AccessDenied' }, 'refused'],
  ['of a bucket that is gone', { status: 404, code: 'NoSuchBucket' }, 'refused'],
  ['gone', { status: 404, code: 'NoSuchKey' }, 'missing'],
])('an object that is %s is never given, nor tried again', async (_name, fault, expected) => {
  const key = await store.put(FOLDER, BYTES)
  server.fail('GET', fault)
  expect(await failure(store.get(key))).toMatchObject({ fault: expected })
  expect(server.asked('GET')).toBe(1)
})

it('a server that says nothing is given up when its reader is', async () => {
  const key = await store.put(FOLDER, BYTES)
  server.fail('GET', 'silent')
  const work = failure(store.get(key, AbortSignal.timeout(200)))
  expect(await work).toMatchObject({ fault: 'unavailable' })
})

it('what can not be deleted is refused, with the code', async () => {
  await store.put(FOLDER, BYTES)
  server.fail('DELETE', { status: 403, code: 'AccessDenied' })
  expect(await failure(store.removeFolder(FOLDER))).toEqual({
    fault: 'refused',
    message: expect.stringContaining('403 AccessDenied'),
  })
  server.reset()
  expect(await store.removeFolder(FOLDER)).toBeGreaterThan(0)
  expect(server.objects.size).toBe(0)
})
