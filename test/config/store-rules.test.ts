// biome-ignore-all lint/suspicious/noTemplateCurlyInString: config files write ${ENV}
/** The top-level `cache`: where answers are kept. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { check } from '../../src/cli/check'
import { renderReport } from '../../src/cli/check-report'
import { ConfigError, formatBytes, parseConfig } from '../../src/config'
import { parseBytes } from '../../src/config/bytes'

const storeOf = (block: string) => parseConfig(`cache: ${block}\n`).cache
const errorOf = (block: string): string => {
  try {
    storeOf(block)
  } catch (error) {
    if (error instanceof ConfigError) return error.message.replace(/^holdfast\.yaml:\d+:\d+: /, '')
    throw error
  }
  return 'none'
}
const MB = 1024 ** 2

it('is on disk by default', () => {
  const disk = { store: 'disk', path: '.holdfast/cache', maxBytes: 256 * MB }
  expect(parseConfig('').cache).toEqual(disk)
  expect(storeOf('{}')).toEqual(disk)
})

it("is in the host's data folder, unless the file says where", () => {
  const pathOf = (text: string) => parseConfig(text, 'holdfast.yaml', 'state').cache
  expect(pathOf('')).toMatchObject({ path: path.join('state', 'cache') })
  expect(pathOf('cache: { maxBytes: 8MB }')).toMatchObject({ path: path.join('state', 'cache') })
  expect(pathOf('cache: { path: .holdfast/cache }')).toMatchObject({ path: '.holdfast/cache' })
})

it.each([
  [
    '{ path: /var/cache/holdfast, maxBytes: 1GB }',
    { store: 'disk', path: '/var/cache/holdfast', maxBytes: 1024 * MB },
  ],
  ['{ store: memory }', { store: 'memory', maxBytes: 256 * MB }],
  ['{ store: memory, maxBytes: 8388608 }', { store: 'memory', maxBytes: 8 * MB }],
  ['{ store: redis, url: "${REDIS_URL}" }', { store: 'redis', url: '${REDIS_URL}' }],
  [
    '{ store: redis, url: "rediss://app:${PASSWORD}@${HOST}:6380/2" }',
    { store: 'redis', url: 'rediss://app:${PASSWORD}@${HOST}:6380/2' },
  ],
  ['{ store: redis, url: "redis://app@cache:6379" }', { store: 'redis', url: 'redis://app@cache:6379' }],
])('cache: %s', (block, expected) => {
  expect(storeOf(block)).toEqual(expected)
})

it.each([
  ['{ store: redis }', 'cache.url: is missing: write url: ${REDIS_URL}'],
  ['{ url: "redis://x" }', 'cache.url: is for store: redis; this one is disk'],
  ['{ store: memory, path: x }', 'cache.path: is for store: disk; this one is memory'],
  [
    '{ store: redis, url: "redis://x", maxBytes: 8MB }',
    'cache.maxBytes: is for store: disk or memory; this one is redis',
  ],
  [
    '{ store: redis, url: "http://x" }',
    'cache.url: not a Redis URL: write it like redis://localhost:6379, or redis+cluster://one:6379,two:6379',
  ],
  [
    '{ store: redis, url: "redis://" }',
    'cache.url: not a Redis URL: write it like redis://localhost:6379, or redis+cluster://one:6379,two:6379',
  ],
  ['{ store: redis, url: "${REDIS_URL:-x}" }', 'cache.url: only ${NAME} is read; there is no other form'],
  ['{ store: dsk }', 'cache.store: write one of: disk, memory, redis; did you mean "disk"?'],
  [
    '{ maxBytes: 256 MB }',
    'cache.maxBytes: not a size: write it like 256MB or 1GB (KB, MB, GB), or as a number of bytes',
  ],
  ['{ maxBytes: 1MB }', 'cache.maxBytes: must be at least 4MB'],
  ['{ maxBytes: -1 }', 'cache.maxBytes: must be at least 4MB'],
  ['{ maxBytes: 99999999999GB }', 'cache.maxBytes: not a whole number, or too large'],
  ['{ maxBytes: 5000000.5 }', 'cache.maxBytes: not a whole number, or too large'],
  [
    '{ maxBytes: true }',
    'cache.maxBytes: not a size: write it like 256MB or 1GB (KB, MB, GB), or as a number of bytes',
  ],
  ['{ stor: disk }', 'cache.stor: unknown field; did you mean "store"?'],
  ['redis', 'cache: expected a block of fields, found text'],
])('cache: %s is refused', (block, error) => {
  expect(errorOf(block)).toBe(error)
})

it.each([
  'redis://:hunter2@cache:6379',
  'redis://app:hunter2@cache:6379',
  'redis://app:hunter2${MORE}@cache:6379',
  'redis://${USER}:hunter2@cache',
  'rediss://a:b:hunter2@cache',
  'rediss+cluster://app:hunter2@one:6379,two:6379',
  'redis://one:6379,redis://app:hunter2@two:6379',
  'redis://sk-hunter2hunter2@cache',
])('a password in the file is refused, and not repeated: %s', (url) => {
  const error = errorOf(`{ store: redis, url: "${url}" }`)
  expect(error).toContain('looks like a secret')
  expect(error).not.toContain('hunter2')
})

it.each([
  ['{}', {}, 'Cache store: disk, .holdfast/cache, at most 256MB\n'],
  ['{ store: memory }', {}, 'Cache store: memory, at most 256MB in each worker\n'],
  ['{ store: redis, url: "${R}" }', { R: 'redis://:hunter2@x' }, 'Cache store: redis, ${R}\n'],
  ['{ store: redis, url: "${R}" }', {}, 'Cache store: redis, ${R}; not set: R, so nothing is cached\n'],
])('cache: %s with %j: check says which', async (block, env, line) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'holdfast-store-'))
  const file = path.join(folder, 'holdfast.yaml')
  writeFileSync(file, `cache: ${block}\n`)
  const report = await check(file, env)
  rmSync(folder, { recursive: true })
  expect(renderReport(report)).toContain(line)
  expect(JSON.stringify(report)).not.toContain('hunter2')
})

it('sizes are read and printed in units of 1024', () => {
  expect(parseBytes('1.5KB')).toBe(1_536)
  expect(['256mb', '256', 'MB', '1e3MB', '1 GB'].map(parseBytes)).toEqual([null, null, null, null, null])
  expect([256 * MB, 1024 * MB, 1_536, 1_025].map(formatBytes)).toEqual([
    '256MB',
    '1GB',
    '1536 bytes',
    '1025 bytes',
  ])
})
