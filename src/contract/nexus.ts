/** The Nexus service of Holdfast's workers: what a workflow of any namespace, in any language, sends and gets. */
import * as nexus from 'nexus-rpc'
import type { GenerationResult, UnresolvedRequest } from './generation'
import type { TraceContext } from './trace-context'

export interface NexusRequest extends UnresolvedRequest {
  /**
   * The same key and the same request: the same generation, for all callers of the endpoint's tenant. Default: each
   * operation has a generation of its own.
   */
  idempotencyKey?: string | undefined
  /** Where the caller's trace stands, as W3C's headers write it. Default: none. */
  trace?: TraceContext | undefined
}

/** For `createNexusServiceClient` of @temporalio/workflow. Names stand in callers' code and histories: never renamed. */
export const holdfastService = nexus.service('holdfast', {
  /** Ends with the answer; fails with the ApplicationFailure GENERATION_FAILED, as a child workflow does. */
  generate: nexus.operation<NexusRequest, GenerationResult>(),
})
