/** What the routes share. */
import type { Holdfast } from '../client'
import type { Config } from '../config'
import type { Exchange, Exchanges } from './exchange'
import type { Limits } from './limits'
import type { Metrics } from './metrics'
import type { Readiness } from './readiness'

export interface Gate {
  config: Config
  limits: Limits
  metrics: Metrics
  exchanges: Exchanges
  ready(): Promise<Readiness>
  /** Throws HoldfastError. */
  clientOf(tenant: string | null): Promise<Holdfast>
  /** An error that nobody foresaw: for the log. */
  onFault(error: unknown): void
}

declare module 'fastify' {
  interface FastifyRequest {
    exchange: Exchange
  }
}
