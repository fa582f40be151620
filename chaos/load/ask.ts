/**
 * One HTTP request to a gateway, and what came of it. A reader of a stream that goes on elsewhere keeps what it has.
 *
 * ASK-1 A stream is whole by its `[DONE]` alone. One that ends without it, and without an error, is broken.
 */
import { createParser, type EventSourceMessage } from 'eventsource-parser'
import type { CallerKind } from './mix'

export type Reply =
  | { type: 'answered'; text: string }
  /** 202 */
  | { type: 'started' }
  /** `accepted`: its answer is made all the same. */
  | { type: 'failed'; kind: string; again: boolean; accepted: boolean }
  | { type: 'broken' }

/** What a caller has of its generation so far, from one request to the next. */
export interface Progress {
  id: string | null
  text: string
  lastEventId: string | null
}

export interface Ask {
  kind: CallerKind
  prompt: string
  key: string | null
  /** Without a byte for so long the caller gives this gateway up. */
  silenceMs: number
}

interface ErrorBody {
  error?: {
    code?: string
    kind?: string
    message?: string
    holdfast?: { accepted?: boolean | 'unknown'; kind?: string }
  }
}

/** Of an error that says: send it again. */
const AGAIN = new Set(['unavailable', 'shutting_down', 'too_many_requests', 'internal_error'])

export async function ask(gatewayUrl: string, settings: Ask, progress: Progress): Promise<Reply> {
  const { kind, silenceMs } = settings
  const watchdog = new AbortController()
  let timer = setTimeout(() => watchdog.abort(), silenceMs)
  const alive = (): void => {
    clearTimeout(timer)
    timer = setTimeout(() => watchdog.abort(), silenceMs)
  }
  try {
    const response = await fetch(gatewayUrl + pathOf(kind), {
      method: 'POST',
      headers: headersOf(settings, progress),
      body: JSON.stringify(bodyOf(settings)),
      signal: watchdog.signal,
    })
    alive()
    progress.id = response.headers.get('x-holdfast-generation') ?? progress.id
    if (!response.ok) return failureOf((await response.json()) as ErrorBody, response.status)
    if (kind.way === 'started') {
      progress.id = ((await response.json()) as { id: string }).id
      return { type: 'started' }
    }
    return kind.way === 'stream' ? await readStream(response, progress, alive) : await readWhole(response)
  } catch {
    return { type: 'broken' }
  } finally {
    clearTimeout(timer)
  }
}

const pathOf = ({ way }: CallerKind): string =>
  way === 'started' ? '/v1/generations' : '/v1/chat/completions'

const headersOf = ({ key, kind }: Ask, { lastEventId }: Progress): { [name: string]: string } => ({
  'content-type': 'application/json',
  ...(key === null ? {} : { 'idempotency-key': key }),
  ...(kind.way === 'stream' && lastEventId !== null ? { 'last-event-id': lastEventId } : {}),
})

function bodyOf({ kind, prompt }: Ask): object {
  const messages = [{ role: 'user', content: prompt }]
  if (kind.way === 'started') return { route: kind.route, messages }
  const stream = kind.way === 'stream'
  return {
    model: kind.route,
    messages,
    stream,
    ...(kind.restarts ? { holdfast: { restarts: 'event' } } : {}),
  }
}

export function failureOf({ error }: ErrorBody, status: number): Reply {
  const kind = error?.code ?? error?.kind ?? `status ${status}`
  return { type: 'failed', kind, again: AGAIN.has(kind), accepted: error?.holdfast?.accepted === true }
}

async function readWhole(response: Response): Promise<Reply> {
  const body = (await response.json()) as { choices?: { message?: { content?: string } }[] }
  return { type: 'answered', text: body.choices?.[0]?.message?.content ?? '' }
}

interface Chunk extends ErrorBody {
  choices?: { delta?: { content?: string } }[]
  holdfast?: { restart?: boolean }
}

async function readStream(response: Response, progress: Progress, alive: () => void): Promise<Reply> {
  let end: Reply | null = null
  const onEvent = ({ data, id }: EventSourceMessage): void => {
    if (id !== undefined) progress.lastEventId = id
    if (data === '[DONE]') {
      end = { type: 'answered', text: progress.text }
      return
    }
    const chunk = JSON.parse(data) as Chunk
    if (chunk.error !== undefined) end = failureOf(chunk, response.status)
    if (chunk.holdfast?.restart === true) progress.text = ''
    progress.text += chunk.choices?.[0]?.delta?.content ?? ''
  }
  const parser = createParser({ onEvent })
  const decoder = new TextDecoder()
  for await (const bytes of response.body ?? []) {
    alive()
    parser.feed(decoder.decode(bytes, { stream: true }))
  }
  // ASK-1
  return end ?? { type: 'broken' }
}

export type Status =
  | { state: 'running' }
  | { state: 'answered'; text: string; winner: string | null }
  | { state: 'failed' | 'cancelled'; kind: string }
  | { state: 'absent' }
  | { state: 'unreadable'; reason: string; again: boolean }

interface StatusBody extends ErrorBody {
  state?: string
  attempts?: { failure?: object; requestId?: string }[] | null
  result?: { text?: string }
}

/** `GET /v1/generations/:id` */
export async function askStatus(gatewayUrl: string, id: string, limitMs: number): Promise<Status> {
  try {
    const response = await fetch(`${gatewayUrl}/v1/generations/${encodeURIComponent(id)}`, {
      signal: AbortSignal.timeout(limitMs),
    })
    return statusOf((await response.json()) as StatusBody, response.status)
  } catch (error) {
    return { state: 'unreadable', reason: String(error), again: true }
  }
}

export function statusOf({ state, attempts, result, error }: StatusBody, status: number): Status {
  if (state === 'running') return { state }
  if (state === 'answered') {
    const winner = attempts?.find(({ failure }) => failure === undefined)?.requestId ?? null
    return { state, text: result?.text ?? '', winner }
  }
  const kind = error?.code ?? error?.kind ?? `status ${status}`
  if (status === 404) return { state: 'absent' }
  if (state === 'failed' || state === 'cancelled') return { state, kind }
  return { state: 'unreadable', reason: kind, again: status >= 500 || status === 429 }
}
