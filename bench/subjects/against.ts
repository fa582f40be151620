/** Somebody else's gateway, which has to be running: `--against URL`. */
import { startChatCaller } from './chat-caller'
import type { Subject } from './subject'

const otherGateway = (streamed: boolean): Subject => ({
  startWorker: null,
  overHttp: true,
  async startCaller({ setup: { against } }) {
    if (against === null) throw new Error('There is no gateway to measure against')
    const { baseUrl, model, keyEnv } = against
    const key = keyEnv === null ? null : process.env[keyEnv]
    if (key === undefined || key === '') throw new Error(`${keyEnv} is not set`)
    return startChatCaller({ baseUrl, model, key, streamed })
  },
})

export const against = otherGateway(false)
export const againstStream = otherGateway(true)
