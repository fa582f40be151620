/** Both delivery logs, for suites that run over either. */
import { newEncryptionKey, valueCryptoOf } from '../../src/encryption'
import { deliveryOver } from '../../src/stores/delivery/log'
import { memoryStore } from '../../src/stores/delivery/memory'
import { sealedWords } from '../../src/stores/delivery/sealed'
import type { DeliveryLog, DeliveryWriter } from '../../src/stores/delivery/types'
import { connected, epochOf, redisDelivery, writerAt } from './delivery'
import { startRedis, withoutRedis } from './redis'

interface Setting {
  /** As another process would: in process there is one log for all. */
  open(): DeliveryLog
  close(): Promise<void>
}

const PLACES = {
  async memory(): Promise<Setting> {
    const one = deliveryOver(memoryStore())
    return { open: () => one, close: () => one.close() }
  },
  async redis(): Promise<Setting> {
    const server = await startRedis()
    return { open: () => redisDelivery(server.url), close: () => server.close() }
  },
  async 'sealed redis'(): Promise<Setting> {
    const server = await startRedis()
    const crypto = valueCryptoOf({ HOLDFAST_ENCRYPTION_KEYS: newEncryptionKey('test') })
    if (crypto === null) throw new Error('there are no keys')
    const words = sealedWords(crypto, () => undefined)
    return { open: () => redisDelivery(server.url, [], words), close: () => server.close() }
  },
}

/** What a test has: filled in before each. */
export interface Bench {
  kind: keyof typeof PLACES
  delivery: DeliveryLog
  /** As another process has it. */
  other: DeliveryLog
  /** A log that nobody has used. */
  log: string
  /** So many pieces are appended without waiting: each costs one round trip. */
  together: number
  at(
    sequence: number,
    attempt?: number,
    exclusive?: boolean,
  ): Promise<DeliveryWriter & { text: string; reasoned: boolean }>
  /** One more. */
  open(): DeliveryLog
}

/** Runs the suite over both; where there is no Redis, the one is skipped loudly. */
export function overBothLogs(suite: (on: Bench) => void): void {
  describe('the delivery log in memory', () => suite(bench('memory')))
  const redis = () => suite(bench('redis'))
  if (withoutRedis === null) {
    describe('the delivery log in redis', redis)
    describe('the delivery log in redis, sealed', () => suite(bench('sealed redis')))
    return
  }
  process.stderr.write(`SKIPPED: the delivery log in redis: ${withoutRedis}\n`)
  describe.skip(`the delivery log in redis (skipped: ${withoutRedis})`, redis)
}

function bench(kind: Bench['kind']): Bench {
  let setting: Setting
  let logs = 0
  const none = deliveryOver(memoryStore())
  const on: Bench = {
    kind,
    delivery: none,
    other: none,
    log: '',
    together: kind === 'memory' ? 1 : 50,
    at: (sequence, attempt = 1, exclusive = true) =>
      writerAt(on.delivery, on.log, epochOf(sequence, attempt), exclusive),
    open: () => setting.open(),
  }
  beforeAll(async () => {
    await none.close()
    setting = await PLACES[kind]()
    on.delivery = await connected(setting.open())
    on.other = await connected(setting.open())
  })
  beforeEach(() => {
    logs += 1
    on.log = `log-${logs}`
  })
  afterAll(async () => {
    await on.delivery.close()
    await on.other.close()
    await setting.close()
  })
  return on
}
