/** The library's client: validates, resolves the route, starts the workflow, waits for its end. */
import type { ConnectionLike } from '@temporalio/client'
import { type Config, type Env, loadConfig, resolveRoute } from '../config'
import { applyOverride, type Override } from '../config/override'
import {
  DEFAULT_TASK_QUEUE,
  type GenerationInput,
  type GenerationResult,
  MAX_REQUEST_BYTES,
  MAX_SCHEDULED_BYTES,
} from '../contract/generation'
import type { AttemptRecord } from '../domain/attempt'
import type { GenerationRequest } from '../domain/request'
import type { Route } from '../domain/route'
import { temporalOptions } from '../temporal/connection'
import { readAttempts } from './attempts'
import { invalidRequest } from './errors'
import { generationId } from './identity'
import { createLinker } from './link'
import { checkRequest } from './request'
import { awaitResult, toHoldfastError } from './result'
import { startGeneration } from './start'
import { webUrls } from './web-url'

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

export interface GenerateRequest extends Omit<GenerationRequest, 'messages'> {
  /** A route's name, or a target (`provider/model`). Default: `default`. */
  route?: string
  messages?: GenerationRequest['messages']
  /** Short for one user message. */
  prompt?: string
  /** The same key and the same request: the same generation, from any process. */
  idempotencyKey?: string
  /** Within what the route allows. */
  override?: Override
}

export interface Generation extends GenerationResult {
  /** The run in the Temporal Web UI. */
  webUrl: string
}

export interface Holdfast {
  /** Starts a generation and waits for its answer. Throws HoldfastError. */
  generate(request: GenerateRequest): Promise<Generation>
  /** Starts a generation; resolves once Temporal has it. Throws HoldfastError. */
  start(request: GenerateRequest): Promise<{ id: string; webUrl: string }>
  /** Waits for the answer of a generation, from any process. Throws HoldfastError. */
  result(id: string): Promise<Generation>
  /** Asks a generation to stop: calls in flight are hung up. Throws HoldfastError. */
  cancel(id: string): Promise<void>
  /** The attempts so far. Throws HoldfastError. */
  attempts(id: string): Promise<AttemptRecord[]>
  close(): Promise<void>
}

/** Reads the config; connects at the first call. Throws ConfigError or TemporalSettingsError. */
export async function createHoldfast(options: HoldfastOptions = {}): Promise<Holdfast> {
  const env = options.env ?? process.env
  const config =
    typeof options.config === 'object'
      ? options.config
      : await loadConfig({ env, ...(options.config === undefined ? {} : { file: options.config }) })
  const fromEnv = temporalOptions(env)
  const temporal = { ...fromEnv, namespace: options.namespace ?? fromEnv.namespace }
  const linker = createLinker(temporal, options.connection)
  const webUrl = webUrls(temporal, env)
  const tenant = options.tenant ?? null
  const taskQueue = options.taskQueue ?? env.HOLDFAST_TASK_QUEUE ?? DEFAULT_TASK_QUEUE

  const begin = async (asked: GenerateRequest): Promise<string> => {
    const { route, request } = prepare(config, asked)
    const { client, searchAttributes } = await linker.open()
    const { idempotencyKey } = asked
    const id = generationId(tenant, idempotencyKey)
    const deadlineAt = Date.now() + route.deadlineMs
    const input: GenerationInput = { id, tenant, route, request, deadlineAt, searchAttributes }
    const keyed = idempotencyKey !== undefined
    await startGeneration(client, input, { taskQueue, keyed, eager: options.eager ?? false })
    return id
  }

  const onRun = async <T>(
    id: string,
    act: (client: Awaited<ReturnType<typeof linker.open>>['client']) => Promise<T>,
  ) => {
    const { client } = await linker.open()
    try {
      return await act(client)
    } catch (error) {
      throw toHoldfastError(error, id)
    }
  }

  const result = (id: string): Promise<Generation> =>
    onRun(id, async (client) => ({ ...(await awaitResult(client, id)), webUrl: webUrl(id) }))

  return {
    generate: async (request) => result(await begin(request)),
    start: async (request) => {
      const id = await begin(request)
      return { id, webUrl: webUrl(id) }
    },
    result,
    cancel: (id) =>
      onRun(id, async (client) => {
        await client.workflow.getHandle(id).cancel()
      }),
    attempts: (id) => onRun(id, (client) => readAttempts(client, id)),
    close: () => linker.close(),
  }
}

/** Everything that can be wrong with a request, before anything is sent. */
function prepare(config: Config, asked: GenerateRequest): { route: Route; request: GenerationRequest } {
  const { route: name = 'default', prompt, messages, idempotencyKey, override, ...rest } = asked
  if ((prompt === undefined) === (messages === undefined))
    throw invalidRequest('Give either `prompt` or `messages`')
  if (prompt?.trim() === '') throw invalidRequest('The prompt is empty')
  if (idempotencyKey === '') throw invalidRequest('The idempotency key is empty')
  const request = checkRequest({ ...rest, messages: messages ?? [{ role: 'user', content: prompt }] })
  const found = resolveRoute(config, name)
  if (!found.ok) throw invalidRequest(found.message)
  const bounded = override === undefined ? found : applyOverride(found.route, override)
  if (!bounded.ok) throw invalidRequest(bounded.message)
  checkSize(request, bounded.route)
  return { route: bounded.route, request }
}

function checkSize(request: GenerationRequest, route: Route): void {
  const bytes = Buffer.byteLength(JSON.stringify(request))
  if (bytes > MAX_REQUEST_BYTES)
    throw invalidRequest(`The request has ${bytes} bytes, the most is ${Math.floor(MAX_REQUEST_BYTES)}`)
  const atOnce = route.strategy.type === 'race' ? route.candidates.length : 1
  if (bytes * atOnce > MAX_SCHEDULED_BYTES)
    throw invalidRequest(
      `The request has ${bytes} bytes and ${atOnce} candidates start at once: together at most ${MAX_SCHEDULED_BYTES} bytes. Use fewer candidates or another strategy`,
    )
}
