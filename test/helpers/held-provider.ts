/** A provider (OpenAI's chat) that holds every call until the test releases it, and knows which callers are still there. */
import type { ServerResponse } from 'node:http'
import { httpServer } from './sockets'

export interface HeldProvider {
  /** Its base URL. */
  url: string
  /** Calls that have come so far. */
  calls(): number
  /** Calls that wait for their answer, and whose caller has not hung up. */
  held(): number
  /** Answers those that wait, and all that come later. */
  release(): void
  close(): Promise<void>
}

const chunk = (delta: object, finish_reason: string | null): string =>
  `data: ${JSON.stringify({ id: 'c1', object: 'chat.completion.chunk', choices: [{ index: 0, delta, finish_reason }] })}\n\n`

function answer(response: ServerResponse, stream: boolean): void {
  if (stream) {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.end(`${chunk({ content: 'held no more' }, null)}${chunk({}, 'stop')}data: [DONE]\n\n`)
    return
  }
  const message = { role: 'assistant', content: 'held no more' }
  response.writeHead(200, { 'content-type': 'application/json' })
  response.end(JSON.stringify({ id: 'c1', choices: [{ index: 0, message, finish_reason: 'stop' }] }))
}

export async function heldProvider(): Promise<HeldProvider> {
  const held = new Map<ServerResponse, boolean>()
  let calls = 0
  let released = false
  const server = await httpServer((request, response) => {
    calls += 1
    let body = ''
    request.on('data', (data) => {
      body += data
    })
    request.on('end', () => {
      const { stream = false } = JSON.parse(body)
      if (released) answer(response, stream)
      else held.set(response, stream)
    })
    response.on('close', () => held.delete(response))
  })
  return {
    url: `http://127.0.0.1:${server.port}/v1`,
    calls: () => calls,
    held: () => held.size,
    release() {
      released = true
      for (const [response, stream] of held) answer(response, stream)
    },
    close: server.close,
  }
}
