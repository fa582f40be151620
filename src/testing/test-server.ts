/**
 * The Temporal server of a test: a development server, one whose time skips, or one that runs already.
 *
 * TEST-SERVER-1 `now` is the server's time, skipped time included: a worker that goes by it lets circuits, holds and kept
 *    answers age with the skips.
 * TEST-SERVER-2 Time skips only when `skip` is called, and never while a call or a workflow task runs: the server sees to that.
 */
import type * as Testing from '@temporalio/testing'
import { startEmbeddedServer } from '../dev-server/embedded'
import { findTestServer } from '../dev-server/find-cli'

export interface TestServer {
  address: string
  namespace: string
  /** Epoch milliseconds. */
  now(): number
  /** Throws an Error where its time does not skip. */
  skip(ms: number): Promise<void>
  stop(): Promise<void>
}

/** A server that runs already; its namespace's default is `default`. */
export interface GivenServer {
  /** `host:port` */
  address: string
  namespace?: string
}

const noSkipping = (): Promise<never> =>
  Promise.reject(
    new Error('The time of this server does not skip: start it with harness({ timeSkipping: true })'),
  )

export const givenServer = ({ address, namespace = 'default' }: GivenServer): TestServer => ({
  address,
  namespace,
  now: Date.now,
  skip: noSkipping,
  stop: async () => undefined,
})

/** Throws BinaryNotFoundError, which says what to do. */
export async function developmentServer(): Promise<TestServer> {
  const { address, namespace, stop } = await startEmbeddedServer()
  return { address, namespace, now: Date.now, skip: noSkipping, stop }
}

/** Throws an Error where `@temporalio/testing` is not installed, or BinaryNotFoundError, which says what to do. */
export async function skippingServer(): Promise<TestServer> {
  const { TestWorkflowEnvironment } = await loadTesting()
  const path = await findTestServer()
  const environment = await TestWorkflowEnvironment.createTimeSkipping({
    server: { executable: { type: 'existing-path', path } },
  })
  let aheadMs = 0
  return {
    address: environment.address,
    namespace: environment.namespace ?? 'default',
    // TEST-SERVER-1
    now: () => Date.now() + aheadMs,
    async skip(ms) {
      await environment.sleep(ms)
      aheadMs = (await environment.currentTimeMs()) - Date.now()
    },
    stop: () => environment.teardown(),
  }
}

async function loadTesting(): Promise<typeof Testing> {
  try {
    return await import('@temporalio/testing')
  } catch (error) {
    const { code } = error as { code?: unknown }
    if (code !== 'MODULE_NOT_FOUND' && code !== 'ERR_MODULE_NOT_FOUND') throw error
    throw new Error(
      'A server whose time skips needs @temporalio/testing, in the version of your other @temporalio packages: npm install --save-dev @temporalio/testing',
      { cause: error },
    )
  }
}
