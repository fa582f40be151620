import type { HttpClient, OpenResult, StreamItem } from '../../../src/http'
import { tracedHttp } from '../../../src/telemetry/tracing'
import { recordingTracer } from '../../helpers/recording-tracer'

const LIMITS = { connectMs: 1, attemptMs: 1, firstTokenMs: 1, idleMs: 1, maxBytes: 1 }
const PARENT = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), sampled: true }

function tracedOver(result: OpenResult) {
  const { tracer, ended } = recordingTracer()
  const http = {
    send: async () => result,
    openStream: async () => result,
    close: async () => undefined,
  } as unknown as HttpClient
  const tracing = { tracer, propagateToProviders: false }
  return { http: tracedHttp(http, { tracing, parent: PARENT, now: () => 7 }), ended }
}
const request = (url: string) => ({ method: 'POST' as const, url, headers: { 'x-api-key': 'sk-secret' } })
const stream = (items: StreamItem[]): OpenResult => ({
  ok: true,
  kind: 'stream',
  status: 200,
  headers: {},
  items: (async function* () {
    yield* items
  })(),
  sawToken: () => undefined,
  close: () => undefined,
})

// TRACED-HTTP-1
it('a URL is shown without its query and credentials, and no header is', async () => {
  const { http, ended } = tracedOver({
    ok: true,
    kind: 'body',
    response: { status: 200, headers: {}, body: '' },
  })
  await http.send(request('https://me:pass@api.example:8443/v1/chat?key=sk-secret#x'), LIMITS)
  expect(JSON.stringify(ended())).not.toMatch(/secret|pass/)
  expect(ended()[0]).toMatchObject({
    parent: PARENT,
    attributes: {
      'url.full': 'https://api.example:8443/v1/chat',
      'server.address': 'api.example',
      'server.port': 8443,
    },
  })
})

it.each([
  [
    'a status of failure',
    { ok: true, kind: 'body', response: { status: 503, headers: {}, body: '' } },
    '503',
  ],
  ['a connection that failed', { ok: false, error: { kind: 'timeout', phase: 'connect' } }, 'timeout'],
  ['one that we have hung up on', { ok: false, error: { kind: 'aborted' } }, undefined],
])('%s ends its span as what it is', async (_, result, error) => {
  const { http, ended } = tracedOver(result as OpenResult)
  await http.openStream(request('http://api.example/v1'), LIMITS)
  expect(ended()[0]?.end?.error).toBe(error)
})

// TRACED-HTTP-2
it('the span of a stream ends with the stream, read to its end or left', async () => {
  const end: StreamItem = { type: 'end', error: { kind: 'cut', message: 'a secret', tokensFlowing: true } }
  const event = { type: 'event', event: { data: 'x' } } as unknown as StreamItem
  const whole = tracedOver(stream([event, end]))
  const read = await whole.http.openStream(request('http://api.example/v1'), LIMITS)
  expect(whole.ended()).toEqual([])
  if (read.ok && read.kind === 'stream') for await (const item of read.items) expect(item).toBeDefined()
  expect(whole.ended()[0]?.end).toMatchObject({ error: 'cut' })
  const left = tracedOver(stream([event, event, end]))
  const begun = await left.http.openStream(request('http://api.example/v1'), LIMITS)
  if (begun.ok && begun.kind === 'stream') for await (const _item of begun.items) break
  expect(left.ended()[0]?.end?.error).toBeUndefined()
})
