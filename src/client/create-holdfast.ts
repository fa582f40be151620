/** The library's client: validates, resolves the route, starts the workflow, waits for its end. */
import type { Client, ConnectionLike } from '@temporalio/client'
import { type Config, type Env, givenConfig } from '../config'
import type { Accepted } from '../contract/errors'
import { DEFAULT_TASK_QUEUE, type GenerationInput, type GenerationResult } from '../contract/generation'
import type { AttemptRecord } from '../domain/attempt'
import type { Inferred, SchemaInput, ToolCallOf, ToolInput } from '../request'
import { type GenerateRequest, prepare } from '../request'
import { temporalOptions } from '../temporal/connection'
import { readAttempts } from './attempts'
import { createGate } from './gate'
import { generationId } from './identity'
import { createLinker } from './link'
import { awaitResult, toHoldfastError } from './result'
import { abortable, throwIfAborted } from './signal'
import { startGeneration } from './start'
import { typedResult } from './typed'
import { webUrls } from './web-url'

/** A caller that gives up does not wait for a Temporal that is away. */
const CANCEL_DEADLINE_MS = 2_000

/**
 * The deadline of a start call is 2 s: a burst sent all at once would wait for itself so long in a small server
 * that starts which were accepted look as if they were not.
 */
const STARTS_AT_ONCE = 16

export interface HoldfastOptions {
  /** A config file's path (default `holdfast.yaml`; none there means the built-in defaults), or a loaded config. */
  config?: string | Config
  /** Whose generations these are: keys of two tenants never meet. */
  tenant?: string
  /** Default: HOLDFAST_TASK_QUEUE, or `holdfast`. */
  taskQueue?: string
  /** A connection of your own; else TEMPORAL_ADDRESS and its siblings say where Temporal is. */
  connection?: ConnectionLike
  /** Default: TEMPORAL_NAMESPACE, or `default`. */
  namespace?: string
  /** Client and worker share one process and this `connection`: the first task needs no trip to the server. */
  eager?: boolean
  /** Default: `process.env`. */
  env?: Env
}

/** The answer and how it came about. `output` is there where the request had a `schema`. */
export interface Generation<Output = unknown, Call = GenerationResult['toolCalls'][number]>
  extends Omit<GenerationResult, 'output' | 'toolCalls'> {
  output: Output
  toolCalls: Call[]
  /** The run in the Temporal Web UI. */
  webUrl: string
}

export interface Holdfast {
  /**
   * Starts a generation and waits for its answer. `signal` cancels it, or only stops waiting where there is an
   * idempotency key. Throws HoldfastError.
   */
  generate<
    S extends SchemaInput | undefined = undefined,
    const T extends readonly ToolInput[] = readonly ToolInput[],
  >(
    request: GenerateRequest<S, T>,
  ): Promise<Generation<S extends SchemaInput ? Inferred<S> : undefined, ToolCallOf<T>>>
  /** Starts a generation; resolves once Temporal has it. Throws HoldfastError. */
  start(request: GenerateRequest<SchemaInput | undefined>): Promise<{ id: string; webUrl: string }>
  /** Waits for the answer of a generation, from any process. Throws HoldfastError. */
  result(id: string): Promise<Generation>
  /** Asks a generation to stop: calls in flight are hung up. One that has ended stays as it is. Throws HoldfastError. */
  cancel(id: string): Promise<void>
  /** The attempts so far. Throws HoldfastError. */
  attempts(id: string): Promise<AttemptRecord[]>
  close(): Promise<void>
}

/** Reads the config; connects at the first call. Throws ConfigError or TemporalSettingsError. */
export async function createHoldfast(options: HoldfastOptions = {}): Promise<Holdfast> {
  const env = options.env ?? process.env
  const config = await givenConfig(options.config, env)
  const fromEnv = temporalOptions(env)
  const temporal = { ...fromEnv, namespace: options.namespace ?? fromEnv.namespace }
  const linker = createLinker(temporal, options.connection)
  const webUrl = webUrls(temporal, env)
  const tenant = options.tenant ?? null
  const taskQueue = options.taskQueue ?? (env.HOLDFAST_TASK_QUEUE || DEFAULT_TASK_QUEUE)

  const gate = createGate(STARTS_AT_ONCE)

  const begin = async (asked: GenerateRequest<SchemaInput | undefined>): Promise<string> => {
    const { route, request } = prepare(config, asked)
    const { idempotencyKey, signal } = asked
    throwIfAborted(signal)
    const { client, searchAttributes } = await linker.open(false)
    throwIfAborted(signal)
    const id = generationId(tenant, idempotencyKey)
    const deadlineAt = Date.now() + route.deadlineMs
    const input: GenerationInput = { id, tenant, route, request, deadlineAt, searchAttributes }
    const keyed = idempotencyKey !== undefined
    await gate(() => startGeneration(client, input, { taskQueue, keyed, eager: options.eager ?? false }))
    return id
  }

  const onRun = async <T>(
    id: string,
    act: (client: Client) => Promise<T>,
    accepted: Accepted = 'unknown',
  ): Promise<T> => {
    const { client } = await linker.open(accepted)
    try {
      return await act(client)
    } catch (error) {
      throw toHoldfastError(error, id, accepted)
    }
  }

  const plainResult = (id: string, accepted?: Accepted) =>
    onRun(id, (client) => awaitResult(client, id, accepted), accepted)
  const cancel = (id: string): Promise<void> =>
    onRun(id, (client) =>
      client.withDeadline(Date.now() + CANCEL_DEADLINE_MS, async () => {
        await client.workflow.getHandle(id).cancel()
      }),
    )

  return {
    async generate(asked) {
      const id = await begin(asked)
      const detach = asked.idempotencyKey !== undefined
      const result = await abortable(plainResult(id, true), { id, signal: asked.signal, cancel, detach })
      return { ...typedResult(result, asked), webUrl: webUrl(id) } as never
    },
    async start(asked) {
      const id = await begin(asked)
      return { id, webUrl: webUrl(id) }
    },
    result: async (id) => ({ output: undefined, ...(await plainResult(id)), webUrl: webUrl(id) }),
    cancel,
    attempts: (id) => onRun(id, (client) => readAttempts(client, id)),
    close: () => linker.close(),
  }
}
