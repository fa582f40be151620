import { createHttpClient } from '../../src/http'
import { callChat } from '../call-chat'
import { chatUrl, type Provider } from '../routes'
import { REQUEST } from '../setup'
import type { Subject } from './subject'

/** The call alone, through `src/http`: what an application without Holdfast and Temporal would do. */
export const directTo = (provider?: Provider): Subject => ({
  startWorker: null,
  overHttp: false,
  async startCaller({ setup }) {
    const http = createHttpClient()
    const url = chatUrl(setup, provider)
    return {
      async call() {
        await callChat(http, { url, body: REQUEST })
        return { workflowId: null, firstTokenMs: null }
      },
      close: () => http.close(),
    }
  },
})
