/** Asks a run to stop. */
import { type Client, WorkflowNotFoundError } from '@temporalio/client'

/** A caller that gives up should not have to wait for a Temporal that is away. */
const CANCEL_DEADLINE_MS = 2_000

/** Resolves when Temporal has it, or when the run has ended. Throws what Temporal's client throws. */
export async function cancelRun(client: Client, id: string): Promise<void> {
  const handle = client.workflow.getHandle(id)
  await client.withDeadline(Date.now() + CANCEL_DEADLINE_MS, async () => {
    try {
      await handle.cancel()
    } catch (error) {
      // Said of a run that has ended too: where there is none, describe says so again.
      if (!(error instanceof WorkflowNotFoundError)) throw error
      await handle.describe()
    }
  })
}
