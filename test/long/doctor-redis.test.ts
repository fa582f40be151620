/** Redis as it may be found: well, away, frozen, locked, full, forgetful. Real servers. */
import net from 'node:net'
import { type DoctorStand, doctorStand, of, unwell } from '../helpers/doctor'
import { describeRedis, type RedisServer, startRedis } from '../helpers/redis'
import { listen } from '../helpers/sockets'

const config = (stores: string[], variable = 'REDIS_URL'): string => `
providers: { alpha: { api: openai-chat, baseUrl: http://127.0.0.1:9/v1, auth: none } }
routes: { default: { candidates: [alpha/m] } }
${stores.map((store) => `${store}: { store: redis, url: "\${${variable}}" }`).join('\n')}
`

describeRedis('Redis', () => {
  const started: RedisServer[] = []
  const stands: DoctorStand[] = []
  const redis = async (...args: string[]): Promise<RedisServer> => {
    const server = await startRedis(args)
    started.push(server)
    return server
  }
  const look = (url: string, stores = ['cache', 'delivery']) => {
    const stand = doctorStand(config(stores))
    stands.push(stand)
    return stand.findings(['redis'], { REDIS_URL: url })
  }
  afterEach(async () => {
    for (const stand of stands.splice(0)) stand.close()
    await Promise.all(started.splice(0).map((server) => server.close()))
  })

  it('one that writes to disk and drops what ends soonest has no warning, with its numbers', async () => {
    const { url, port } = await redis(
      '--appendonly',
      'yes',
      '--maxmemory',
      '64mb',
      '--maxmemory-policy',
      'volatile-ttl',
    )
    const findings = await look(url)
    expect(unwell(findings)).toEqual([])
    expect(of(findings, 'redis.eviction')[0]?.message).toMatch(
      new RegExp(
        `^cache and delivery \\(127\\.0\\.0\\.1:${port}\\): volatile-ttl, [\\d.]+ [KM]iB used, of 64\\.0 MiB maxmemory$`,
      ),
    )
    expect(of(findings, 'redis.reachable')[0]?.message).toMatch(/answers in \d+\.\d ms/)
  })

  it('allkeys-lru may drop the log of a running generation; for a cache alone that is well', async () => {
    const { url } = await redis(
      '--appendonly',
      'yes',
      '--maxmemory',
      '64mb',
      '--maxmemory-policy',
      'allkeys-lru',
    )
    const findings = await look(url)
    expect(unwell(findings)).toEqual(['warn redis.eviction'])
    expect(of(findings, 'redis.eviction')[0]).toMatchObject({
      message: expect.stringContaining('may drop the log of a generation that runs'),
      fix: expect.stringContaining('maxmemory-policy volatile-ttl'),
    })
    expect(unwell(await look(url, ['cache']))).toEqual([])
  })

  it('noeviction with a bound is a warning for a cache, and one that is full is an error', async () => {
    const { url } = await redis('--appendonly', 'yes', '--maxmemory', '64mb')
    expect(unwell(await look(url))).toEqual(['warn redis.eviction'])
    expect(unwell(await look(url, ['delivery']))).toEqual([])
    const full = await redis('--appendonly', 'yes', '--maxmemory', '100kb')
    const findings = await look(full.url, ['delivery'])
    expect(unwell(findings)).toEqual(['error redis.eviction'])
    expect(of(findings, 'redis.eviction')[0]?.message).toContain('when it is full it refuses all writes')
  })

  it('one that writes nothing to disk is a warning for the delivery log, and none for the cache', async () => {
    const { url } = await redis()
    const findings = await look(url)
    expect(unwell(findings)).toEqual(['warn redis.persistence'])
    expect(unwell(await look(url, ['cache']))).toEqual([])
  })

  it('a wrong password is an error that says so, and no password stands in any finding', async () => {
    const { port } = await redis('--requirepass', 'the-right-password')
    const findings = await look(`redis://:not-the-password@127.0.0.1:${port}`)
    expect(of(findings, 'redis.reachable')).toMatchObject([
      {
        status: 'error',
        message: expect.stringContaining('WRONGPASS'),
        fix: expect.stringContaining('user and password'),
      },
    ])
    expect(of(findings, 'redis.eviction')[0]).toMatchObject({ status: 'skipped' })
    expect(JSON.stringify(findings)).not.toMatch(/the-right-password|not-the-password/)
    const without = await look(`redis://127.0.0.1:${port}`)
    expect(of(without, 'redis.reachable')[0]).toMatchObject({
      status: 'error',
      fix: expect.stringContaining('it wants a password'),
    })
  })

  it('one that is frozen is an error within the limit', async () => {
    const server = await redis()
    process.kill(server.pid(), 'SIGSTOP')
    const findings = await look(server.url)
    process.kill(server.pid(), 'SIGCONT')
    expect(unwell(findings)).toEqual(['error redis.reachable'])
    expect(findings.find(({ status }) => status === 'error')?.message).toContain(
      'has not answered within 3000 ms',
    )
  }, 20_000)

  it('what listens there and is no Redis, or answers nonsense, is an error within the limit', async () => {
    for (const words of ['HTTP/1.1 400 Bad Request\r\n\r\n', '+OK\r\n', '*-7\r\n$x\r\n']) {
      const other = await listen(net.createServer((socket) => socket.on('data', () => socket.write(words))))
      const findings = await look(`redis://127.0.0.1:${other.port}`)
      await other.close()
      expect(unwell(findings)).toEqual(['error redis.reachable'])
    }
  }, 60_000)

  it('one that is away is an error, and the other one is looked at all the same', async () => {
    const gone = await redis()
    await gone.kill()
    const there = await redis('--appendonly', 'yes')
    const stand = doctorStand(
      `${config(['cache'], 'GONE_URL')}delivery: { store: redis, url: "\${THERE_URL}" }`,
    )
    stands.push(stand)
    const findings = await stand.findings(['redis'], { GONE_URL: gone.url, THERE_URL: there.url })
    expect(unwell(findings)).toEqual(['error redis.reachable'])
    expect(of(findings, 'redis.reachable')[0]?.message).toMatch(/^cache .*ECONNREFUSED/)
    expect(of(findings, 'redis.persistence')).toMatchObject([
      { status: 'skipped' },
      { status: 'ok', message: expect.stringContaining('append-only file') },
    ])
  })

  it('a variable that is not set, and a text that is no URL of Redis, are errors that name what to set', async () => {
    const stand = doctorStand(config(['delivery']))
    stands.push(stand)
    expect(of(await stand.findings(['redis']), 'redis.reachable')[0]).toMatchObject({
      status: 'error',
      message: expect.stringContaining('REDIS_URL is not set'),
    })
    const wrong = await stand.findings(['redis'], { REDIS_URL: 'http://user:hunter2-secret@127.0.0.1' })
    expect(of(wrong, 'redis.reachable')[0]).toMatchObject({ status: 'error' })
    expect(JSON.stringify(wrong)).not.toContain('hunter2')
  })
})
