/** Providers whose answers do not end: what is read of them, what it costs, and that the next candidate is paid once. */
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { StreamRequest } from '../../src/client'
import { until } from '../helpers/processes'
import { type Stack, startStack } from '../helpers/stack'

const MIB = 1024 * 1024
// Buffers: a string would be copied for each write.
const CHUNK = Buffer.from(
  `data: ${JSON.stringify({ id: 'c', model: 'm', choices: [{ index: 0, delta: { content: 'x'.repeat(16_000) } }] })}\n\n`,
)
const PIECE = Buffer.alloc(64 * 1024, 'x')

/** Sends for as long as it is read from: an event stream where one is requested, else a body without an end. */
async function endless() {
  const sent: number[] = []
  let open = 0
  const server = createServer((request, response) => {
    const call = sent.push(0) - 1
    open += 1
    response.on('close', () => {
      open -= 1
    })
    request.resume().on('end', () => {
      const stream = /event-stream/.test(request.headers.accept ?? '') || request.headers['x-stream'] === '1'
      response.writeHead(200, { 'content-type': stream ? 'text/event-stream' : 'application/json' })
      if (!stream) response.write('{"choices":[{"message":{"content":"')
      pour(response, stream ? CHUNK : PIECE, (bytes) => {
        sent[call] = (sent[call] ?? 0) + bytes
      })
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    sent,
    open: () => open,
    close: () => {
      server.closeAllConnections()
      server.close()
    },
  }
}

function pour(response: ServerResponse, piece: Buffer, onSent: (bytes: number) => void): void {
  const more = (): void => {
    while (!response.destroyed) {
      onSent(piece.length)
      if (!response.write(piece)) return void response.once('drain', more)
    }
  }
  more()
}

let stack: Stack
let primary: Awaited<ReturnType<typeof endless>>
beforeAll(async () => {
  primary = await endless()
  stack = await startStack({
    delivery: true,
    config: (url) => `
providers:
  endless: { api: openai-chat, baseUrl: ${primary.url}/v1, auth: none }
  beta: { api: openai-chat, baseUrl: ${url}/beta/v1, auth: none }
defaults: { circuit: false, retry: { maximumAttempts: 2, initialInterval: 20ms } }
routes:
  whole: { candidates: [endless/m, beta/m] }
  streamed: { candidates: [{ target: endless/m, headers: { x-stream: '1' } }, beta/m], upstream: stream }
`,
  })
})
afterAll(async () => {
  await stack.close()
  primary.close()
})
beforeEach(() => {
  stack.simulator.reset()
  primary.sent.length = 0
})

const ask = (request: StreamRequest, count: number) =>
  Promise.all(Array.from({ length: count }, () => stack.holdfast.generate(request)))

it('a stream without an end is hung up on where no answer could be larger, and the fallback is paid once for each', async () => {
  stack.simulator.script('beta', [{ answer: 'short' }])
  const answers = await ask({ route: 'streamed', prompt: 'hi' }, 2)
  for (const { text, attempts } of answers) {
    expect(text).toBe('short')
    expect(attempts.map(({ failure }) => failure?.class)).toEqual(['answer_too_large', undefined])
  }
  expect(stack.simulator.calls({ provider: 'beta' })).toHaveLength(2)
  expect(primary.sent).toHaveLength(2)
  // What the sockets between hold comes on top.
  for (const bytes of primary.sent) expect(bytes).toBeLessThan(14 * MIB)
  await until('all are hung up on', () => primary.open() === 0)
})

it('a body without an end is read to its bound, four at a time, and not requested again', async () => {
  stack.simulator.script('beta', [{ answer: 'short' }])
  const answers = await ask({ route: 'whole', prompt: 'hi' }, 8)
  for (const { attempts } of answers)
    expect(attempts.map(({ failure }) => failure?.class)).toEqual(['answer_too_large', undefined])
  expect(primary.sent).toHaveLength(8)
  expect(stack.simulator.calls({ provider: 'beta' })).toHaveLength(8)
  await until('all are hung up on', () => primary.open() === 0)
}, 60_000)
