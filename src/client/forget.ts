/**
 * Deletes what is kept of a generation: its histories, its objects in the payload store, its answer in the cache, its words in
 * the delivery log.
 *
 * FORGET-1 What says where the rest stands is deleted last: one that was killed half-way is run again.
 * FORGET-2 Nothing writes for it any longer when the deleting begins: it has ended, or it is cancelled and its end awaited.
 * FORGET-3 With a generation go its shadow and the renewals that it started: they have its request.
 * FORGET-4 What it can't delete, it names.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { type Client, type WorkflowExecutionDescription, WorkflowNotFoundError } from '@temporalio/client'
import type { Config, Env } from '../config'
import { HoldfastError } from '../contract/errors'
import { COUNT_WORKFLOW, GENERATION_WORKFLOW, type GenerationInput } from '../contract/generation'
import { readGenerationMemo } from '../contract/generation-memo'
import { shadowIdOf } from '../contract/shadow'
import { openStore } from '../stores/cache'
import type { DeliveryLog } from '../stores/delivery'
import { folderOf, type PayloadStore } from '../stores/payloads'
import { historyPage, readWorkflowPayloads } from '../temporal/payloads'
import { cancelRun } from './cancels'
import { notFound } from './result'
import type { ForgetOptions, Forgotten } from './types'

export interface ForgetDeps {
  config: Config
  env: Env
  tenant: string | null
  payloads: PayloadStore | null
  /** null: each process has its own. */
  delivery: DeliveryLog | null
}

/** An answer comes so long ahead of its workflow's end, at most. */
const ENDING_MS = 1_000
/** For calls in flight to hang up, and for the run to end. */
const END_WAIT_MS = 10_000
const LOOK_AGAIN_MS = 50
const PAGE = 1_000
/** A generation starts two at most; a chain is as long as its deadline allows. */
const RUNS_MAX = 10_000

/** Throws HoldfastError, or what Temporal and the stores throw: then it is to be run again. */
export async function forget(
  client: Client,
  id: string,
  { force = false, waitMs = 0 }: ForgetOptions,
  deps: ForgetDeps,
): Promise<Forgotten> {
  const described = await describe(client, id)
  requireOwn(described, id, deps.tenant)
  const left = described?.status.name === 'RUNNING' ? await ended(client, id, force) : []
  const own = await runsOf(client, id)
  const known = await Promise.all(own.map((runId) => readRun(client, id, runId)))
  // FORGET-3
  const others = [...new Set([shadowIdOf(id), ...known.flatMap(({ children }) => children)])]
  for (const other of others)
    if ((await describe(client, other))?.status.name === 'RUNNING')
      left.push(...(await ended(client, other, true)))
  const runs: Run[] = known.map((run) => ({ ...run, workflowId: id }))
  for (const other of others)
    for (const runId of await runsOf(client, other))
      runs.unshift({ ...(await readRun(client, other, runId)), workflowId: other })

  const cached = await forgetAnswers(runs, deps, left)
  await forgetWords(runs, deps, left)
  const objects = await forgetObjects(client, [...others, id], runs, deps, left)
  left.push(...new Set(runs.flatMap((run) => outside(run))))
  // FORGET-1: the shadow's and the renewals' stand before its own.
  for (const run of runs) await deleteRun(client, run)
  const gone = async (): Promise<boolean> =>
    (await Promise.all(runs.map((run) => isGone(client, run)))).every(Boolean)
  if (!(await within(waitMs, gone))) left.push(STILL_DELETING)
  return { id, runs: runs.length, objects, cached, left: [...new Set(left)] }
}

/** Its queues note how far they are each half minute, and deletions wait for that (docs/payloads.md). */
const STILL_DELETING = 'its runs, for a minute: Temporal deletes them in the background'

function requireOwn(described: WorkflowExecutionDescription | null, id: string, tenant: string | null): void {
  if (described === null) {
    if (tenant !== null) throw notFound(id)
    return
  }
  const { type, memo } = described
  const own = tenant === null || readGenerationMemo(memo).tenant === tenant
  if (!own || (type !== GENERATION_WORKFLOW && type !== COUNT_WORKFLOW)) throw notFound(id)
}

/** The latest run; null: there is none. */
async function describe(
  client: Client,
  id: string,
  runId?: string,
): Promise<WorkflowExecutionDescription | null> {
  try {
    return await client.workflow.getHandle(id, runId).describe()
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return null
    throw error
  }
}

/** FORGET-2. Returns what is to be said of it. */
async function ended(client: Client, id: string, force: boolean): Promise<string[]> {
  const runs = async (): Promise<boolean> => (await describe(client, id))?.status.name === 'RUNNING'
  const isOver = async (): Promise<boolean> => !(await runs())
  // Its answer may have come ahead of its end.
  if (!force && (await within(ENDING_MS, isOver))) return []
  if (!force)
    throw new HoldfastError({
      kind: 'conflict',
      message: `The generation ${id} still runs: cancel it first, or forget it by force`,
      accepted: true,
      generationId: id,
    })
  await cancelRun(client, id, false)
  if (await within(END_WAIT_MS, isOver)) return []
  await client.workflow.getHandle(id).terminate('forgotten')
  return ['a call may still have been in flight when it was terminated: run it again in a minute']
}

async function within(limitMs: number, done: () => Promise<boolean>): Promise<boolean> {
  for (const until = performance.now() + limitMs; ; ) {
    if (await done()) return true
    if (performance.now() > until) return false
    await pause(LOOK_AGAIN_MS)
  }
}

