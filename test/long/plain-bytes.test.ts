/** Without keys the search of test/e2e/encrypted-bytes finds in each place what is planted there: it can find it. */
import { PLANTED, type Planted } from '../helpers/planted'
import { type PlantedStack, plantedStack } from '../helpers/planted-runs'
import { describeRedis } from '../helpers/redis'

describeRedis('without encryption keys', () => {
  let stack: PlantedStack
  beforeAll(async () => {
    stack = await plantedStack()
  }, 60_000)
  afterAll(() => stack?.close())

  const inPlaces = async () => {
    const places: { [place: string]: Planted[] } = {}
    for (const [file, planted] of Object.entries(await stack.found())) {
      const place = file.replace(/-wal$/, '').split('/')[0] ?? file
      places[place] = [...new Set([...(places[place] ?? []), ...planted])]
    }
    return places
  }

  /** A key is hashed before it leaves the gateway, and a provider's header is known to the worker alone. */
  const NEVER: readonly string[] = ['idempotencyKey', 'providerHeader']

  it('what was planted stands in the database, the cache, the payload store and Redis, and in no log, metric or span', async () => {
    await stack.up(null, 'disk')
    await stack.runs()
    const places = await inPlaces()
    const kept = Object.keys(PLANTED).filter((name) => !NEVER.includes(name) && name !== 'large')
    expect(places['temporal.db']).toEqual(expect.arrayContaining(kept))
    expect(places.cache).toEqual(['answer'])
    expect(places.payloads).toEqual(['large'])
    expect(places.redis).toEqual(expect.arrayContaining(['answer', 'streamed', 'large']))
    for (const place of ['said', 'spans', 'metrics', 'errors of others'])
      expect([place, places[place]]).toEqual([place, []])
    expect(
      Object.values(places)
        .flat()
        .filter((name) => NEVER.includes(name)),
    ).toEqual([])
  }, 120_000)

  it('with the cache in Redis its entries stand there', async () => {
    await stack.down()
    await stack.up(null, 'redis')
    await stack.chat({ model: 'cached', messages: [{ role: 'user', content: 'another' }] })
    expect((await inPlaces()).redis).toContain('answer')
  }, 120_000)
})
