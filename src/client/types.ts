/** What the library offers to backend code. */
import type { Config, Env } from '../config'
import type { GenerationResult } from '../contract/generation'
import type { Metadata } from '../domain/request/metadata'
import type { EmbedInput, Params } from '../domain/request/request'
import type { AttemptRecord } from '../domain/routing/attempt'
import type { Usage } from '../domain/streaming/answer'
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
  /**
   * true: OpenTelemetry's active span, of the application's own tracer provider, is the parent of each generation's. Default:
   * false, and nothing of OpenTelemetry's is loaded.
   */
  tracing?: boolean
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
  /** Of the request that began it, where it is read by its id (`result`). Absent: it had none, or was not read so. */
  metadata?: Metadata | undefined
}

export interface StreamRequest extends GenerateRequest<SchemaInput | undefined> {
  /** Should the provider stream? Default: true for `stream`, else false. */
  stream?: boolean | undefined
  /** Where the text so far turns out to be void: an error (default), or a `restart` event. */
  restarts?: EventOptions['restarts']
}

export interface EmbedRequest
  extends Pick<GenerateRequest, 'signal' | 'idempotencyKey' | 'override' | 'cache' | 'metadata' | 'trace'> {
  /** A route of kind embeddings, or a target (`provider/model`). */
  route: string
  /** A text or several, 2,048 at most. A text may be given as the ids of its tokens, which only its model understands. */
  input: string | readonly EmbedInput[]
  /** How many numbers a vector is to have. Default: as many as the model's have. */
  dimensions?: number | undefined
  /** Of a provider's own, into the body of its requests; and fields that change nothing of the answer. Default: none. */
  params?: Pick<Params, 'providerOptions' | 'hints'> | undefined
}

export interface Embeddings {
  /** The vectors of the inputs, in their order. */
  embeddings: number[][]
  /** Tokens of all inputs; null: a provider sent no count. */
  usage: Usage | null
  /** US dollars for the answering calls; null where a price or a count is unknown. */
  costUsd: number | null
  /** Many inputs are several generations: each says what became of its part, in the order of the inputs. */
  generations: Omit<Generation, 'embeddings'>[]
}

export interface ForgetOptions {
  /** true: one that runs is cancelled first. false: it is refused. Default false. */
  force?: boolean | undefined
  /** So long it is waited for Temporal, which deletes in the background, within a minute. Milliseconds. Default 0. */
  waitMs?: number | undefined
}

export interface Forgotten {
  /** Of the generation. */
  id: string
  /** Workflow runs that were deleted: its own, its shadow's, those of the renewals that it started. */
  runs: number
  /** Objects of the payload store that were deleted. */
  objects: number
  /** Its answer was in the cache, and is no longer: for equal requests neither. */
  cached: boolean
  /** What may still hold some of it, in words for people. */
  left: string[]
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
  /**
   * The vectors of texts, all of one model. Fails as a whole; what an idempotency key or a cache has of it is not paid
   * again. Throws HoldfastError.
   */
  embed(request: EmbedRequest): Promise<Embeddings>
  /**
   * How many tokens this request has, by the first candidate that counts them; `target` says which. Nothing is generated.
   * Throws HoldfastError.
   */
  countTokens(
    request: GenerateRequest<SchemaInput | undefined>,
  ): Promise<{ inputTokens: number; target: string }>
  /** Starts a generation; resolves once Temporal has it. Throws HoldfastError. */
  start(request: StreamRequest): Promise<{ id: string; webUrl: string }>
  /** Waits for the answer of a generation, from any process. Throws HoldfastError. */
  result(id: string): Promise<Generation>
  /** How a generation stands, at once. Throws HoldfastError where that can't be read. */
  status(id: string): Promise<GenerationStatus>
  /** Cancels a generation: calls in flight are hung up. One that has ended stays as it is. Throws HoldfastError. */
  cancel(id: string): Promise<void>
  /**
   * Deletes what is kept of a generation that has ended: histories, stored objects, cached answer, delivery log. What it can
   * not delete, it names. Again for one that is gone already it does nothing. Throws HoldfastError.
   */
  forget(id: string, options?: ForgetOptions): Promise<Forgotten>
  /** The attempts so far. Throws HoldfastError. */
  attempts(id: string): Promise<AttemptRecord[]>
  /** Every wait by this client ends with `unavailable`; the generations go on. */
  close(): Promise<void>
}