/** All runs of a workflow id: a chain's, and those of earlier requests under the same id. */
async function runsOf(client: Client, workflowId: string): Promise<string[]> {
  const runs = new Set<string>()
  const latest = await describe(client, workflowId)
  if (latest !== null) runs.add(latest.runId)
  const query = `WorkflowId = ${JSON.stringify(workflowId)}`
  for await (const { runId } of client.workflow.list({ query, pageSize: PAGE })) {
    // What visibility shows may be gone already.
    if (!runs.has(runId) && (await describe(client, workflowId, runId)) !== null) runs.add(runId)
    if (runs.size >= RUNS_MAX) break
  }
  return [...runs]
}

interface KnownRun {
  runId: string
  /** null: it can't be read any longer. */
  input: Partial<GenerationInput> | null
  /** Ids of the workflows that it started. */
  children: string[]
  /** Of a workflow of the user's own. */
  parent: string | null
}

interface Run extends KnownRun {
  workflowId: string
}

async function readRun(client: Client, workflowId: string, runId: string): Promise<KnownRun> {
  const { namespace } = client.options
  const execution = { workflowId, runId }
  const input = await readInput(client, workflowId, runId).catch(() => null)
  const children: string[] = []
  let parent: string | null = null
  let nextPageToken: Uint8Array | undefined
  do {
    // Not by `historyPage`: it reads all that stands in the payload store, which may be gone.
    const page = await client.workflowService.getWorkflowExecutionHistory({
      namespace,
      execution,
      ...(nextPageToken === undefined ? {} : { nextPageToken }),
    })
    for (const event of page.history?.events ?? []) {
      const child = event.startChildWorkflowExecutionInitiatedEventAttributes
      if (child?.workflowId) children.push(child.workflowId)
      const started = event.workflowExecutionStartedEventAttributes
      parent ??= started?.parentWorkflowExecution?.workflowId ?? null
    }
    nextPageToken = page.nextPageToken?.length ? page.nextPageToken : undefined
  } while (nextPageToken !== undefined)
  return { runId, input, children, parent }
}

async function readInput(client: Client, workflowId: string, runId: string): Promise<KnownRun['input']> {
  const page = await historyPage(client, {
    namespace: client.options.namespace,
    execution: { workflowId, runId },
    maximumPageSize: 1,
  })
  const started = page.history?.events?.[0]?.workflowExecutionStartedEventAttributes
  const [input] = await readWorkflowPayloads(client, workflowId, started?.input?.payloads)
  return typeof input === 'object' ? (input as Partial<GenerationInput> | null) : null
}

/** Was there one? */
async function forgetAnswers(
  runs: readonly Run[],
  { config, env }: ForgetDeps,
  left: string[],
): Promise<boolean> {
  const keys = new Set(runs.flatMap(({ input }) => input?.cache?.key ?? []))
  if (runs.some(({ input }) => input !== null && input.route === undefined))
    left.push('the cache, where its route has one: its key is not known here (holdfast cache purge)')
  if (keys.size === 0) return false
  if (config.cache.store === 'memory') {
    left.push("the cache in each worker's memory, for as long as its route says")
    return false
  }
  const store = await openStore(config.cache, { env, now: Date.now, onTrouble: () => undefined })
  try {
    const were = await Promise.all([...keys].map((key) => store.delete(key)))
    return were.includes(true)
  } finally {
    await store.close()
  }
}

const logsOf = (runs: readonly Run[]): string[] => [
  ...new Set(runs.map(({ input, runId }) => input?.resumed?.log ?? runId)),
]

async function forgetWords(runs: readonly Run[], { delivery }: ForgetDeps, left: string[]): Promise<void> {
  if (delivery === null) {
    if (runs.length > 0) left.push("the delivery log in its worker's memory, for a minute after its end")
    return
  }
  await Promise.all(logsOf(runs).map((log) => delivery.forget(log)))
}

async function forgetObjects(
  client: Client,
  ids: readonly string[],
  runs: readonly Run[],
  { payloads }: ForgetDeps,
  left: string[],
): Promise<number> {
  if (payloads === null) {
    if (runs.some(({ input }) => input?.request?.stored !== undefined))
      left.push("its objects in a payload store, which `payloads` of this process' config does not name")
    return 0
  }
  const { namespace } = client.options
  const removed = await Promise.all(ids.map((id) => payloads.removeFolder(folderOf(namespace, id))))
  return removed.reduce((sum, one) => sum + one, 0)
}

/** FORGET-4 */
function outside({ input, parent, workflowId }: Run): string[] {
  const background = input?.route?.candidates.some((candidate) => candidate.background) === true
  const started = parent !== null && workflowId !== shadowIdOf(parent) && !workflowId.startsWith('renew-')
  return [
    ...(background
      ? ['responses of the background mode, which their provider keeps: delete them there']
      : []),
    ...(started ? [`the workflow ${parent}, which asked for it, has its request and its answer`] : []),
  ]
}

async function deleteRun(client: Client, { workflowId, runId }: Run): Promise<void> {
  const { namespace } = client.options
  await client.workflowService
    .deleteWorkflowExecution({ namespace, workflowExecution: { workflowId, runId } })
    .catch((error: unknown) => {
      if (!isNotFound(error)) throw error
    })
}

const isGone = async (client: Client, { workflowId, runId }: Run): Promise<boolean> =>
  (await describe(client, workflowId, runId)) === null

/** gRPC's code: somebody else has deleted it. */
const NOT_FOUND = 5
const isNotFound = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === NOT_FOUND
