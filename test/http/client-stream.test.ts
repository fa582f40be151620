/** Event streams over real sockets: what `openStream` gives, when it ends, and how. */
import type { ServerResponse } from 'node:http'
import { gzipSync } from 'node:zlib'
import type { TransportError } from '../../src/domain/failures/transport'
import { createHttpClient, type HttpClient } from '../../src/http/client'
import type { EventStream, OpenResult, SendLimits, StreamItem } from '../../src/http/types'
import { LIMITS } from '../helpers/send-limits'
import { httpServer, type Listening, rawServer, timed, until } from '../helpers/sockets'

let client: HttpClient
let server: Listening | undefined

beforeEach(() => {
  client = createHttpClient({ env: {} })
})
afterEach(async () => {
  await client.close()
  await server?.close()
  server = undefined
})

const open = (limits: Partial<SendLimits> = {}, signal?: AbortSignal): Promise<OpenResult> =>
  client.openStream(
    { method: 'POST', url: `http://127.0.0.1:${server?.port}/`, headers: {}, body: '{}' },
    { ...LIMITS, ...limits },
    signal,
  )

const openStream = async (limits: Partial<SendLimits> = {}, signal?: AbortSignal): Promise<EventStream> => {
  const opened = await open(limits, signal)
  if (!opened.ok || opened.kind !== 'stream') throw new Error(`no stream: ${JSON.stringify(opened)}`)
  return opened
}

interface Read {
  data: string[]
  names: (string | null)[]
  error: TransportError | null
  /** When each item came, in milliseconds since the reading began. */
  at: number[]
}

/** Reads to the end. An event whose data is `token` counts as a token. */
const read = async (stream: EventStream): Promise<Read> => {
  const startedAt = performance.now()
  const result: Read = { data: [], names: [], error: null, at: [] }
  const ends: StreamItem[] = []
  for await (const item of stream.items) {
    const ping = item.type === 'event' && item.event.event === 'ping' && item.event.data === ''
    if (ping) continue
    result.at.push(performance.now() - startedAt)
    if (item.type === 'end') {
      ends.push(item)
      result.error = item.error
      continue
    }
    result.data.push(item.event.data)
    result.names.push(item.event.event)
    if (item.event.data === 'token') stream.sawToken()
  }
  expect(ends).toHaveLength(1)
  return result
}

const EVENT_STREAM = { 'content-type': 'text/event-stream; charset=utf-8' }
const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** A server that answers with an event stream in these pieces, each in a packet of its own, then ends. */
const streaming = (pieces: (string | Buffer)[]): Promise<Listening> =>
  httpServer(async (_, response) => {
    response.writeHead(200, EVENT_STREAM)
    for (const piece of pieces) {
      response.write(piece)
      await nextTurn()
    }
    response.end()
  })

/** A server whose handler has a stream that has begun. */
const streamed = (play: (response: ServerResponse) => void): Promise<Listening> =>
  httpServer((_, response) => {
    response.writeHead(200, EVENT_STREAM).flushHeaders()
    play(response)
  })

const bytesOf = (text: string): Buffer[] => [...Buffer.from(text)].map((byte) => Buffer.from([byte]))

