/** What tests need of the shared Temporal server that `test/setup` started. */
import { randomUUID } from 'node:crypto'

/** The shared server. Tests keep apart by task queue and workflow id, not by namespace. */
export function testServer(): { address: string; namespace: string; uiUrl: string } {
  const address = process.env.HOLDFAST_TEST_TEMPORAL
  const uiUrl = process.env.HOLDFAST_TEST_TEMPORAL_UI
  if (!address || !uiUrl) throw new Error('No shared Temporal server: HOLDFAST_TEST_NO_SERVER is set')
  return { address, namespace: 'default', uiUrl }
}

/** A task queue of this test file's own. */
export function ownTaskQueue(name: string): string {
  return `${name}-${randomUUID()}`
}
