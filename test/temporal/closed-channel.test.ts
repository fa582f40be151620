/** A connection that is closed while the SDK waits to repeat a call ends that call, and not the process. */
import { connectClient } from '../../src/temporal/connection'
import { testServer } from '../helpers/temporal'

it('a call that would be repeated after its connection was closed is rejected', async () => {
  const { address } = testServer()
  const connection = await connectClient({ address })
  // Taken from under it, as `close` does: what was under way ends as unavailable, and is to be repeated.
  const call = connection.workflowService.getSystemInfo({}).catch((error: Error) => error)
  const uncaught: unknown[] = []
  const note = (error: unknown) => uncaught.push(error)
  process.on('uncaughtException', note)
  try {
    await connection.close()
    expect(await call).toBeDefined()
    expect(uncaught).toEqual([])
  } finally {
    process.off('uncaughtException', note)
  }
})
