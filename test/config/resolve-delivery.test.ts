// biome-ignore-all lint/suspicious/noTemplateCurlyInString: config files write ${ENV}
/** The top-level `delivery`: in process, or through Redis. */
import { ConfigError, parseConfig } from '../../src/config'
import { openDelivery } from '../../src/stores/delivery'
import { recordedLog } from '../helpers/cache'

const settingsOf = (block: string) => parseConfig(`delivery: ${block}\n`).delivery
const errorOf = (block: string): string => {
  try {
    settingsOf(block)
  } catch (error) {
    if (error instanceof ConfigError) return error.message.replace(/^holdfast\.yaml:\d+:\d+: /, '')
    throw error
  }
  return 'none'
}

it('is in process by default', () => {
  expect(parseConfig('').delivery).toEqual({ store: 'memory' })
  expect(settingsOf('{}')).toEqual({ store: 'memory' })
  expect(settingsOf('{ store: memory }')).toEqual({ store: 'memory' })
})

it('is in Redis, whose URL may hold variables', () => {
  expect(settingsOf('{ store: redis, url: "${REDIS_URL}" }')).toEqual({ store: 'redis', url: '${REDIS_URL}' })
})

it.each([
  ['{ url: "redis://x" }', 'delivery.url: is for store: redis; this one is memory'],
  ['{ store: redis }', 'delivery.url: is missing: write url: ${REDIS_URL}'],
  [
    '{ store: redis, url: "http://x" }',
    'delivery.url: not a Redis URL: write it like redis://localhost:6379',
  ],
  ['{ store: disk }', 'delivery.store: write one of: memory, redis'],
  ['{ store: redis, path: x }', 'delivery.path: unknown field'],
])('delivery: %s is refused', (block, error) => {
  expect(errorOf(block)).toContain(error)
})

it('a password in the file is refused, and not repeated', () => {
  const error = errorOf('{ store: redis, url: "redis://:hunter2@x" }')
  expect(error).toContain('looks like a secret')
  expect(error).not.toContain('hunter2')
})

it('opens the configured store, and names what is missing without the URL', async () => {
  const { logger } = recordedLog()
  await (await openDelivery({ store: 'memory' }, { env: {}, logger })).close()
  const redis = { store: 'redis', url: '${R}' } as const
  await expect(openDelivery(redis, { env: {}, logger })).rejects.toThrow(
    'delivery.url needs R, which is not set',
  )
  const refused = openDelivery(redis, { env: { R: 'http://:hunter2@x' }, logger })
  await expect(refused).rejects.toThrow('delivery.url is not a redis:// or rediss:// URL')
})