describe('events', () => {
  it('come with name and data, each as it arrives, and end cleanly', async () => {
    let goOn = (): void => undefined
    server = await streamed((response) => {
      response.write('data: one\n\n')
      goOn = () => response.end('event: ping\ndata: {}\n\ndata: three\n\n')
    })
    const seen: StreamItem[] = []
    for await (const item of (await openStream()).items) {
      seen.push(item)
      if (seen.length === 1) goOn()
    }
    expect(seen).toEqual([
      { type: 'event', event: { event: null, data: 'one' } },
      { type: 'event', event: { event: 'ping', data: '{}' } },
      { type: 'event', event: { event: null, data: 'three' } },
      { type: 'end', error: null },
    ])
  })

  it.each<[string, string, string[]]>([
    ['LF', 'data: a\n\ndata: b\n\n', ['a', 'b']],
    ['CR LF', 'data: a\r\n\r\ndata: b\r\n\r\n', ['a', 'b']],
    ['CR', 'data: a\r\rdata: b\r\r', ['a', 'b']],
    ['comments and pings between', ': hello\n\ndata: a\n\n:\n\n: ping\ndata: b\n\n', ['a', 'b']],
    ['data in several lines', 'data: a\ndata: b\n\n', ['a\nb']],
    ['no space after the colon', 'data:a\n\n', ['a']],
    ['a byte order mark', '\ufeffdata: a\n\n', ['a']],
    ['id and retry fields', 'id: 7\nretry: 100\ndata: a\n\n', ['a']],
    ['letters of two, three and four bytes', 'data: ü日🎉\n\n', ['ü日🎉']],
    ['a last event without its blank line', 'data: a\n\ndata: [DONE]\n', ['a', '[DONE]']],
    ['a last event without any line end', 'data: a\n\ndata: [DONE]', ['a', '[DONE]']],
    ['nothing', '', []],
  ])('are the same whole and byte by byte: %s (S1, S2)', async (_, text, expected) => {
    for (const pieces of [text === '' ? [] : [text], bytesOf(text)]) {
      server = await streaming(pieces)
      expect(await read(await openStream())).toMatchObject({ data: expected, error: null })
      await server.close()
    }
  })

  it('come out of a compressed stream as they arrive', async () => {
    const { createGzip } = await import('node:zlib')
    let second = (): void => undefined
    server = await httpServer((_, response) => {
      response.writeHead(200, { ...EVENT_STREAM, 'content-encoding': 'gzip' })
      const gzip = createGzip()
      gzip.pipe(response)
      gzip.write('data: one\n\n')
      gzip.flush()
      second = () => gzip.end('data: two\n\n')
    })
    const seen: string[] = []
    for await (const item of (await openStream()).items) {
      seen.push(item.type === 'event' ? item.event.data : `end ${item.error}`)
      if (seen.length === 1) second()
    }
    expect(seen).toEqual(['one', 'two', 'end null'])
  })

  it('ask for no compression', async () => {
    let acceptEncoding: string | undefined
    server = await httpServer((request, response) => {
      acceptEncoding = request.headers['accept-encoding']?.toString()
      response.writeHead(200, EVENT_STREAM).end()
    })
    await read(await openStream())
    expect(acceptEncoding).toBe('identity')
  })

  it('wait for a slow reader instead of filling the memory', async () => {
    let sent = 0
    server = await streamed((response) => {
      const line = `data: ${'x'.repeat(10_000)}\n\n`
      const pump = (): void => {
        while (sent < 2_000) {
          sent += 1
          if (!response.write(line)) return void response.once('drain', pump)
        }
        response.end()
      }
      pump()
    })
    const stream = await openStream({ maxBytes: 100_000_000 })
    let events = 0
    for await (const item of stream.items) {
      if (item.type === 'end') expect(item.error).toBeNull()
      else events += 1
      if (events === 1) {
        // Nobody reads now: what is under way fits into the buffers of two sockets, 20 MB don't.
        await new Promise((resolve) => setTimeout(resolve, 300))
        expect(sent).toBeLessThan(1_800)
      }
    }
    expect(events).toBe(2_000)
  })
})

describe('an answer that is no event stream is read whole', () => {
  it.each<[string, number, { [name: string]: string }]>([
    ['an error status', 429, { 'content-type': 'application/json', 'retry-after': '3' }],
    ['an error status with an event stream', 500, EVENT_STREAM],
    ['a JSON answer to a streamed call', 200, { 'content-type': 'application/json' }],
    ['no content type', 200, {}],
  ])('%s', async (_, status, headers) => {
    server = await httpServer((_request, response) => response.writeHead(status, headers).end('{"x":1}'))
    expect(await open()).toMatchObject({
      ok: true,
      kind: 'body',
      response: { status, headers, body: '{"x":1}' },
    })
  })

  it('within the first token’s time', async () => {
    server = await httpServer((_, response) => {
      response.writeHead(503, { 'content-type': 'text/html' }).write('<html>')
    })
    expect(await open({ firstTokenMs: 150 })).toEqual({
      ok: false,
      error: { kind: 'timeout', phase: 'first_token', limitMs: 150, tokensFlowing: false },
    })
  })

  it('or is cut', async () => {
    server = await rawServer((socket) => socket.end('HTTP/1.1 500 Oops\r\ncontent-length: 9\r\n\r\nhello'))
    expect(await open()).toMatchObject({ ok: false, error: { kind: 'cut' } })
  })

  it('or is too large', async () => {
    server = await httpServer((_, response) => response.writeHead(500).end('x'.repeat(2_000)))
    expect(await open({ maxBytes: 1_000 })).toEqual({
      ok: false,
      error: { kind: 'too_large', limitBytes: 1_000 },
    })
  })
})

