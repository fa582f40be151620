/** From the config's `delivery` to a log. Redis' library is loaded when it is opened, and not before. */
import type { Logger } from 'pino'
import { type DeliverySettings, type Env, expandEnv } from '../../config'
import { unknownKeyText, valueCryptoOf } from '../../encryption'
import { reasonOf } from '../redis/reason'
import { countedStore, type DeliveryMetrics } from './counted-store'
import { deliveryOver } from './log'
import { memoryStore } from './memory'
import { PLAIN_WORDS, sealedWords } from './sealed'
import type { DeliveryLog } from './types'

export interface DeliveryDeps {
  env: Env
  logger: Pick<Logger, 'info' | 'warn'>
  /** What is written is counted there. Default: nowhere. */
  metrics?: DeliveryMetrics | undefined
}

/**
 * One for the whole process. Redis is connected in the background: what is read or written before, or while it is out
 * of reach, rejects where it writes, and waits where it reads. Throws an Error that says what is missing: a variable
 * that is not set, a URL that is none.
 */
export async function openDelivery(
  settings: DeliverySettings,
  { env, logger, metrics }: DeliveryDeps,
): Promise<DeliveryLog> {
  if (settings.store === 'memory') return deliveryOver(countedStore(memoryStore(), metrics))
  const url = expandEnv(settings.url, env)
  if (!url.ok) throw new Error(`delivery.url needs ${url.missing.join(', ')}, which is not set`)
  const onTrouble = (error: unknown) => {
    if (error === null) logger.info({ event: 'delivery_back' }, 'the delivery log answers again')
    else
      logger.warn(
        { event: 'delivery_down', reason: reasonOf(error) },
        'the delivery log can not be used: streams wait for it, or for the end of their workflow',
      )
  }
  const { redisStore } = await import('./redis')
  const crypto = valueCryptoOf(env)
  const words = crypto === null ? PLAIN_WORDS : sealedWords(crypto, (keyId) => logUnknownKey(keyId, logger))
  return deliveryOver(countedStore(redisStore(url.text, { onTrouble, words }), metrics))
}

const logUnknownKey = (keyId: string, logger: DeliveryDeps['logger']): void =>
  logger.warn({ event: 'delivery_key_unknown', keyId }, unknownKeyText('A delivery log', keyId))
