/** Before the first test: one Temporal server in memory for the whole run, and the workflow bundle. */
import { type EmbeddedServer, startEmbeddedServer } from '../../src/dev-server/embedded'
import { workflowBundle } from '../../src/temporal/workflow-bundle'

declare global {
  var holdfastTestServer: EmbeddedServer | undefined
}

/** HOLDFAST_TEST_NO_SERVER=1 leaves the server out, for quick runs of pure tests. */
export default async function globalSetup(): Promise<void> {
  if (process.env.HOLDFAST_TEST_NO_SERVER) return
  // A bundle that doesn't build fails its own test, by name: the others can still run.
  await workflowBundle().catch((error: Error) => process.stderr.write(`${error.message}\n`))
  const server = await startEmbeddedServer({
    onProgress: (message) => process.stderr.write(`${message}\n`),
  })
  globalThis.holdfastTestServer = server
  process.env.HOLDFAST_TEST_TEMPORAL = server.address
  process.env.HOLDFAST_TEST_TEMPORAL_UI = server.uiUrl
}
