/** A client of an OpenAI-compatible gateway, as any application is one. */
import { createHttpClient } from '../../src/http'
import { type Chat, callChat, streamChat } from '../call-chat'
import { REQUEST } from '../setup'
import type { CallerPart } from './subject'

export interface ChatCaller {
  /** What an OpenAI client is given, `/v1` included. */
  baseUrl: string
  model: string
  /** null: none is requested. */
  key: string | null
  streamed?: boolean
  /** For answers that come after minutes. */
  patient?: boolean
}

/** Of Holdfast's answers; others don't have it. */
const GENERATION_HEADER = 'x-holdfast-generation'

export function startChatCaller({ baseUrl, model, key, streamed, patient = false }: ChatCaller): CallerPart {
  const http = createHttpClient()
  const chat: Chat = {
    url: `${baseUrl}/chat/completions`,
    body: { ...REQUEST, model, ...(streamed ? { stream: true } : {}) },
    headers: key === null ? {} : { authorization: `Bearer ${key}` },
    patient,
  }
  return {
    async call() {
      const answered = streamed
        ? await streamChat(http, chat)
        : { ...(await callChat(http, chat)), firstTokenMs: null }
      const { headers, firstTokenMs } = answered
      return { workflowId: headers[GENERATION_HEADER] ?? null, firstTokenMs }
    },
    close: () => http.close(),
  }
}
