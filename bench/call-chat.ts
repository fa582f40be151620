/** One call to an OpenAI-compatible endpoint with nothing around it: the simulator's, or a gateway's. */
import type { HttpClient, SendLimits } from '../src/http'

const SECOND_MS = 1_000
const HOUR_MS = 3_600 * SECOND_MS

/** Holdfast's own defaults, so that the same guards stand. */
const LIMITS: SendLimits = {
  connectMs: 5 * SECOND_MS,
  attemptMs: 120 * SECOND_MS,
  firstTokenMs: 30 * SECOND_MS,
  idleMs: 20 * SECOND_MS,
  maxBytes: 16 * 1024 * 1024,
}

type Headers = { [name: string]: string }

/** For answers that come after minutes. */
const PATIENT: SendLimits = {
  ...LIMITS,
  attemptMs: 3 * HOUR_MS,
  firstTokenMs: 3 * HOUR_MS,
  idleMs: 3 * HOUR_MS,
}

export interface Chat {
  url: string
  body: unknown
  headers?: Headers
  /** Waits for three hours, not two minutes. */
  patient?: boolean
}

export interface Chatted {
  text: string
  /** Of the answer, names in lower case. */
  headers: Headers
}

export interface Streamed extends Chatted {
  /** From the call's start to the first piece of text. */
  firstTokenMs: number
}

const requestOf = ({ url, body, headers = {} }: Chat) =>
  ({ method: 'POST', url, headers, body: JSON.stringify(body) }) as const

/** Answered whole. Throws on anything but an answer. */
export async function callChat(http: HttpClient, chat: Chat): Promise<Chatted> {
  const sent = await http.send(requestOf(chat), chat.patient ? PATIENT : LIMITS)
  if (!sent.ok) throw new Error(`${chat.url} could not be reached: ${sent.error.kind}`)
  const { status, headers, body } = sent.response
  if (status !== 200) throw new Error(`${chat.url} answered ${status}: ${body.slice(0, 200)}`)
  const text: unknown = JSON.parse(body).choices?.[0]?.message?.content
  if (typeof text !== 'string') throw new Error(`${chat.url} answered without a text`)
  return { text, headers }
}

/** Answered as a stream, to its `[DONE]`. Throws on anything but a whole answer. */
export async function streamChat(http: HttpClient, chat: Chat): Promise<Streamed> {
  const calledAt = performance.now()
  const opened = await http.openStream(requestOf(chat), LIMITS)
  if (!opened.ok) throw new Error(`${chat.url} could not be reached: ${opened.error.kind}`)
  if (opened.kind === 'body') throw new Error(`${chat.url} answered ${opened.response.status}, and no stream`)
  let firstTokenMs: number | null = null
  let text = ''
  let done = false
  for await (const item of opened.items) {
    if (item.type === 'end') break
    const { data } = item.event
    if (data === '[DONE]') done = true
    else text += JSON.parse(data).choices?.[0]?.delta?.content ?? ''
    if (firstTokenMs !== null || text === '') continue
    firstTokenMs = performance.now() - calledAt
    opened.sawToken()
  }
  if (!done || firstTokenMs === null) throw new Error(`${chat.url} cut its stream`)
  return { text, headers: opened.headers, firstTokenMs }
}
