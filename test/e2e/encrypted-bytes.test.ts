/** All bytes that `up` keeps and says, searched for what was planted in requests and answers: with keys nothing of it is there. */
import { deflateSync, gzipSync } from 'node:zlib'
import { newEncryptionKey } from '../../src/encryption'
import { PLANTED, plantedIn } from '../helpers/planted'
import { type PlantedStack, plantedStack } from '../helpers/planted-runs'
import { describeRedis } from '../helpers/redis'

describe('the search', () => {
  const text = `{"text":"${PLANTED.prompt}"}`
  it.each([
    ['text', Buffer.from(text)],
    ['UTF-16', Buffer.from(text, 'utf16le')],
    ['base64', Buffer.from(Buffer.from(text).toString('base64'))],
    ['base64 after one more byte', Buffer.from(Buffer.from(`x${text}`).toString('base64'))],
    ['base64 after two more bytes', Buffer.from(Buffer.from(`xy${text}`).toString('base64'))],
    ['hex', Buffer.from(Buffer.from(text).toString('hex'))],
    ['gzip', Buffer.concat([Buffer.from('before'), gzipSync(text), Buffer.from('behind')])],
    ['zlib', Buffer.concat([Buffer.from('before'), deflateSync(text, { level: 1 }), Buffer.from('behind')])],
  ])('finds what is kept as %s', (_form, bytes) => {
    expect(plantedIn(bytes)).toEqual(['prompt'])
  })
})

/** Of generations, until the worker without keys has got a task of one. */
const TRIES_MAX = 40
/** What it says then. */
const MISSES = /was encrypted by the key \W+fresh/

describeRedis('with encryption keys', () => {
  const [old, fresh] = [newEncryptionKey('old'), newEncryptionKey('fresh')]
  let stack: PlantedStack
  beforeAll(async () => {
    stack = await plantedStack()
    await stack.up(old, 'disk')
  }, 60_000)
  afterAll(() => stack?.close())

  const nowhere = async () => {
    const found = await stack.found()
    expect(Object.keys(found)).toEqual(
      expect.arrayContaining(['temporal.db', 'temporal.db-wal', 'redis', 'spans']),
    )
    expect(Object.entries(found).filter(([, planted]) => planted.length > 0)).toEqual([])
    return Object.keys(found)
  }

  it('nothing of requests and answers is found in the database, the cache, the payload store, Redis, logs, metrics and spans', async () => {
    await stack.runs()
    const places = await nowhere()
    expect(places.filter((place) => place.startsWith('payloads')).length).toBeGreaterThan(0)
    expect(places.filter((place) => place.startsWith('cache')).length).toBeGreaterThan(0)
  }, 120_000)
  it('what waits for a rate limit while the keys are rotated is answered, beside a worker without keys, which fails nothing', async () => {
    const { simulator, host } = stack
    simulator.script('alpha/model-f', [
      { status: 429, retryAfter: '4', message: PLANTED.providerError, times: 1 },
      { answer: PLANTED.answer },
    ])
    const waiting = await stack.start({ route: 'waiting', prompt: PLANTED.prompt })
    await simulator.waitForCalls(1, { target: 'alpha/model-f' })
    await stack.down()
    await stack.up(`${fresh},${old}`, 'redis')
    const keyless = host.run(['worker'], {
      ...{ TEMPORAL_ADDRESS: stack.address(), HOLDFAST_VERSIONING: 'off', PLANTED_HEADER: 'none' },
    })
    await keyless.says(/Worker ready/)
    const ids = [waiting]
    while (!MISSES.test(keyless.stderr()) && ids.length < TRIES_MAX)
      ids.push(await stack.start({ route: 'cached', prompt: PLANTED.prompt, cache: 'no-cache' }))
    const answered = await Promise.all(ids.map((id) => stack.answered(id)))
    expect(answered).toEqual(ids.map(() => ({ state: 'answered', text: PLANTED.answer })))
    expect(keyless.stderr()).toMatch(MISSES)
    keyless.kill()
    expect(plantedIn(Buffer.from(keyless.stderr() + keyless.stdout()))).toEqual([])
    await nowhere()
  }, 120_000)
})
