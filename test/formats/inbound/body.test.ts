/** Bodies as callers write them -> the library's request. */
import fc from 'fast-check'
import { HoldfastError } from '../../../src/contract/errors'
import type { GenerationRequest } from '../../../src/domain/request/request'
import { checkRequest } from '../../../src/request'
import { REQUESTS } from '../outbound/requests'
import { DIALECTS } from './harness'
import { anyRequest } from './requests'

const hello = [{ role: 'user', content: 'Hello' }]

describe.each(DIALECTS)('$name', ({ name, format, parse, ask, listen }) => {
  /** What this format writes of a request, read back. */
  const backOf = (request: GenerationRequest) => {
    const settings = { provider: 'p', model: 'other-model', facts: {}, stream: false } as const
    const written = format.encode({ ...settings, request, unsupportedParams: 'drop' })
    if (!written.ok) throw new Error(written.failure.message)
    const { schema, tools = [], toolChoice, messages, params } = parse(written.value.body).request
    return { schema, tools, toolChoice, messages, params }
  }
  it('any request that this format writes for a provider is read back as the same request', () => {
    fc.assert(
      fc.property(anyRequest(name), (request) => {
        const { messages, params, tools = [], toolChoice } = request
        const back = backOf(request)
        expect(back).toMatchObject({ messages, params, tools, toolChoice })
        // What is read can be prepared.
        checkRequest({ messages: back.messages, params: back.params, tools: back.tools })
      }),
      { numRuns: 100 },
    )
  })

  it('the named requests of the wire formats are read, all of them', () => {
    for (const { output: _output, ...request } of Object.values<GenerationRequest>(REQUESTS))
      expect(backOf(request).messages.length).toBeGreaterThan(0)
  })

  it('what the official client sends by default is taken', async () => {
    const bodies: unknown[] = []
    const keep = async (_url: unknown, init?: { body?: unknown }): Promise<Response> => {
      bodies.push(JSON.parse(String(init?.body)))
      return new Response('{}', { status: 400 })
    }
    await expect(ask(keep)).rejects.toThrow('400')
    await expect(listen(keep)).rejects.toThrow('400')
    const [parsed, listened] = bodies.map((body) => parse(body))
    expect(parsed).toMatchObject({
      request: { route: 'chat', messages: hello },
      stream: false,
      echoModel: 'chat',
    })
    expect(listened).toMatchObject({ stream: true, restarts: 'error' })
  })

  it('extensions stand under holdfast', () => {
    const holdfast = {
      override: { deadline: '8s' },
      cache: 'no-cache',
      restarts: 'event',
      providerOptions: { alpha: { top_k: 4 } },
    }
    const parsed = parse({ model: 'chat', max_tokens: 9, messages: hello, holdfast })
    expect(parsed.restarts).toBe('event')
    expect(parsed.request).toMatchObject({
      override: { deadline: '8s' },
      cache: 'no-cache',
      params: { maxTokens: 9, providerOptions: { alpha: { top_k: 4 } } },
    })
  })

  it.each<[string, unknown, string]>([
    ['no object', 'text', 'the body has to be a JSON object'],
    ['no model', { messages: hello }, 'model: name a route or a target'],
    ['an empty model', { model: '', messages: hello }, 'model: name a route or a target'],
    ['no messages', { model: 'm' }, 'messages: '],
    [
      'a role nobody knows',
      { model: 'm', messages: [{ role: 'poet', content: '' }] },
      'messages.0.role: the role is',
    ],
    [
      'a part nobody knows',
      { model: 'm', messages: [{ role: 'user', content: [{ type: 'smell' }] }] },
      'messages.0.content.0.type: only',
    ],
    ['a temperature in words', { model: 'm', messages: hello, temperature: 'hot' }, 'temperature: '],
    [
      'a slip',
      { model: 'm', messages: hello, temperatur: 1 },
      'temperatur: no field of this API; did you mean "temperature"?; a provider\'s own field is not passed on; put it into holdfast.providerOptions',
    ],
    [
      'a word of holdfast nobody knows',
      { model: 'm', messages: hello, holdfast: { tenant: 'x' } },
      'holdfast: Unrecognized key: "tenant"',
    ],
    ['too few tokens', { model: 'm', messages: hello, max_tokens: 0 }, 'max_tokens: '],
  ])('%s is refused by name', (_, body, message) => {
    expect(() => parse(body)).toThrow(HoldfastError)
    expect(() => parse(body)).toThrow(message)
  })

  it('all errors are reported at once', () => {
    const body = { model: '', messages: [], max_tokens: 9, seeds: 1 }
    expect(() => parse(body)).toThrow(/seeds: .*model: .*messages: /s)
  })
})
