/** Every fault as a client of the socket sees it. */
import * as http from 'node:http'
import { type Simulator, type StepInput, startSimulator, wordsText } from '../../src/simulator'

let simulator: Simulator
beforeAll(async () => {
  simulator = await startSimulator()
})
afterAll(() => simulator.close())
beforeEach(() => simulator.reset())

interface Seen {
  /** null: no status line came. */
  status: number | null
  headers: http.IncomingHttpHeaders
  text: string
  /** How it ended: `error` before the headers, `aborted` in the body, `hung` when this client lost patience. */
  end: 'whole' | 'error' | 'aborted' | 'hung'
  /**
   * `RST` where the system said so. Node calls a plain end in the middle ECONNRESET as well, and so does
   * it with an RST that it meets together with the last data, on a busy machine.
   */
  code: string | null
  tookMs: number
}

const APIS = {
  'openai-responses': { path: '/responses', body: { input: 'Hi' } },
  'openai-chat': { path: '/chat/completions', body: { messages: [{ role: 'user', content: 'Hi' }] } },
  'openai-completions': { path: '/completions', body: { prompt: 'Hi' } },
  'anthropic-messages': {
    path: '/messages',
    body: { max_tokens: 100, messages: [{ role: 'user', content: 'Hi' }] },
  },
  gemini: {
    path: '/models/model-x:generateContent',
    streamPath: '/models/model-x:streamGenerateContent?alt=sse',
    body: { contents: [{ role: 'user', parts: [{ text: 'Hi' }] }] },
  },
} as const
type Api = keyof typeof APIS
const EVERY_API = Object.keys(APIS) as Api[]

const codeOf = ({ code, syscall }: NodeJS.ErrnoException) =>
  code === 'ECONNRESET' && syscall === 'read' ? 'RST' : (code ?? null)

/** Asks on a connection of its own, and hangs up after `patienceMs` of silence. */
function ask(api: Api, stream: boolean, patienceMs = 10_000): Promise<Seen> {
  const { path, body } = APIS[api]
  const own = api === 'gemini' && stream ? APIS[api].streamPath : path
  const addressed = api === 'gemini' ? {} : { model: 'model-x', stream }
  const startedAt = performance.now()
  return new Promise((resolve) => {
    let seen: Omit<Seen, 'end' | 'tookMs'> = { status: null, headers: {}, text: '', code: null }
    let hungUp = false
    const done = (end: Seen['end'], code: string | null = null) =>
      resolve({ ...seen, end: hungUp ? 'hung' : end, code, tookMs: performance.now() - startedAt })
    const request = http.request(`${simulator.baseUrl('alpha')}${own}`, {
      method: 'POST',
      agent: false,
      headers: { 'anthropic-version': '2023-06-01', 'content-type': 'application/json' },
    })
    request.on('error', (error: NodeJS.ErrnoException) =>
      done(seen.status === null ? 'error' : 'aborted', codeOf(error)),
    )
    request.on('response', (response) => {
      seen = { ...seen, status: response.statusCode ?? null, headers: response.headers }
      response.setEncoding('utf8')
      response.on('data', (text: string) => {
        seen.text += text
      })
      response.on('end', () => done('whole'))
      response.on('error', (error: NodeJS.ErrnoException) => done('aborted', codeOf(error)))
    })
    request.setTimeout(patienceMs, () => {
      hungUp = true
      request.destroy()
    })
    request.end(JSON.stringify({ ...addressed, ...body }))
  })
}

const play = (step: StepInput, api: Api, stream = false, patienceMs?: number) => {
  simulator.script('alpha', [step])
  return ask(api, stream, patienceMs)
}
const outcome = async () => (await simulator.waitForCalls(1))[0]?.outcome

describe('connection faults', () => {
  it.each(['refuse', 'reset'] as const)('%s resets before any header', async (fault) => {
    const seen = await play({ fault }, 'openai-chat')
    expect(seen).toMatchObject({ end: 'error', code: 'RST', status: null })
    expect(simulator.calls()[0]).toMatchObject({ outcome: 'faulted', status: null })
  })

  it('reset_after_headers sends the status and then resets', async () => {
    const seen = await play({ fault: 'reset_after_headers' }, 'openai-chat')
    expect(seen).toMatchObject({ status: 200, end: 'aborted', text: '' })
  })

  it('silent takes the request and never answers; the hang-up is recorded with its time', async () => {
    const seen = await play({ fault: 'silent' }, 'openai-chat', false, 150)
    expect(seen).toMatchObject({ end: 'hung', status: null })
    const [call] = await simulator.waitForCalls(1, { outcome: 'client_aborted' })
    const waitedMs = (call?.abortedAt ?? 0) - (call?.receivedAt ?? 0)
    expect(waitedMs).toBeGreaterThanOrEqual(100)
    expect(call?.finishedAt).toBeUndefined()
  })

  it('hang_after_headers sends the status and then nothing', async () => {
    const seen = await play({ fault: 'hang_after_headers' }, 'openai-chat', true, 150)
    expect(seen).toMatchObject({ end: 'hung', status: 200, text: '' })
    await simulator.waitForCalls(1, { outcome: 'client_aborted' })
  })
})