describe('a stream that breaks delivers what came, then an error', () => {
  const chunked = (text: string): string => `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`
  const HEAD = 'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n'
  const EVENTS = 'data: one\n\ndata: token\n\ndata: cut he'

  it.each<[string, string | Buffer]>([
    ['at a premature close', `${HEAD}transfer-encoding: chunked\r\n\r\n${chunked(EVENTS)}`],
    ['in a chunk', `${HEAD}transfer-encoding: chunked\r\n\r\nff\r\n${EVENTS}`],
    ['at a chunk size that is none', `${HEAD}transfer-encoding: chunked\r\n\r\n${chunked(EVENTS)}xyz\r\n`],
    ['with fewer bytes than announced', `${HEAD}content-length: 1000\r\n\r\n${EVENTS}`],
  ])('%s', async (_, answer) => {
    server = await rawServer((socket) => socket.end(answer))
    expect(await read(await openStream())).toMatchObject({
      data: ['one', 'token'],
      error: { kind: 'cut', tokensFlowing: true },
    })
  })

  it('at a reset', async () => {
    server = await rawServer((socket) => {
      socket.write(`${HEAD}transfer-encoding: chunked\r\n\r\n${chunked('data: one\n\n')}`)
      setTimeout(() => socket.resetAndDestroy(), 50)
    })
    expect(await read(await openStream())).toMatchObject({
      data: ['one'],
      error: { kind: 'cut', tokensFlowing: false },
    })
  })

  it('also to a reader that comes after the break (E4)', async () => {
    server = await rawServer((socket) => socket.end(`${HEAD}content-length: 1000\r\n\r\n${EVENTS}`))
    const stream = await openStream()
    await until(() => server?.open() === 0)
    expect(await read(stream)).toMatchObject({
      data: ['one', 'token'],
      error: { kind: 'cut', tokensFlowing: true },
    })
  })

  it('in a broken gzip stream', async () => {
    const half = gzipSync('data: one\n\n'.repeat(100)).subarray(0, 25)
    server = await httpServer((_, response) => {
      response.writeHead(200, { ...EVENT_STREAM, 'content-encoding': 'gzip' }).end(half)
    })
    expect((await read(await openStream())).error).toMatchObject({ kind: 'cut' })
  })

  it('past its bound, and hangs up', async () => {
    server = await streamed((response) => {
      const pump = setInterval(() => response.write('data: hello\n\n'), 1)
      response.on('close', () => clearInterval(pump))
    })
    const got = await read(await openStream({ maxBytes: 200 }))
    expect(got.error).toEqual({ kind: 'too_large', limitBytes: 200 })
    expect(got.data.length).toBeGreaterThan(1)
    await until(() => server?.open() === 0)
  })

  it('when it ends at the connection’s close without a length, it is indistinguishable from a whole one', async () => {
    server = await rawServer((socket) => socket.end(`${HEAD}\r\ndata: one\n\n`))
    expect(await read(await openStream())).toMatchObject({ data: ['one'], error: null })
  })
})

