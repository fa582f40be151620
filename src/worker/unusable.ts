/** Providers that this process can't ask are told when it starts: nobody looks for them later. */
import type { Logger } from 'pino'
import { type Config, type Env, unusableProviders } from '../config'

export function warnOfUnusable(config: Config, env: Env, logger: Logger): void {
  for (const { provider, reason } of unusableProviders(config, env))
    logger.warn({ event: 'provider_unusable', provider, reason }, 'provider left out of plans')
}
