/**
 * An entity workflow (one that runs for ever and publishes its state in its memo), as a worker reaches it. Every call has a
 * deadline.
 *
 * ENTITY-1 An entity that is gone (never started, terminated, failed) is started anew, from what was last
 *    read of it.
 * ENTITY-2 An entity of a lower build is ended and started anew from its memo. One of a higher build is left
 *    alone.
 * ENTITY-3 An entity whose tasks no worker gets done counts as unreachable: its memo stands still, and nobody
 *    would get an answer. So it is where a fleet went back to an older build.
 */
import { type Client, type WorkflowExecutionDescription, WorkflowNotFoundError } from '@temporalio/client'
import { inTime } from '../util/async'

const CALL_DEADLINE_MS = 2_000
const UPDATE_DEADLINE_MS = 500
const WORKFLOW_TASK_TIMEOUT_MS = 5_000
/** ENTITY-3. One more than a worker that was killed in the middle of a task leaves behind. */
const STUCK_AT_ATTEMPT = 3

class EntityStuckError extends Error {
  override readonly name = 'EntityStuckError'
}

export interface Entity<Published> {
  /** What it has published. Starts it where it is not running. Throws when Temporal does not answer. */
  read(): Promise<Published>
  signal(name: string, message: unknown): Promise<void>
  /** Throws when there is no answer in time. */
  update<Answer>(name: string, message: unknown): Promise<Answer>
}

export interface EntityKind<Published extends { build: number }> {
  workflowType: string
  workflowId: string
  taskQueue: string
  /** Where it publishes its state. */
  memo: string
  build: number
  /** null: the memo is none of ours. */
  readPublished(memo: unknown): Published | null
  /** What a run of this build begins with, and publishes first. `from`: what was last read of it; null: nothing. */
  begin(from: Published | null): { input: unknown; published: Published }
  /** Of an update that a call waits for: no answer within it counts as none. Default: UPDATE_DEADLINE_MS. */
  updateDeadlineMs?: number | undefined
  /** For the Web UI. */
  summary: string
  details: string
  /** It had ended, and is started anew from what was last read. */
  onEnded(): void
  /** ENTITY-2 */
  onTakenOver(fromBuild: number): void
}

export function entityOf<Published extends { build: number }>(
  client: Client,
  kind: EntityKind<Published>,
): Entity<Published> {
  const { workflowId, taskQueue, build, begin } = kind
  const bounded = <T>(deadlineMs: number, act: () => Promise<T>): Promise<T> =>
    inTime(deadlineMs, client.withDeadline(Date.now() + deadlineMs, act))
  const handle = () => client.workflow.getHandle(workflowId)
  let lastRead: Published | null = null

  async function start(from: Published | null): Promise<Published> {
    const { input, published } = begin(from)
    await bounded(CALL_DEADLINE_MS, () =>
      client.workflow.start(kind.workflowType, {
        workflowId,
        taskQueue,
        args: [input],
        workflowIdConflictPolicy: 'USE_EXISTING',
        workflowIdReusePolicy: 'ALLOW_DUPLICATE',
        workflowTaskTimeout: WORKFLOW_TASK_TIMEOUT_MS,
        memo: { [kind.memo]: published },
        staticSummary: kind.summary,
        staticDetails: kind.details,
      }),
    )
    return published
  }

  /** null: there is none, or it has ended. */
  async function describe(): Promise<WorkflowExecutionDescription | null> {
    try {
      const described = await bounded(CALL_DEADLINE_MS, () => handle().describe())
      return described.status.name === 'RUNNING' ? described : null
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return null
      throw error
    }
  }

  /** ENTITY-2. Only the run that was described is ended: of two newer workers one comes too late, and ends nothing. */
  async function takeOver({ runId }: WorkflowExecutionDescription, from: Published) {
    kind.onTakenOver(from.build)
    // Should the start below fail, the next read finds nothing that runs.
    lastRead = from
    await bounded(CALL_DEADLINE_MS, () =>
      client.workflow.getHandle(workflowId, runId).terminate(`build ${build} takes over`),
    ).catch((error: unknown) => {
      if (!(error instanceof WorkflowNotFoundError)) throw error
    })
    return start(from)
  }

  return {
    async read() {
      const described = await describe()
      const published = described === null ? null : kind.readPublished(described.memo?.[kind.memo])
      if (described === null && lastRead !== null) kind.onEnded()
      if (described === null) lastRead = await start(lastRead)
      else if (published !== null && published.build < build) lastRead = await takeOver(described, published)
      else if ((described.raw.pendingWorkflowTask?.attempt ?? 0) >= STUCK_AT_ATTEMPT)
        throw new EntityStuckError(`no worker gets the tasks of ${workflowId} done`)
      else lastRead = published ?? begin(null).published
      return lastRead
    },
    signal: (name, message) => bounded(CALL_DEADLINE_MS, () => handle().signal(name, message)),
    update: <Answer>(name: string, message: unknown) =>
      bounded(kind.updateDeadlineMs ?? UPDATE_DEADLINE_MS, () =>
        handle().executeUpdate<Answer, [unknown]>(name, { args: [message] }),
      ),
  }
}