describe('the guards of a stream', () => {
  const every = (response: ServerResponse, intervalMs: number, text: string): void => {
    const timer = setInterval(() => response.write(text), intervalMs)
    response.on('close', () => clearInterval(timer))
  }
  const errorOf = async (limits: Partial<SendLimits>): Promise<TransportError | null> => {
    const opened = await open(limits)
    if (!opened.ok) return opened.error
    return opened.kind === 'stream' ? (await read(opened)).error : null
  }

  it('headers: none within the first token’s time', async () => {
    server = await httpServer(() => undefined)
    const { value: error, tookMs, ownMs } = await timed(() => errorOf({ firstTokenMs: 250 }))
    expect(error).toEqual({ kind: 'timeout', phase: 'headers', limitMs: 250, tokensFlowing: false })
    expect(tookMs).toBeGreaterThanOrEqual(248)
    expect(ownMs).toBeLessThan(300)
  })

  it('first token: events without a token and comments don’t count', async () => {
    server = await streamed((response) => every(response, 20, ': ping\n\nevent: ping\ndata: {}\n\n'))
    const { value: error, ownMs } = await timed(() => errorOf({ firstTokenMs: 250 }))
    expect(error).toEqual({ kind: 'timeout', phase: 'first_token', limitMs: 250, tokensFlowing: false })
    expect(ownMs).toBeLessThan(300)
    await until(() => server?.open() === 0)
  })

  it.each([
    ['comments', ': ping\n\n'],
    ['blank lines', '\n'],
    ['events that are no token', 'data: other\n\n'],
    ['pieces of an event', 'data: x\n'],
  ])('idle: %s behind the first token keep it off, and it counts from the last byte', async (_, piece) => {
    let lastAt = 0
    const begun = performance.now()
    server = await streamed((response) => {
      response.write('data: token\n\n')
      const pieces = setInterval(() => {
        lastAt = performance.now() - begun
        response.write(piece)
      }, 60)
      setTimeout(() => clearInterval(pieces), 800)
    })
    const stream = await openStream({ firstTokenMs: 400, idleMs: 400 })
    const { value: got, tookMs, ownMs } = await timed(() => read(stream))
    expect(got.error).toEqual({ kind: 'timeout', phase: 'idle', limitMs: 400, tokensFlowing: true })
    expect(lastAt).toBeGreaterThan(600)
    expect(performance.now() - begun - lastAt).toBeGreaterThanOrEqual(398)
    expect(tookMs).toBeGreaterThan(1_000)
    expect(ownMs).toBeLessThan(1_400)
  })

  it('attempt: the whole call, tokens or not', async () => {
    server = await streamed((response) => every(response, 20, 'data: token\n\n'))
    const { value: error, ownMs } = await timed(() => errorOf({ attemptMs: 300 }))
    expect(error).toEqual({ kind: 'timeout', phase: 'attempt', limitMs: 300, tokensFlowing: true })
    expect(ownMs).toBeLessThan(350)
  })

  it('are all off once the body has arrived, however late it is read', async () => {
    server = await streaming(['data: token\n\n'])
    const stream = await openStream({ attemptMs: 100, firstTokenMs: 100, idleMs: 100 })
    await new Promise((resolve) => setTimeout(resolve, 250))
    expect(await read(stream)).toMatchObject({ data: ['token'], error: null })
  })

  it('end a stream that is not read', async () => {
    server = await streamed((response) => response.write('data: one\n\n'))
    const stream = await openStream({ firstTokenMs: 100 })
    await until(() => server?.open() === 0, 1_000)
    expect((await read(stream)).error).toMatchObject({ phase: 'first_token' })
  })
})

describe('the end by the caller', () => {
  it.each<[string, (stream: EventStream, abort: AbortController) => void]>([
    ['by its signal', (_, abort) => abort.abort()],
    ['by close', (stream) => stream.close()],
  ])('%s closes the socket within 100 ms and ends the loop with aborted', async (_, end) => {
    server = await streamed((response) => response.write('data: one\n\n'))
    const abort = new AbortController()
    const stream = await openStream({}, abort.signal)
    let error: TransportError | null = null
    for await (const item of stream.items) {
      if (item.type === 'end') error = item.error
      else setImmediate(() => end(stream, abort))
    }
    expect(error).toEqual({ kind: 'aborted' })
    expect((await timed(() => until(() => server?.open() === 0))).ownMs).toBeLessThan(100)
  })

  it('before the headers, by its signal', async () => {
    server = await httpServer(() => undefined)
    const abort = new AbortController()
    const opened = open({}, abort.signal)
    await until(() => server?.open() === 1)
    abort.abort()
    expect(await opened).toEqual({ ok: false, error: { kind: 'aborted' } })
    await until(() => server?.open() === 0)
  })

  /** Leaves the loop at `[DONE]`. */
  const readToDone = async (): Promise<void> => {
    for await (const item of (await openStream()).items) {
      if (item.type === 'event' && item.event.data === '[DONE]') return
    }
    throw new Error('no [DONE]')
  }

  it('by leaving the loop at the last event keeps the connection for the next call', async () => {
    server = await streamed((response) => {
      response.write('data: one\n\ndata: [DONE]\n\n')
      setTimeout(() => response.end(), 20)
    })
    for (let call = 0; call < 5; call += 1) {
      await readToDone()
      await new Promise((resolve) => setTimeout(resolve, 60))
    }
    // One, unless this process was held up for longer than the pauses above.
    expect(server.connections()).toBeLessThan(5)
  })

  it('by leaving the loop hangs up after 250 ms where the rest does not end', async () => {
    let hungUp = false
    server = await streamed((response) => {
      response.write('data: [DONE]\n\n')
      const more = setInterval(() => response.write('data: and another thing\n\n'), 10)
      response.on('close', () => {
        clearInterval(more)
        hungUp = true
      })
    })
    await readToDone()
    const { tookMs, ownMs } = await timed(() => until(() => hungUp))
    expect(tookMs).toBeGreaterThan(200)
    expect(ownMs).toBeLessThan(350)
  })
})
