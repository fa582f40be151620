import { createHttpClient } from '../../src/http'
import { callChat } from '../call-chat'
import { chatUrl, REQUEST } from '../setup'
import type { Subject } from './subject'

/** The call alone, through `src/http`: what an application without Holdfast and Temporal would do. */
export const direct: Subject = {
  startWorker: null,
  overHttp: false,
  async startCaller({ setup }) {
    const http = createHttpClient()
    const url = chatUrl(setup)
    return {
      async call() {
        await callChat(http, { url, body: REQUEST })
        return { workflowId: null, firstTokenMs: null }
      },
      close: () => http.close(),
    }
  },
}
