/** What a client gets of a generation's events, and how the stream ends. There is no socket. */
import { getEventListeners } from 'node:events'
import { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import { PassThrough } from 'node:stream'
import { setImmediate as turn } from 'node:timers/promises'
import type { FastifyReply } from 'fastify'
import { type Generation, HoldfastError } from '../../src/client'
import type { AnswerEvent } from '../../src/formats/inbound'
import { LIMITS } from '../../src/gateway/limits'
import type { StreamMeter } from '../../src/gateway/metrics'
import { HttpProblem } from '../../src/gateway/problems'
import { type Relay, relay } from '../../src/gateway/relay'
import { answerOf } from '../helpers/cache'

const target = 'alpha/m'
const word = (text: string): AnswerEvent => ({ type: 'text', position: 1, text, target })
const attempt: AnswerEvent = {
  type: 'attempt',
  position: 1,
  attempt: { candidate: 0, target, number: 1, startedAt: 0, durationMs: 1 },
}
const result: Omit<Generation, 'output' | 'webUrl'> = {
  ...answerOf('one two'),
  id: 'g1',
  route: 'default',
  target,
  served: 'provider',
  attempts: [],
  costUsd: null,
  timings: { startedAt: 0, finishedAt: 0, totalMs: 0 },
}
const done: AnswerEvent = { type: 'done', position: 2, result }
const cutAnswer = new HoldfastError({ kind: 'unavailable', message: 'The answer was cut', accepted: true })

/** The stream has begun: its headers were written. */
async function begun(): Promise<void> {
  await turn()
  await turn()
}

interface Given extends Partial<Pick<Relay, 'inBand' | 'shared' | 'durable'>> {
  events(gateway: { cut(): void; clientGoes(): void }): AsyncGenerator<AnswerEvent>
  /** The gateway has to go before the first event is read. */
  cutBefore?: true
}

/** One request over these events: what its client got, and what was counted and reported. */
async function relayed({ events, cutBefore, ...given }: Given) {
  const cut = new AbortController()
  const gone = new AbortController()
  const faults: unknown[] = []
  const counted: string[] = []
  const meter: StreamMeter = {
    streaming: () => undefined,
    event: () => undefined,
    failed: () => counted.push('failed'),
  }
  if (cutBefore) cut.abort()
  const { reply, sent } = replyOverNothing()
  let rejected: unknown = null
  await relay({
    events: events({ cut: () => cut.abort(), clientGoes: () => gone.abort() }),
    format: {
      encode: (event) => (event.type === 'text' ? `<${event.text}>` : event.type === 'done' ? '<done>' : ''),
      end: '<end>',
      ping: '<ping>',
      error: (error) => `<error ${error instanceof HttpProblem ? error.code : error.message}>`,
    },
    onFault: (error) => faults.push(error),
    inBand: () => false,
    id: 'g1',
    durable: true,
    shared: false,
    context: {
      dialect: 'openai',
      requestId: 'req_1',
      grant: null,
      tenant: null,
      operates: false,
      operator: null,
      arrivedAt: 0,
      signal: gone.signal,
      cut: cut.signal,
      taken: false,
      generationId: 'g1',
      trace: { context: undefined, content: () => undefined, ended: () => undefined },
    },
    reply,
    limits: LIMITS,
    meter,
    ...given,
  }).catch((error: unknown) => {
    rejected = error
  })
  reply.raw.destroy()
  return { ...sent(), rejected, counted, faults, listeners: getEventListeners(cut.signal, 'abort').length }
}

/** Node's own response, into memory, and of Fastify's reply around it what the relay uses. */
function replyOverNothing() {
  const wire = Object.assign(new PassThrough(), { setTimeout: () => undefined })
  const written: string[] = []
  wire.on('data', (chunk) => written.push(String(chunk)))
  const raw = new ServerResponse(new IncomingMessage(new Socket()))
  raw.assignSocket(wire as unknown as Socket)
  const reply = {
    raw,
    hijack: () => reply,
    getHeaders: () => ({}),
    code(status: number) {
      raw.statusCode = status
      return reply
    },
    headers(headers: { [name: string]: string }) {
      raw.setHeaders(new Map(Object.entries(headers)))
      return reply
    },
    send: (body: unknown) => raw.end(JSON.stringify(body)),
  }
  return {
    reply: reply as unknown as FastifyReply,
    sent() {
      const [head = '', payload = ''] = written.join('').split('\r\n\r\n')
      const [status = '', ...lines] = head.split('\r\n')
      const headers = Object.fromEntries(lines.map((line) => line.split(': ')))
      return { status: Number(status.split(' ')[1]), headers, payload }
    },
  }
}

describe('RELAY-1: a generation that was answered', () => {
  const whole = () =>
    relayed({
      async *events() {
        yield attempt
        yield word('one ')
        await begun()
        yield word('two')
        yield done
      },
    })

  it('ends its stream with the end marker, behind `done`', async () => {
    const { status, payload, counted } = await whole()
    expect([status, payload]).toEqual([200, '<one ><two><done><end>'])
    expect(counted).toEqual([])
  })

  it('has in the headers the target that answers, and the number of calls', async () => {
    const { headers } = await whole()
    expect(headers).toMatchObject({
      'x-holdfast-generation': 'g1',
      'x-holdfast-target': target,
      'x-holdfast-attempts': '2',
    })
  })

  it('leaves nothing behind at the signal of the gateway', async () => {
    expect((await whole()).listeners).toBe(0)
  })
})

describe('RELAY-1: a failure', () => {
  it('after the first words is sent inside the stream, which has no end marker', async () => {
    const { status, payload, counted } = await relayed({
      async *events() {
        yield word('half')
        await begun()
        throw cutAnswer
      },
    })
    expect([status, payload]).toEqual([200, '<half><error The answer was cut>'])
    expect(counted).toEqual(['failed'])
  })

  it('before the first words is a status: what the format has nothing for sends nothing', async () => {
    const { payload, rejected, counted } = await relayed({
      async *events() {
        yield attempt
        await begun()
        throw cutAnswer
      },
    })
    expect(rejected).toBe(cutAnswer)
    expect(payload).toBe('')
    // By whoever sends the status.
    expect(counted).toEqual([])
  })

  it('that is asked for inside the stream is sent there, although nothing was sent yet', async () => {
    const { status, payload } = await relayed({
      inBand: ({ accepted }) => accepted === true,
      // biome-ignore lint/correctness/useYield: it fails before its first event
      async *events() {
        throw cutAnswer
      },
    })
    expect([status, payload]).toEqual([200, '<error The answer was cut>'])
  })

  it('of our own is reported, and its text is not sent', async () => {
    const fault = new TypeError('a secret')
    const { payload, faults, counted } = await relayed({
      async *events() {
        yield word('half')
        await begun()
        throw fault
      },
    })
    expect(payload).toBe('<half><error internal_error>')
    expect(faults).toEqual([fault])
    expect(counted).toEqual([])
  })

  it('of our own is a status where nothing was sent, also where failures are asked for inside the stream', async () => {
    const fault = new TypeError('a fault')
    const { rejected } = await relayed({
      inBand: () => true,
      // biome-ignore lint/correctness/useYield: it fails before its first event
      async *events() {
        throw fault
      },
    })
    expect(rejected).toBe(fault)
  })
})

describe('RELAY-2: a client that has gone', () => {
  const leaves = (shared: boolean) =>
    relayed({
      shared,
      async *events({ clientGoes }) {
        yield word('half')
        await begun()
        clientGoes()
        throw new HoldfastError({ kind: 'cancelled', message: 'The client has gone', accepted: true })
      },
    })

  it('ends its generation, and got no error that would count', async () => {
    expect((await leaves(false)).counted).toEqual([])
  })

  it('counts as no end of a generation that others share', async () => {
    const { counted, faults } = await leaves(true)
    expect([counted, faults]).toEqual([[], []])
  })
})

describe('RELAY-3: a gateway that has to go', () => {
  it('says so inside the stream, once, and neither sends nor reads more of the generation', async () => {
    let readOn = false
    const { payload, counted, listeners } = await relayed({
      async *events({ cut }) {
        yield word('half')
        await begun()
        cut()
        yield word('late')
        readOn = true
        throw cutAnswer
      },
    })
    expect(readOn).toBe(false)
    expect(payload).toMatch(/^<half><error The gateway is shutting down; the generation goes on[^<]*>$/)
    expect(counted).toEqual([])
    expect(listeners).toBe(0)
  })

  it('says so by a status where nothing was sent, and no failure comes after it', async () => {
    const { status, headers, payload, counted } = await relayed({
      async *events({ cut }) {
        yield attempt
        cut()
        throw cutAnswer
      },
    })
    expect([status, headers['retry-after']]).toEqual([503, '1'])
    expect(JSON.parse(payload)).toMatchObject({ error: { holdfast: { accepted: true, generationId: 'g1' } } })
    expect(counted).toEqual([])
  })

  it('before the first event reads none', async () => {
    const read: string[] = []
    const { status } = await relayed({
      cutBefore: true,
      async *events() {
        read.push('one')
        yield word('half')
      },
    })
    expect(status).toBe(503)
    expect(read).toEqual([])
  })

  it('says of a generation that it ran without Temporal that it may be sent again', async () => {
    const { payload } = await relayed({
      durable: false,
      cutBefore: true,
      async *events() {
        yield word('half')
      },
    })
    expect(JSON.parse(payload)).toMatchObject({ error: { holdfast: { accepted: false } } })
  })

  it('reports a fault of our own that comes after the cut', async () => {
    const fault = new TypeError('late')
    const { faults } = await relayed({
      async *events({ cut }) {
        yield word('half')
        await begun()
        cut()
        throw fault
      },
    })
    expect(faults).toEqual([fault])
  })
})
