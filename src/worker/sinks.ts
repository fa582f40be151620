/** What the workflows report to this worker beside their history: their ends (GENERATION-END-1, GENERATION-END-2). */
import type { InjectedSinks } from '@temporalio/worker'
import type { GenerationEnd, GenerationSinks } from '../contract/generation-end'
import { type Tracing, traceGeneration } from '../telemetry/tracing'

/** For `WorkerOptions.sinks`: a sink that a workflow uses and its worker lacks is logged as an error. */
export const generationSinks = (
  onEnded: (end: GenerationEnd) => void = () => undefined,
): InjectedSinks<GenerationSinks> => ({
  holdfast: { generationEnded: { fn: (_workflow, end) => onEnded(end), callDuringReplay: false } },
})

/** For `generationSinks`. */
export const tracesOfEnds = (
  tracing: Tracing | null | undefined,
): ((end: GenerationEnd) => void) | undefined =>
  tracing == null ? undefined : (end) => traceGeneration(tracing, end)