describe.each(EVERY_API)('body faults, %s', (api) => {
  it.each([false, true])('html is a 200 with a page (streamed: %s)', async (stream) => {
    const seen = await play({ fault: 'html' }, api, stream)
    expect(seen).toMatchObject({ status: 200, end: 'whole' })
    expect(seen.headers['content-type']).toBe('text/html')
    expect(seen.text).toContain('<html>')
  })

  it('cut_json is no JSON, though HTTP calls it whole', async () => {
    const seen = await play({ fault: 'cut_json' }, api)
    expect(seen).toMatchObject({ status: 200, end: 'whole' })
    expect(() => JSON.parse(seen.text)).toThrow()
  })

  it.each([false, true])('empty_body has no byte (streamed: %s)', async (stream) => {
    expect(await play({ fault: 'empty_body' }, api, stream)).toMatchObject({
      status: 200,
      end: 'whole',
      text: '',
    })
  })

  it.each(['empty_choices', 'null_content', 'wrong_shape'] as const)(
    '%s is whole JSON without an answer',
    async (fault) => {
      const whole = await play({ fault }, api)
      const body = JSON.parse(whole.text)
      const content =
        body.choices?.[0]?.message?.content ??
        body.choices?.[0]?.text ??
        body.content?.[0]?.text ??
        body.output?.[0]?.content?.[0]?.text
      expect(content ?? null).toBeNull()
      const streamed = await play({ fault }, api, true)
      expect(streamed.end).toBe('whole')
      expect(streamed.text).toContain('data: ')
      expect(streamed.text).not.toContain('Simulated answer')
      expect(simulator.calls().map((call) => call.outcome)).toEqual(['faulted', 'faulted'])
    },
  )

  it.each([false, true])('cut_body ends before the announced end (streamed: %s)', async (stream) => {
    const seen = await play({ fault: 'cut_body' }, api, stream)
    expect(seen).toMatchObject({ status: 200, end: 'aborted' })
    expect(seen.text.length).toBeGreaterThan(0)
    expect(await outcome()).toBe('faulted')
  })

  it.each([false, true])(
    'huge is larger than requested, and still well formed (streamed: %s)',
    async (stream) => {
      const seen = await play({ fault: 'huge', bytes: 2_000_000 }, api, stream)
      expect(seen.text.length).toBeGreaterThan(2_000_000)
      expect(seen.end).toBe('whole')
      if (!stream) expect(() => JSON.parse(seen.text)).not.toThrow()
    },
  )
})

describe('HTTP errors', () => {
  it.each([
    [
      'openai-chat',
      { error: { message: 'Slow down', type: 'requests', param: null, code: 'rate_limit_exceeded' } },
    ],
    [
      'anthropic-messages',
      { type: 'error', error: { type: 'rate_limit_error', message: 'Slow down' }, request_id: 'req_sim_0' },
    ],
    [
      'gemini',
      {
        error: {
          code: 429,
          message: 'Slow down',
          status: 'RESOURCE_EXHAUSTED',
          details: [
            {
              '@type': 'type.googleapis.com/google.rpc.QuotaFailure',
              violations: [{ quotaId: 'GenerateRequestsPerMinutePerProjectPerModel' }],
            },
          ],
        },
      },
    ],
  ] as const)('%s: the body has its shape, and the script may change its parts', async (api, body) => {
    const step = {
      fault: 'rate_limited',
      message: 'Slow down',
      retryAfter: '1.5',
      retryAfterMs: 1500,
    } as const
    const seen = await play({ ...step, headers: { 'x-ratelimit-remaining-requests': '0' } }, api)
    expect(seen.status).toBe(429)
    expect(JSON.parse(seen.text)).toEqual(body)
    expect(seen.headers).toMatchObject({
      'retry-after': '1.5',
      'retry-after-ms': '1500',
      'x-ratelimit-remaining-requests': '0',
    })
  })

  it('a bare status gets the usual type of its format', async () => {
    expect(JSON.parse((await play({ status: 529 }, 'anthropic-messages')).text).error.type).toBe(
      'overloaded_error',
    )
    expect(JSON.parse((await play({ status: 502 }, 'openai-chat')).text).error.type).toBe('server_error')
  })

  it('a body of its own is sent as it is', async () => {
    const seen = await play({ status: 502, body: '<html>Bad gateway</html>' }, 'openai-chat')
    expect(seen).toMatchObject({ status: 502, text: '<html>Bad gateway</html>' })
    expect(seen.headers['content-type']).toBe('text/html')
  })
})

