/** Somebody else's gateway, which has to be running: `--against URL`. */
import type { Route } from '../routes'
import { startChatCaller } from './chat-caller'
import type { Subject } from './subject'

interface AgainstOptions {
  streamed?: boolean
  /** The model to request. Absent: the one that was named. */
  route?: Route
  patient?: boolean
}

export const otherGateway = ({ route, ...how }: AgainstOptions = {}): Subject => ({
  startWorker: null,
  overHttp: true,
  async startCaller({ setup: { against } }) {
    if (against === null) throw new Error('There is no gateway to measure against')
    const { baseUrl, model, keyEnv } = against
    const key = keyEnv === null ? null : process.env[keyEnv]
    if (key === undefined || key === '') throw new Error(`${keyEnv} is not set`)
    return startChatCaller({ baseUrl, model: route ?? model, key, ...how })
  },
})
