/** The native connection, for workers. It loads the native runtime: the client entry must never import this file. */
import { NativeConnection } from '@temporalio/worker'
import { inTime } from '../util/async'
import { CONNECT_TIMEOUT_MS, type TemporalOptions, unreachable } from './connection'

/**
 * Connects through the native runtime, as workers need it. The caller closes the connection.
 *
 * @param timeoutMs for the whole attempt
 * @throws TemporalUnreachableError
 */
export async function connectNative(
  options: Pick<TemporalOptions, 'address'> & Partial<TemporalOptions>,
  timeoutMs = CONNECT_TIMEOUT_MS,
): Promise<NativeConnection> {
  const connecting = NativeConnection.connect({ ...options.connection, address: options.address })
  try {
    return await inTime(timeoutMs, connecting)
  } catch (error) {
    // The native attempt can't be cancelled: should it still get through, it is closed.
    connecting.then(
      (connection) => connection.close(),
      () => undefined,
    )
    throw await unreachable(options, error, timeoutMs)
  }
}