describe.each(EVERY_API)('stream faults, %s', (api) => {
  /** Of the formats that repeat their words at the end, the pieces alone. */
  const piece = api === 'openai-responses' ? /"delta":"([^"]+)"/g : /"(?:content|text)":"([^"]+)"/g
  const words = (text: string) => [...text.matchAll(piece)].map((match) => match[1]).join('')
  const reason = /"finishReason":"STOP"|"finish_reason":"stop"|"stop_reason":"end_turn"|"response\.completed"/
  const anyReason = /"finishReason":"|"(?:finish|stop)_reason":"|"response\.(?:completed|incomplete)"/
  const marker = /\[DONE\]|message_stop/

  it('cut by a reset: what came before is readable, and HTTP ends in an error', async () => {
    const seen = await play({ words: 60, cut: { after: 40, how: 'reset' } }, api, true)
    expect(seen).toMatchObject({ status: 200, end: 'aborted' })
    expect(['RST', 'ECONNRESET']).toContain(seen.code)
    expect(words(seen.text)).toBe(wordsText(40))
    expect(await outcome()).toBe('faulted')
  })

  it('cut in a chunk: HTTP ends in an error', async () => {
    const seen = await play({ words: 60, cut: { after: 40, how: 'truncated_chunk' } }, api, true)
    expect(seen).toMatchObject({ status: 200, end: 'aborted' })
    expect(seen.text).toContain(wordsText(40).split(' ').at(-1))
  })

  it('cut by a clean end: HTTP is whole, the stream has no finish reason and no end marker', async () => {
    const seen = await play({ words: 60, cut: { after: 40, how: 'end' } }, api, true)
    expect(seen.end).toBe('whole')
    expect(words(seen.text)).toBe(wordsText(40))
    expect(seen.text).not.toMatch(anyReason)
    expect(seen.text).not.toMatch(marker)
  })

  it('a cut that asks for more words than there are comes before the finish reason', async () => {
    const seen = await play({ words: 5, cut: { after: 99, how: 'end' } }, api, true)
    expect(words(seen.text)).toBe(wordsText(5))
    expect(seen.text).not.toMatch(anyReason)
    expect(seen.text).not.toMatch(marker)
  })

  it('stall: nothing comes after its word', async () => {
    const seen = await play({ words: 60, stall: { after: 10 } }, api, true, 150)
    expect(seen.end).toBe('hung')
    expect(words(seen.text)).toBe(wordsText(10))
    await simulator.waitForCalls(1, { outcome: 'client_aborted' })
  })

  it('malformed: one event is no JSON, all others are, and no word is lost', async () => {
    const seen = await play({ words: 20, malformed: { after: 5 } }, api, true)
    const events = [...seen.text.matchAll(/^data: (.+)$/gm)].map((match) => match[1] ?? '')
    const broken = events.filter((event) => event !== '[DONE]' && !isJson(event))
    expect(broken).toHaveLength(1)
    expect(words(seen.text)).toBe(wordsText(20))
    expect(await outcome()).toBe('answered')
  })

  it('noDone: a finish reason, no end marker', async () => {
    const seen = await play({ words: 5, noDone: true }, api, true)
    expect(seen.text).toMatch(reason)
    expect(seen.text).not.toMatch(marker)
    expect(seen.end).toBe('whole')
  })

  it('noDone open: all but the end marker, and the socket stays open', async () => {
    const seen = await play({ words: 5, noDone: 'open' }, api, true, 150)
    expect(seen.end).toBe('hung')
    expect(words(seen.text)).toBe(wordsText(5))
    expect(seen.text).toMatch(reason)
    expect(seen.text).not.toMatch(marker)
    await simulator.waitForCalls(1, { outcome: 'client_aborted' })
  })

  it('errorEvent: an error in the stream, and nothing after it', async () => {
    const seen = await play({ words: 20, errorEvent: { after: 5, message: 'Too much' } }, api, true)
    const events = [...seen.text.matchAll(/^data: (.+)$/gm)].map((match) => match[1] ?? '')
    const said = JSON.parse(events.at(-1) ?? '')
    expect(said.error ?? said).toMatchObject({ message: 'Too much' })
    expect(seen.end).toBe('whole')
    expect(await outcome()).toBe('faulted')
  })

  it('drip: each word takes its time, and one answer that is not streamed takes the sum', async () => {
    expect((await play({ words: 10, drip: '20ms' }, api, true)).tookMs).toBeGreaterThanOrEqual(190)
    expect((await play({ words: 10, drip: '20ms' }, api)).tookMs).toBeGreaterThanOrEqual(190)
  })

  it.each(['reset', 'end', 'truncated_chunk'] as const)(
    'an answer that is not streamed is cut by %s in its body',
    async (how) => {
      const seen = await play({ words: 60, cut: { after: 40, how } }, api)
      expect(seen).toMatchObject({ status: 200, end: 'aborted' })
      expect(seen.text.length).toBeGreaterThan(50)
      expect(() => JSON.parse(seen.text)).toThrow()
    },
  )
})

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
