/** What checks share, each opened by its first use: config, connection, namespace, what was measured, the Redis servers. */
import type { Client, Connection } from '@temporalio/client'
import type { temporal } from '@temporalio/proto'
import { type Config, type Env, loadConfig } from '../config'
import { DEFAULT_TASK_QUEUE } from '../contract/generation'
import { connectClient, type TemporalOptions, temporalOptions } from '../temporal/connection'
import { withDataConverter } from '../temporal/data-converter'
import { createClient } from '../temporal/options'
import { type Closers, closeAll } from '../util/close-all'
import { type DispatchProbe, probeDispatch, probeTimers, type TimerProbe } from './probe'
import { type RedisUse, redisUses } from './redis-uses'

export interface DoctorOptions {
  /** As of `loadConfig`. Default: the file of the environment, or the one in the working directory. */
  file?: string | undefined
  env: Env
  /** Of `up`: where it keeps its state. */
  dataFolder: string
  /** Call the providers. Default: false. */
  live?: boolean | undefined
  /** Of a gateway: `http://host:port`. Default: none is looked at. */
  gateway?: string | undefined
  /** This machine's clock, epoch milliseconds. Default: `Date.now`. */
  now?: (() => number) | undefined
}

export interface TemporalAccess {
  options: TemporalOptions
  connection: Connection
  client: Client
}

type NamespaceDescription = temporal.api.workflowservice.v1.IDescribeNamespaceResponse

export interface Context extends Omit<DoctorOptions, 'now'> {
  now: () => number
  taskQueue: string
  /** Throws ConfigError. */
  config(): Promise<Config>
  /** Throws TemporalSettingsError, TemporalUnreachableError. */
  temporal(): Promise<TemporalAccess>
  /** Throws what Temporal throws. */
  namespace(): Promise<NamespaceDescription>
  timers(): Promise<TimerProbe>
  dispatch(): Promise<DispatchProbe>
  redis(): Promise<RedisUse[]>
  close(): Promise<void>
}

/** So long one call to Temporal may take: checks have some of them. */
export const CALL_LIMIT_MS = 2_000

export function openContext({ now = Date.now, ...options }: DoctorOptions): Context {
  const closers: Closers = []
  const { env } = options
  const config = once(() => loadConfig({ file: options.file, env, dataFolder: options.dataFolder }))
  const access = once(async (): Promise<TemporalAccess> => {
    const given = temporalOptions(env)
    const connection = await connectClient(given)
    closers.push(() => connection.close())
    const seams = withDataConverter({}, { env, config: await config().catch(() => null) })
    return { options: given, connection, client: createClient(connection, given.namespace, seams) }
  })
  return {
    ...options,
    now,
    taskQueue: env.HOLDFAST_TASK_QUEUE || DEFAULT_TASK_QUEUE,
    config,
    temporal: access,
    namespace: once(async () => {
      const { connection, client } = await access()
      const { namespace } = client.options
      return connection.withDeadline(Date.now() + CALL_LIMIT_MS, () =>
        connection.workflowService.describeNamespace({ namespace }),
      )
    }),
    timers: once(async () => {
      const { connection, client } = await access()
      return probeTimers(connection, client.options.namespace, now)
    }),
    dispatch: once(async () => {
      const { connection, client } = await access()
      return probeDispatch(connection, client.options.namespace, now)
    }),
    redis: once(async () => {
      const uses = redisUses(await config(), env)
      for (const { close } of uses) closers.push(async () => close())
      return uses
    }),
    close: () => closeAll(closers),
  }
}

function once<T>(open: () => Promise<T>): () => Promise<T> {
  let opened: Promise<T> | null = null
  return () => {
    opened ??= open()
    return opened
  }
}
