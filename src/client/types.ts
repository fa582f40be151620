/** What the library offers to backend code. */
import type { Config, Env } from '../config'
import type { GenerationResult } from '../contract/generation'
import type { AttemptRecord } from '../domain/routing/attempt'
import type { GenerateRequest, Inferred, SchemaInput, ToolCallOf, ToolInput } from '../request'
import type { ClientSeams } from '../temporal/options'
import type { GenerationEvent } from './events'
import type { AttachOptions, EventOptions } from './running'
import type { GenerationStatus } from './status'
import type { GivenConnection } from './temporal-client'

export interface HoldfastOptions extends ClientSeams {
  /** A config file's path (default `holdfast.yaml`; none there means the built-in defaults), or a loaded config. */
  config?: string | Config
  /** Whose generations these are: keys of two tenants never meet. Default: nobody's, which is a tenant of its own. */
  tenant?: string
  /** Default: HOLDFAST_TASK_QUEUE, or `holdfast`. */
  taskQueue?: string
  /** A connection of your own, or the way to it. Default: one by TEMPORAL_ADDRESS and the other TEMPORAL_* variables. */
  connection?: GivenConnection
  /** Default: TEMPORAL_NAMESPACE, or `default`. */
  namespace?: string
  /** Long polls of its waits that may stand at once. Default: 16, of all clients of this process together. */
  longPolls?: number
  /** Default: `process.env`. */
  env?: Env
}

/** The answer and how it came about. `output` is there where the request had a `schema`. */
export interface Generation<Output = unknown, Call = GenerationResult['toolCalls'][number]>
  extends Omit<GenerationResult, 'output' | 'toolCalls'> {
  output: Output
  toolCalls: Call[]
  /** The run in the Temporal Web UI; empty where Temporal knows nothing of it (`durable: false`). */
  webUrl: string
}

export interface StreamRequest extends GenerateRequest<SchemaInput | undefined> {
  /** Should the provider stream? Default: true for `stream`, else false. */
  stream?: boolean | undefined
  /** Where the text so far turns out to be void: an error (default), or a `restart` event. */
  restarts?: EventOptions['restarts']
}

export interface Holdfast {
  /**
   * Starts a generation and waits for its answer. `signal` cancels it, or only stops waiting where others may wait
   * for the same one: with an idempotency key, or on a route that coalesces. Throws HoldfastError.
   */
  generate<
    S extends SchemaInput | undefined = undefined,
    const T extends readonly ToolInput[] = readonly ToolInput[],
  >(
    request: GenerateRequest<S, T>,
  ): Promise<Generation<S extends SchemaInput ? Inferred<S> : undefined, ToolCallOf<T>>>
  /**
   * As `generate`, and yields the events on the way. `signal` as there; leaving the loop stops listening, and nothing
   * else. Throws HoldfastError.
   */
  stream(request: StreamRequest): AsyncIterable<GenerationEvent<Generation>>
  /** The events of a generation, from any process; those up to `after` are left out. Throws HoldfastError. */
  attach(id: string, options?: AttachOptions): AsyncIterable<GenerationEvent<Generation>>
  /** Starts a generation; resolves once Temporal has it. Throws HoldfastError. */
  start(request: StreamRequest): Promise<{ id: string; webUrl: string }>
  /** Waits for the answer of a generation, from any process. Throws HoldfastError. */
  result(id: string): Promise<Generation>
  /** How a generation stands, at once. Throws HoldfastError where that can't be read. */
  status(id: string): Promise<GenerationStatus>
  /** Cancels a generation: calls in flight are hung up. One that has ended stays as it is. Throws HoldfastError. */
  cancel(id: string): Promise<void>
  /** The attempts so far. Throws HoldfastError. */
  attempts(id: string): Promise<AttemptRecord[]>
  /** Every wait by this client ends with `unavailable`; the generations go on. */
  close(): Promise<void>
}
