/**
 * The client as the gateway, a batch, the embedded library and the models of the AI SDK use it: with what no user's code
 * needs. `src/index.ts` exports nothing of this file.
 */
import type { CircuitQuery, CircuitSnapshot } from '../contract/generation'
import type { InProcessRunner } from '../contract/in-process'
import type { GenerationRequest, Task } from '../domain/request/request'
import type { DeliveryLog } from '../stores/delivery/types'
import type { EmbeddedParts } from './embed'
import type { AttachOptions, RunningGeneration } from './running'
import type { EmbedRequest, Generation, Holdfast, HoldfastOptions, StreamRequest } from './types'

export interface InternalOptions extends HoldfastOptions {
  /** Client and worker share one process and this `connection`: the first task needs no trip to the server. */
  eager?: boolean
  /**
   * How the worker in this process sees the providers: a generation then begins with that, and need not read the
   * circuits.
   */
  circuitSnapshot?: (query: CircuitQuery) => Promise<CircuitSnapshot>
  /** One that this process has already, and closes itself. Default: the config's, where other processes can reach it. */
  delivery?: DeliveryLog
  /** For `whenTemporalDown: direct`: what runs generations in this process. */
  inProcess?: InProcessRunner
}

export interface OpenRequest extends StreamRequest {
  /** What is wanted in the place of words. Default: words. */
  task?: Task | undefined
}

export interface OpenOptions {
  /** Instead of one that is chosen. */
  id?: string
  /** Temporal's: 1 (first) to 5. Default 3. */
  priority?: number
  /** Whether the provider is to stream, where the request does not say. Default: not. */
  stream?: boolean
  /** Only one that was started before and may still answer, or has: nothing is started. */
  resumes?: boolean
}

export interface InternalHoldfast extends Holdfast {
  /** Starts a generation, to be listened to in one's own way. Throws HoldfastError. */
  open(request: OpenRequest, options?: OpenOptions): Promise<RunningGeneration<Generation>>
  /** As `embed`, with vectors as they travel. */
  embedParts(request: EmbedRequest): Promise<EmbeddedParts>
  /** One that was started before, by anybody. Throws HoldfastError. */
  find(id: string, options?: Pick<AttachOptions, 'signal'>): Promise<RunningGeneration<Generation>>
  /** What a generation was asked, while the namespace keeps it. Throws HoldfastError. */
  request(id: string): Promise<GenerationRequest>
}

/** As `createHoldfast` of the package. Temporal's client is loaded here. */
export async function createInternalHoldfast(options: InternalOptions = {}): Promise<InternalHoldfast> {
  const client = await import('./create-holdfast')
  return client.createHoldfast(options)
}

/** Of a client that `createHoldfast` made, or a copy of one. Throws TypeError for any other object. */
export function internalOf(holdfast: Holdfast): InternalHoldfast {
  if ('open' in holdfast && 'find' in holdfast) return holdfast as InternalHoldfast
  throw new TypeError('This client was not made by createHoldfast')
}
