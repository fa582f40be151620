/** What Redis says of itself. With servers: test/long/doctor-redis. */
import { readInfo } from '../../src/doctor/redis-uses'

it('an INFO that says a write to disk has failed, or says nothing at all, is read as that', () => {
  const info =
    'redis_version:7.0.15\r\nused_memory:2000\r\nmaxmemory:1000\r\nmaxmemory_policy:noeviction\r\naof_enabled:1\r\naof_last_write_status:err\r\nrdb_last_bgsave_status:ok\r\n'
  expect(readInfo(info)).toEqual({
    version: '7.0.15',
    usedBytes: 2_000,
    maxBytes: 1_000,
    policy: 'noeviction',
    appendOnly: true,
    writeFailed: true,
  })
  expect(readInfo('')).toMatchObject({ version: null, maxBytes: 0, writeFailed: false })
})
