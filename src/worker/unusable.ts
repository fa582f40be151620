/** Providers that this process can't call are logged when it starts: later nobody checks them. */
import type { Logger } from 'pino'
import { type Config, type Env, unusableProviders } from '../config'

export function warnOfUnusable(config: Config, env: Env, logger: Logger): void {
  for (const { provider, reason } of unusableProviders(config, env))
    logger.warn({ event: 'provider_unusable', provider, reason }, 'provider left out of plans')
}
