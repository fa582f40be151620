/**
 * One part of one subject in a process of its own, so that its CPU time is its own.
 * Takes its orders by IPC (`Order`), answers each one (`Reply`), ends when ordered to or when its parent has gone.
 */
import { Client } from '@temporalio/client'
import { connectClient } from '../src/temporal/connection'
import { installRuntime } from '../src/worker'
import { type HeartbeatCounter, installCountingRuntime } from './heartbeats'
import { isOpen } from './history'
import { type Load, runLoad, runPace } from './load'
import { type RoleName, roleOf } from './roles'
import type { Setup } from './setup'
import { benchLogger, type CallerPart, type OwnServer, type WorkerPart } from './subjects'
import { ownUsage, type Usage } from './usage'

export interface PartSettings {
  subject: RoleName
  /** `both` is what `holdfast up` is: caller and worker in one process, on one connection. */
  part: 'both' | 'caller' | 'worker'
  setup: Setup
  taskQueue: string
  /** Where a caller alone finds its worker's gateway. */
  url: string | null
  /** Costs a little CPU: not while that is measured. */
  countHeartbeats: boolean
}

export type Order =
  | { type: 'load'; inFlight: number; durationMs: number }
  | { type: 'pace'; perSecond: number; durationMs: number }
  | { type: 'open'; calls: number }
  | { type: 'settle' }
  | { type: 'usage' }
  /** So many calls, one after the other, and what they sent. */
  | { type: 'sample'; calls: number }
  | { type: 'end' }

export interface Sample {
  workflowIds: string[]
  /** Of these: the workflow was still open when its caller had the answer. */
  early: number
  heartbeats: number
}

export interface Settled {
  answered: number
  failed: number
  /** Why the first one failed. */
  reason: string | null
}

export interface Replies {
  load: Load
  pace: Load
  open: null
  settle: Settled
  usage: Usage
  sample: Sample
  end: null
}

export interface Ready {
  /** Where it serves HTTP; null: nowhere. */
  url: string | null
  /** A Temporal server of its own; null: the run's. */
  server: OwnServer | null
}

export type Message =
  | { type: 'ready'; ready: Ready }
  | { type: 'reply'; reply: unknown }
  | { type: 'failed'; message: string }

interface Parts {
  worker: WorkerPart | null
  caller: CallerPart | null
  heartbeats: HeartbeatCounter | null
  opened: Promise<unknown>[]
}

const send = (message: Message): boolean => process.send?.(message) ?? false

async function start(settings: PartSettings): Promise<Parts> {
  const { subject, part, setup, taskQueue, countHeartbeats } = settings
  const { startWorker, startCaller } = roleOf(subject)
  const heartbeats = countHeartbeats ? installCountingRuntime(benchLogger()) : null
  if (heartbeats === null && startWorker !== null) installRuntime(benchLogger())
  const worker = part === 'caller' ? null : ((await startWorker?.(setup, taskQueue)) ?? null)
  const url = worker?.url ?? settings.url
  const caller = part === 'worker' ? null : await startCaller({ setup, taskQueue, worker, url })
  return { worker, caller, heartbeats, opened: [] }
}

async function obey(order: Order, parts: Parts, setup: Setup): Promise<unknown> {
  const { caller, worker, opened } = parts
  switch (order.type) {
    case 'usage':
      return ownUsage()
    case 'load':
      return runLoad(callOf(caller), order.inFlight, order.durationMs)
    case 'pace':
      return runPace(callOf(caller), order.perSecond, order.durationMs)
    case 'open': {
      const call = callOf(caller)
      for (let begun = 0; begun < order.calls; begun += 1) opened.push(quietly(call()))
      return null
    }
    case 'settle':
      return settle(opened.splice(0))
    case 'sample':
      return sample(order.calls, parts, setup)
    case 'end':
      await caller?.close()
      await worker?.close()
      return null
  }
}

function callOf(caller: CallerPart | null): CallerPart['call'] {
  if (caller === null) throw new Error('This process has no caller')
  return caller.call
}

/** Who waits for it may come after its failure. */
function quietly<T>(call: Promise<T>): Promise<T> {
  call.catch(() => undefined)
  return call
}

async function settle(opened: readonly Promise<unknown>[]): Promise<Settled> {
  const settled = await Promise.allSettled(opened)
  const failures = settled.filter((one) => one.status === 'rejected')
  const [first] = failures
  return {
    answered: settled.length - failures.length,
    failed: failures.length,
    reason: first === undefined ? null : String(first.reason),
  }
}

async function sample(calls: number, { caller, heartbeats }: Parts, setup: Setup): Promise<Sample> {
  const call = callOf(caller)
  const { temporal } = setup
  const connection = await connectClient(temporal)
  const client = new Client({ connection, namespace: temporal.namespace })
  const workflowIds: string[] = []
  let early = 0
  for (let made = 0; made < calls; made += 1) {
    const { workflowId } = await call()
    if (workflowId === null) continue
    workflowIds.push(workflowId)
    if (await isOpen(client, workflowId)) early += 1
  }
  await connection.close()
  return { workflowIds, early, heartbeats: heartbeats?.count() ?? 0 }
}

async function main(): Promise<void> {
  const settings: PartSettings = JSON.parse(process.argv[2] ?? '')
  const parts = await start(settings)
  process.on('message', (order: Order) => {
    obey(order, parts, settings.setup).then(
      (reply) => {
        send({ type: 'reply', reply })
        if (order.type === 'end') process.disconnect()
      },
      (error: unknown) => send({ type: 'failed', message: describe(error) }),
    )
  })
  const { url = null, server } = parts.worker ?? {}
  const own = server === undefined ? null : { pid: server.pid, address: server.address }
  send({ type: 'ready', ready: { url, server: own } })
}

const describe = (error: unknown): string =>
  error instanceof Error ? (error.stack ?? error.message) : String(error)

process.on('disconnect', () => process.exit())
main().catch((error: unknown) => {
  send({ type: 'failed', message: describe(error) })
  process.exitCode = 1
})
