/** A client of an event stream that may break: what it has received, and from where it would resume. */
import { createParser, type EventSourceMessage } from 'eventsource-parser'
import { until } from './processes'

export interface Listener {
  /** The answer's words so far; a restart voids them. Of a chat completion or of a generation's events. */
  text(): string
  restarts(): number
  /** It said so itself: `[DONE]`, or `event: done`. */
  whole(): boolean
  /** An error that came inside the stream, or instead of it. */
  error(): { code: string; message: string } | null
  /** Where the same request, sent again, would go on. */
  lastId(): string | undefined
  generationId(): string
  wordCount(): number
  /** Resolves when it has received so many words. */
  words(count: number): Promise<void>
  /** `broken`: the connection ended without the body's end. */
  ended: Promise<'end' | 'broken'>
}

interface Received {
  text: string
  restarts: number
  whole: boolean
  error: { code: string; message: string } | null
  lastId: string | undefined
  id: string
}

/** `resumed`: it goes on behind this one. */
export function listenTo(url: string, { headers, ...init }: RequestInit, resumed?: Listener): Listener {
  const received: Received = {
    text: resumed?.text() ?? '',
    restarts: 0,
    whole: false,
    error: null,
    lastId: resumed?.lastId(),
    id: resumed?.generationId() ?? '',
  }
  const own = received.lastId === undefined ? {} : { 'last-event-id': received.lastId }
  let over = false
  const ended = read(
    url,
    { ...init, headers: { ...(headers as { [name: string]: string }), ...own } },
    received,
  ).finally(() => {
    over = true
  })
  const words = () => received.text.split(' ').length - 1
  return {
    text: () => received.text,
    restarts: () => received.restarts,
    whole: () => received.whole,
    error: () => received.error,
    lastId: () => received.lastId,
    generationId: () => received.id,
    async words(count) {
      await until(`${count} words`, () => words() >= count || over, 30_000)
      if (words() < count) throw new Error(`it ended before: ${JSON.stringify(received)}`)
    },
    wordCount: words,
    ended,
  }
}

async function read(url: string, init: RequestInit, received: Received): Promise<'end' | 'broken'> {
  try {
    const response = await fetch(url, init)
    received.id = response.headers.get('x-holdfast-generation') ?? received.id
    if (!response.ok) {
      received.error = ((await response.json()) as { error: Received['error'] }).error
      return 'end'
    }
    const parser = createParser({ onEvent: (event) => receive(received, event) })
    const decoder = new TextDecoder()
    for await (const chunk of response.body ?? []) parser.feed(decoder.decode(chunk, { stream: true }))
    return 'end'
  } catch {
    return 'broken'
  }
}

function receive(received: Received, { data, event, id }: EventSourceMessage): void {
  if (id !== undefined) received.lastId = id
  if (data === '[DONE]' || event === 'done') received.whole = true
  if (data === '[DONE]') return
  const parsed = JSON.parse(data)
  if (parsed.error) received.error = parsed.error
  if (event === 'restart' || parsed.holdfast?.restart === true) {
    received.text = ''
    received.restarts += 1
  }
  if (event === 'text') received.text += parsed.text
  received.text += parsed.choices?.[0]?.delta.content ?? ''
}

interface Streamed {
  model?: string
  /** Its idempotency key. */
  key?: string
  /** Our own fields of the body. */
  holdfast?: object
  /** The tenant's. */
  apiKey?: string
}

/** A streamed chat completion. */
export function streamChat(
  gatewayUrl: string,
  { model = 'default', key, holdfast, apiKey }: Streamed,
  resumed?: Listener,
): Listener {
  const chatBody = { model, stream: true, messages: [{ role: 'user', content: `go ${key}` }] }
  return listenTo(
    `${gatewayUrl}/v1/chat/completions`,
    {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(key === undefined ? {} : { 'idempotency-key': key }),
        ...(apiKey === undefined ? {} : { 'x-api-key': apiKey }),
      },
      body: JSON.stringify({ ...chatBody, ...(holdfast === undefined ? {} : { holdfast }) }),
    },
    resumed,
  )
}

export const streamEvents = (gatewayUrl: string, id: string, resumed?: Listener): Listener =>
  listenTo(`${gatewayUrl}/v1/generations/${encodeURIComponent(id)}/events`, {}, resumed)

export async function expectWhole(listener: Listener, text: string): Promise<void> {
  expect(await listener.ended).toBe('end')
  expect([listener.text(), listener.whole(), listener.error()]).toEqual([text, true, null])
}
