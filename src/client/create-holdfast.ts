/** The library's client: validates, resolves the route, starts the workflow, waits for its end. */
import type { Client, ConnectionLike } from '@temporalio/client'
import { type Config, type Env, givenConfig } from '../config'
import type { Accepted } from '../contract/errors'
import { DEFAULT_TASK_QUEUE, type GenerationInput, type GenerationResult } from '../contract/generation'
import type { AttemptRecord } from '../domain/attempt'
import type { Inferred, SchemaInput, ToolCallOf, ToolInput } from '../request'
import { checkTenant, type GenerateRequest, prepare } from '../request'
import { temporalOptions } from '../temporal/connection'
import { readAttempts } from './attempts'
import { createGate } from './gate'
import { bodyHash, generationId } from './identity'
import { createJoin } from './join'
import { createLinker } from './link'
import { awaitResult, checkId, requireTenant, runDeadlineAt, toHoldfastError } from './result'
import { type Begun, sharedResult } from './shared'
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
   * Starts a generation and waits for its answer. `signal` cancels it, or only stops waiting where others may wait
   * for the same one: with an idempotency key, or on a route that coalesces. Throws HoldfastError.
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

/**
 * Reads the config; connects at the first call. Throws ConfigError, TemporalSettingsError, or HoldfastError where the
 * tenant is none.
 */
export async function createHoldfast(options: HoldfastOptions = {}): Promise<Holdfast> {
  const env = options.env ?? process.env
  const config = await givenConfig(options.config, env)
  const fromEnv = temporalOptions(env)
  const temporal = { ...fromEnv, namespace: options.namespace ?? fromEnv.namespace }
  const linker = createLinker(temporal, options.connection)
  const webUrl = webUrls(temporal, env)
  const tenant = options.tenant === undefined ? null : checkTenant(options.tenant)
  const taskQueue = options.taskQueue ?? (env.HOLDFAST_TASK_QUEUE || DEFAULT_TASK_QUEUE)

  const gate = createGate(STARTS_AT_ONCE)
  const join = createJoin<string | undefined>()

  const begin = async (asked: GenerateRequest<SchemaInput | undefined>): Promise<Begun> => {
    const { route, request, cache } = prepare(config, asked, tenant)
    const { idempotencyKey, signal } = asked
    throwIfAborted(signal)
    const { client, searchAttributes } = await linker.open(false)
    throwIfAborted(signal)
    const coalesced = route.cache?.coalesce === true && cache?.control === 'default'
    const cacheKey = coalesced ? cache.key : null
    const id = generationId({ tenant, idempotencyKey, cacheKey })
    const deadlineAt = Date.now() + route.deadlineMs
    const input: GenerationInput = { id, tenant, route, request, deadlineAt, searchAttributes, cache }
    const shared = idempotencyKey !== undefined ? 'key' : coalesced ? 'request' : null
    const body = bodyHash(route.name, request)
    const runId = await join(`${id} ${body}`, () =>
      gate(() => startGeneration(client, input, { body, taskQueue, shared, eager: options.eager ?? false })),
    )
    return { id, shared, deadlineAt, runId }
  }

  const onRun = async <T>(
    id: string,
    act: (client: Client) => Promise<T>,
    accepted: Accepted = 'unknown',
  ): Promise<T> => {
    checkId(id)
    const { client } = await linker.open(accepted)
    try {
      return await act(client)
    } catch (error) {
      throw toHoldfastError(error, id, accepted)
    }
  }

  const resultOf = ({ id, runId }: Begun, left: AbortSignal): Promise<GenerationResult> =>
    onRun(id, (client) => awaitResult(client, id, { accepted: true, runId, left }), true)
  const plainResult = (id: string) => onRun(id, (client) => awaitResult(client, id, { tenant }))
  const cancel = (id: string): Promise<void> =>
    onRun(id, (client) =>
      client.withDeadline(Date.now() + CANCEL_DEADLINE_MS, async () => {
        await requireTenant(client, id, tenant)
        await client.workflow.getHandle(id).cancel()
      }),
    )

  return {
    async generate(asked) {
      const begun = await begin(asked)
      const { id, shared } = begun
      const left = new AbortController()
      const waiting =
        shared === 'request'
          ? sharedResult(begun, {
              resultOf: (on) => resultOf(on, left.signal),
              runDeadlineAt: (on) => onRun(on.id, (client) => runDeadlineAt(client, on.id, on.runId)),
              beginAgain: () => begin(asked),
            })
          : resultOf(begun, left.signal)
      const detach = shared !== null
      try {
        const result = await abortable(waiting, { id, signal: asked.signal, cancel, detach })
        return { ...typedResult(result, asked), webUrl: webUrl(id) } as never
      } finally {
        left.abort()
      }
    },
    async start(asked) {
      const { id } = await begin(asked)
      return { id, webUrl: webUrl(id) }
    },
    result: async (id) => ({ output: undefined, ...(await plainResult(id)), webUrl: webUrl(id) }),
    cancel,
    attempts: (id) =>
      onRun(id, async (client) => {
        await requireTenant(client, id, tenant)
        return readAttempts(client, id)
      }),
    close: () => linker.close(),
  }
}
