/** What the routes share. */
import type { InternalHoldfast } from '../client/internal'
import type { Config } from '../config'
import type { Metrics } from '../telemetry/metrics'
import type { Tracing } from '../telemetry/tracing'
import type { Cluster } from './cluster'
import type { Limits } from './limits'
import type { Readiness } from './readiness'
import type { RequestContext, RequestContexts } from './request-context'

export interface GatewayDeps {
  config: Config
  cluster: Cluster
  limits: Limits
  metrics: Metrics
  contexts: RequestContexts
  /** null or absent: no traces. */
  tracing?: Tracing | null | undefined
  ready(): Promise<Readiness>
  /** Of its tenant, for what its key may name. Throws HoldfastError. */
  clientOf(context: Pick<RequestContext, 'tenant' | 'grant'>): Promise<InternalHoldfast>
  /** An error that nobody foresaw: for the log. */
  onFault(error: unknown): void
}

declare module 'fastify' {
  interface FastifyRequest {
    requestContext: RequestContext
  }
}
