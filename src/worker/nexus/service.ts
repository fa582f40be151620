/** The service as a worker serves it. Without it a worker does not poll for Nexus tasks. */
import { getClient, TemporalOperationHandler } from '@temporalio/nexus'
import * as nexus from 'nexus-rpc'
import type { GenerationResult } from '../../contract/generation'
import { holdfastService, type NexusRequest } from '../../contract/nexus'
import { handlerErrorOf } from './errors'
import { cancelGeneration, type NexusDeps, startGeneration } from './generate'

/** @param open is awaited by each operation: a plugin's resources are opened while its worker runs */
export const nexusService = (
  open: () => Promise<NexusDeps>,
): nexus.ServiceHandler<typeof holdfastService.operations> =>
  nexus.serviceHandler(holdfastService, {
    generate: new TemporalOperationHandler<NexusRequest, GenerationResult>({
      start: (context, client, request) =>
        answered(open, (deps) => startGeneration(deps, context, client, request)),
      cancelWorkflowRun: (_context, { workflowId }) =>
        answered(open, (deps) => cancelGeneration(deps, getClient(), workflowId)),
    }),
  })

/** Throws a HandlerError, or the OperationError that `act` throws. */
async function answered<T>(open: () => Promise<NexusDeps>, act: (deps: NexusDeps) => Promise<T>): Promise<T> {
  try {
    return await act(await open())
  } catch (error) {
    throw error instanceof nexus.OperationError ? error : handlerErrorOf(error)
  }
}
