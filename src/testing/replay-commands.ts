/**
 * Replays a history, and keeps the commands that the code gives on the way. The SDK's own replay compares no more than it
 * needs to go on: that code would do more at the end, or call another target, passes unnoticed.
 */
import { coresdk } from '@temporalio/proto'
import { type ReplayWorkerOptions, Worker } from '@temporalio/worker'
import type { History } from '../temporal/history-json'
import type { TaskCommands } from './decisions'

export interface Replay {
  tasks: TaskCommands[]
  /** What the SDK says against it; null: nothing. */
  error: Error | null
}

export async function replayCommands(
  options: ReplayWorkerOptions,
  history: History,
  workflowId: string,
): Promise<Replay> {
  const tasks: TaskCommands[] = []
  const error = await recordingInto(tasks)
    .runReplayHistory(options, history, workflowId)
    .then(
      () => null,
      (thrown: unknown) => (thrown instanceof Error ? thrown : new Error(String(thrown))),
    )
  return { tasks, error }
}

const { WorkflowActivation } = coresdk.workflow_activation
const { WorkflowActivationCompletion } = coresdk.workflow_completion

/** The place where a worker passes activations and commands from and to core is the SDK's own seam for its tests. */
function recordingInto(tasks: TaskCommands[]): typeof Worker {
  const { nativeWorkerCtor: core } = class extends Worker {
    static override nativeWorkerCtor = Worker.nativeWorkerCtor
  }
  return class extends Worker {
    static override nativeWorkerCtor: typeof core = {
      create: (...args) => core.create(...args),
      async createReplay(...args) {
        const replay = await core.createReplay(...args)
        const { worker } = replay
        const { pollWorkflowActivation, completeWorkflowActivation } = worker
        let startedEventId = 0
        worker.pollWorkflowActivation = async () => {
          const buffer = await pollWorkflowActivation()
          startedEventId = WorkflowActivation.decode(new Uint8Array(buffer)).historyLength
          return buffer
        }
        worker.completeWorkflowActivation = (buffer) => {
          const { successful, failed } = WorkflowActivationCompletion.decodeDelimited(new Uint8Array(buffer))
          const failure = failed?.failure?.message ?? null
          tasks.push({ startedEventId, commands: successful?.commands ?? [], failure })
          return completeWorkflowActivation(buffer)
        }
        return replay
      },
    }
  }
}
