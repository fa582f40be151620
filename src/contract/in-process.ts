/** Generations without Temporal: the same plan and dispatcher, in the caller's own process. */
import type { DeliveryLog } from '../stores/delivery/types'
import type { GenerationInput, GenerationResult } from './generation'

export interface InProcessRunner {
  /** Its end is lost with this process. Aborted, it hangs up. Throws HoldfastError. */
  run(input: GenerationInput, signal: AbortSignal): Promise<GenerationResult>
  /** What its calls say while they run, under the generation's id. */
  delivery: DeliveryLog
}
