/** The same named cases for every wire format. What a format lacks says `unsupported` in its request fixture. */
import type { FailureClass } from '../../../src/domain/failures/failure'
import type { JsonObject } from '../../../src/domain/request/json'
import { wireFormat } from '../../../src/formats/outbound'
import { isForced } from '../../../src/formats/outbound/model-rules'
import { APIS, type Api, type EncodeInput } from '../../../src/formats/outbound/wire-format'
import { HTTP_FAULTS } from '../../../src/simulator/errors'
import { errorsOf, names, PROVIDERS, parseSse, play, read, readJson } from './fixtures'
import { REQUESTS, type RequestName } from './requests'

const MODELS: Record<Api, string> = {
  'openai-responses': 'gpt-5',
  'openai-chat': 'gpt-5',
  'openai-completions': 'meta-llama/Llama-3.3-70B',
  'anthropic-messages': 'claude-sonnet-5-5',
  bedrock: 'us.amazon.nova-2-lite-v1:0',
  gemini: 'gemini-3.8-flash',
}
const PATHS: Record<Api, string> = {
  'openai-responses': '/responses',
  'openai-chat': '/chat/completions',
  'openai-completions': '/completions',
  'anthropic-messages': '/messages',
  bedrock: '/model/us.amazon.nova-2-lite-v1%3A0/converse',
  gemini: '/models/gemini-3.8-flash:generateContent',
}

/** Where model and streaming are said by the path, and by no field of the body. */
const STREAM_PATHS: { readonly [api in Api]?: string } = {
  bedrock: '/model/us.amazon.nova-2-lite-v1%3A0/converse-stream',
  gemini: '/models/gemini-3.8-flash:streamGenerateContent?alt=sse',
}

/** Its last event says how the answer ended, so that there is no end marker behind a finish reason. */
const ENDS_WITH_REASON: ReadonlySet<Api> = new Set(['openai-responses'])
/** What follows the finish reason proves nothing without it. */
const ENDS_WITH_USAGE: ReadonlySet<Api> = new Set(['bedrock'])
/** Its answers say no model and no id. */
const NAMELESS: ReadonlySet<Api> = new Set(['bedrock'])
/** Its thoughts are counted with the answer. */
const COUNTS_NO_THOUGHTS: ReadonlySet<Api> = new Set(['bedrock'])
/** Behind its finish reason nothing comes but the end of the body. */
const ENDS_WITH_BODY: ReadonlySet<Api> = new Set(['gemini'])

const TEXT = 'Grüße aus Köln 👋'
const CALLS = [
  { id: 'call_a', name: 'weather', arguments: { city: 'Köln' } },
  { id: 'call_b', name: 'now', arguments: {} },
]
const ANSWERS: { [name: string]: object } = {
  plain: {
    text: TEXT,
    toolCalls: [],
    finishReason: { unified: 'stop' },
    usage: { inputTokens: 12, outputTokens: 7 },
  },
  schema: { text: '{"city":"Köln","degrees":21}', finishReason: { unified: 'stop' } },
  length: { text: 'Grüße aus', finishReason: { unified: 'length' } },
  tools: { text: '', toolCalls: CALLS, finishReason: { unified: 'tool_calls' } },
  usage: {
    text: TEXT,
    usage: { inputTokens: 120, outputTokens: 40, cachedInputTokens: 100, reasoningTokens: 24 },
  },
}
const USAGE_WITHOUT_THOUGHTS = {
  text: TEXT,
  usage: { inputTokens: 120, outputTokens: 40, cachedInputTokens: 100 },
}
const REFUSED: { [name: string]: FailureClass } = {
  refusal: 'content_refused',
  filtered: 'content_refused',
  empty: 'bad_response',
}
/** All failure classes that an HTTP response can mean. */
const HTTP_CLASSES: FailureClass[] = [...HTTP_FAULTS, 'timeout', 'bad_response']
const NOW = Date.parse('2026-11-22T12:00:00Z')

/** Sonnet 5.5 can't be made to call a tool. */
const modelOf = (api: Api, name: RequestName): string =>
  api === 'anthropic-messages' && isForced(REQUESTS[name] as EncodeInput['request'])
    ? 'claude-haiku-5-5'
    : MODELS[api]

const inputOf = (api: Api, name: RequestName, more: Partial<EncodeInput> = {}): EncodeInput => ({
  request: REQUESTS[name],
  provider: 'here',
  model: modelOf(api, name),
  facts: {},
  stream: name === 'stream',
  unsupportedParams: 'fail',
  ...more,
})

describe.each(APIS)('%s', (api) => {
  const format = wireFormat(api)
  /** What the format itself says of the call, unless its path does. */
  const saidInBody = (streaming: object) => (STREAM_PATHS[api] ? {} : { model: MODELS[api], ...streaming })
  const pathOf = (name: RequestName) => (name === 'stream' && STREAM_PATHS[api]) || PATHS[api]
  const NAME = NAMELESS.has(api) ? null : expect.any(String)
  const answerOf = (name: string): object =>
    name === 'usage' && COUNTS_NO_THOUGHTS.has(api) ? USAGE_WITHOUT_THOUGHTS : (ANSWERS[name] ?? {})
  const answerNames = names(`${api}/answers`)
  const streamOf = (name: string) => read(`${api}/streams/${name}.sse`)
  const playStream = (text: string, size?: number) => play(format.createStreamDecoder(), parseSse(text, size))

  describe('request', () => {
    it.each(Object.keys(REQUESTS) as RequestName[])('%s', (name) => {
      const expected = readJson<JsonObject>(`${api}/requests/${name}.json`)
      const outcome = format.encode(inputOf(api, name))
      if ('unsupported' in expected) {
        expect(outcome).toMatchObject({ ok: false, failure: { class: 'unsupported' } })
        expect(outcome.ok || outcome.failure.message).toContain(expected.unsupported)
      } else expect(outcome).toMatchObject({ ok: true, value: { path: pathOf(name), body: expected } })
      if (outcome.ok) expect(outcome.value.body).toEqual(expected)
    })

    it('is plain JSON: it survives a trip through text', () => {
      for (const name of Object.keys(REQUESTS) as RequestName[]) {
        const outcome = format.encode(inputOf(api, name))
        if (outcome.ok) expect(JSON.parse(JSON.stringify(outcome.value))).toEqual(outcome.value)
      }
    })

    it('with unsupportedParams drop leaves out parameters only', () => {
      for (const name of ['stop', 'sampling', 'seed', 'reasoning'] as const) {
        expect(format.encode(inputOf(api, name, { unsupportedParams: 'drop' }))).toMatchObject({ ok: true })
      }
      for (const name of ['images', 'tools', 'tools-round-trip', 'schema'] as const) {
        const expected = readJson<JsonObject>(`${api}/requests/${name}.json`)
        const outcome = format.encode(inputOf(api, name, { unsupportedParams: 'drop' }))
        expect(outcome.ok).toBe(!('unsupported' in expected))
      }
    })

    it.each([
      ['images', 'images', { images: false }],
      ['tools', 'tools', { tools: false }],
      ['tools-round-trip', 'tools', { tools: false }],
      ['schema', 'output', { jsonSchema: false }],
      ['length', 'maxTokens', { maxOutputTokens: 40 }],
    ] as const)('%s is unsupported where the facts deny it', (name, word, facts) => {
      const outcome = format.encode(inputOf(api, name, { facts }))
      expect(outcome).toMatchObject({ ok: false, failure: { class: 'unsupported' } })
      expect(outcome.ok || outcome.failure.message).toContain(word)
    })

    it('a forced tool choice without that tool is invalid_request, or unsupported without tools at all', () => {
      const request = { ...REQUESTS.tools, toolChoice: { tool: 'nope' } }
      const expected = api === 'openai-completions' ? 'unsupported' : 'invalid_request'
      expect(format.encode(inputOf(api, 'tools', { request }))).toMatchObject({
        failure: { class: expected },
      })
    })

    it('provider options are added, into objects too, and what the format writes wins: model, messages, limits, streaming', () => {
      const params = {
        maxTokens: 50,
        providerOptions: {
          here: {
            model: 'other',
            models: ['more'],
            n: 5,
            stream: true,
            stream_options: {},
            max_tokens: 9,
            own: { a: 1 },
          },
        },
      }
      const streaming = format.encode(inputOf(api, 'stream', { request: { ...REQUESTS.plain, params } }))
      expect(streaming).toMatchObject({
        ok: true,
        value: { body: { ...saidInBody({ stream: true }), own: { a: 1 } } },
      })
      const whole = format.encode(inputOf(api, 'plain', { request: { ...REQUESTS.plain, params } }))
      expect(whole).toMatchObject({ ok: true, value: { body: { ...saidInBody({}), own: { a: 1 } } } })
      const ours = ['models', 'n', 'stream', ...(api === 'anthropic-messages' ? [] : ['stream_options'])]
      expect(whole.ok && JSON.stringify(whole.value.body)).not.toMatch(/tokens":9/)
      for (const field of ours) expect(whole.ok && whole.value.body).not.toHaveProperty(field)
      const refusing = { providerOptions: { here: { stream: false } } }
      const request = { ...REQUESTS.stream, params: refusing }
      expect(format.encode(inputOf(api, 'stream', { request }))).toMatchObject({
        ok: true,
        value: { path: pathOf('stream'), body: saidInBody({ stream: true }) },
      })
    })
  })

  describe('answer', () => {
    it.each(answerNames.filter((name) => name in ANSWERS))('%s', (name) => {
      const outcome = format.decode(read(`${api}/answers/${name}.json`))
      expect(outcome).toMatchObject({ ok: true, value: answerOf(name) })
      expect(outcome).toMatchObject({ value: { model: NAME, responseId: NAME } })
    })

    it.each(answerNames.filter((name) => name in REFUSED))('%s is a failure', (name) => {
      const outcome = format.decode(read(`${api}/answers/${name}.json`))
      expect(outcome).toMatchObject({ ok: false, failure: { class: REFUSED[name] } })
    })

    it('has every case: no fixture goes unused, none is missing', () => {
      const lacking = api === 'openai-completions' ? ['schema', 'tools'] : []
      expect(answerNames).toEqual(
        expect.arrayContaining(Object.keys(ANSWERS).filter((name) => !lacking.includes(name))),
      )
      expect(answerNames.filter((name) => !(name in ANSWERS) && !(name in REFUSED))).toEqual([])
      expect(
        names(`${api}/streams`)
          .filter((name) => name !== 'error')
          .sort(),
      ).toEqual([...answerNames].sort())
    })

    it.each([
      ['an empty body', ''],
      ['HTML', '<html><body>It works</body></html>'],
      ['no object', '"text"'],
      ['null', 'null'],
      ['an empty object', '{}'],
      ['empty choices', '{"id":"x","choices":[],"type":"message"}'],
      ['choices without content', '{"id":"x","choices":[{"index":0}],"type":"message","content":null}'],
      ['wrong types', '{"choices":"no","content":7,"type":"message"}'],
      [
        'a null message',
        '{"choices":[{"index":0,"message":null,"text":null,"finish_reason":"stop"}],"content":[]}',
      ],
    ])('%s is bad_response', (_, body) => {
      expect(format.decode(body)).toMatchObject({ ok: false, failure: { class: 'bad_response' } })
    })

    it('cut at any byte is bad_response', () => {
      const body = read(`${api}/answers/plain.json`).trimEnd()
      for (let end = 0; end < body.length; end += 7) {
        expect(format.decode(body.slice(0, end))).toMatchObject({
          ok: false,
          failure: { class: 'bad_response' },
        })
      }
    })

    it('an error in a 200 body is that error', () => {
      const body = JSON.stringify({
        error: { message: 'slow', type: 'rate_limit_error', code: 'rate_limit_exceeded' },
      })
      expect(format.decode(body)).toMatchObject({ ok: false, failure: { class: 'rate_limited' } })
    })
  })

  describe('stream', () => {
    it.each(answerNames)('%s comes to the same as the whole body', (name) => {
      const whole = format.decode(read(`${api}/answers/${name}.json`))
      const played = playStream(streamOf(name))
      expect(played.answer).toEqual(whole)
      expect(played).toMatchObject({ complete: true, proved: true, ended: !ENDS_WITH_BODY.has(api) })
    })

    it('begins with start, and has one finish', () => {
      const { events } = playStream(streamOf('plain'))
      expect(events[0]).toMatchObject({
        type: 'start',
        model: NAME,
        responseId: NAME,
      })
      expect(events.filter((event) => event.type === 'finish')).toHaveLength(1)
    })

    it('is the same in pieces of one character and with CRLF', () => {
      const text = streamOf('usage')
      const once = playStream(text)
      expect(playStream(text, 1)).toEqual(once)
      expect(playStream(text.replace(/\n/g, '\r\n'), 3)).toEqual(once)
    })

    it('cut before the finish reason is bad_response and not complete', () => {
      const events = parseSse(streamOf('plain'))
      const cut = play(format.createStreamDecoder(), events.slice(0, 3))
      expect(cut).toMatchObject({ complete: false, ended: false })
      expect(cut.answer).toMatchObject({
        ok: false,
        failure: { class: 'bad_response', message: expect.stringMatching(/^cut/) },
      })
    })

    if (ENDS_WITH_REASON.has(api))
      it('is complete by its last event, and by nothing else', () => {
        const events = parseSse(streamOf('plain'))
        for (const all of [events, [...events.slice(0, 1), ...events.slice(-1)]])
          expect(play(format.createStreamDecoder(), all)).toMatchObject({
            complete: true,
            ended: true,
            proved: true,
            answer: { ok: true, value: { text: TEXT } },
          })
        const marker = { event: null, data: '[DONE]' }
        for (const end of [[], [marker]])
          expect(play(format.createStreamDecoder(), [...events.slice(0, -1), ...end])).toMatchObject({
            complete: false,
            answer: { ok: false, failure: { class: 'bad_response', message: expect.stringMatching(/^cut/) } },
          })
      })
    else if (ENDS_WITH_BODY.has(api))
      it('is complete by its finish reason, and by nothing else: an end marker that a proxy adds proves nothing', () => {
        const events = parseSse(streamOf('plain'))
        const marker = { event: null, data: '[DONE]' }
        for (const end of [[], [marker]])
          expect(play(format.createStreamDecoder(), [...events, ...end])).toMatchObject({
            complete: true,
            proved: true,
            answer: { ok: true, value: { text: TEXT } },
          })
        for (const end of [[], [marker]])
          expect(play(format.createStreamDecoder(), [...events.slice(0, -1), ...end])).toMatchObject({
            complete: false,
            answer: { ok: false, failure: { class: 'bad_response', message: expect.stringMatching(/^cut/) } },
          })
      })
    else {
      it('is complete by its finish reason where the end marker is missing', () => {
        const events = parseSse(streamOf('plain'))
        const played = play(format.createStreamDecoder(), events.slice(0, -1))
        expect(played).toMatchObject({
          complete: true,
          ended: false,
          answer: { ok: true, value: { text: TEXT } },
        })
      })

      if (ENDS_WITH_USAGE.has(api))
        it('is cut where the finish reason is missing, although the usage has come', () => {
          const events = parseSse(streamOf('plain')).filter(({ data }) => !/"stopReason"/.test(data))
          expect(play(format.createStreamDecoder(), events)).toMatchObject({
            complete: false,
            proved: false,
            ended: false,
            answer: { ok: false, failure: { class: 'bad_response', message: expect.stringMatching(/^cut/) } },
          })
        })
      else
        it('is complete by its end marker where the finish reason is missing', () => {
          const events = parseSse(streamOf('plain')).filter(
            ({ data }) => !/"(?:finish|stop)_reason": ?"/.test(data),
          )
          const { answer, complete } = play(format.createStreamDecoder(), events)
          expect(complete).toBe(true)
          expect(answer).toMatchObject({
            ok: true,
            value: { text: TEXT, finishReason: { unified: 'other', raw: null } },
          })
        })
    }

    it.each(['{oops', '7', 'hello', '["a"]', '{"content":"x"}', '"text"'])(
      'WIRE-FORMAT-5: an event that can not be read cuts the answer: %s',
      (data) => {
        const [first, ...rest] = parseSse(streamOf('plain'))
        if (!first) throw new Error('the fixture is empty')
        const played = play(format.createStreamDecoder(), [first, { event: null, data }, ...rest])
        expect(played.answer).toMatchObject({
          ok: false,
          failure: { class: 'bad_response', message: expect.stringMatching(/^cut/) },
        })
      },
    )

    it.each(['null', '{}', '[]', '', ' '])('an event that carries nothing changes nothing: "%s"', (data) => {
      const [first, ...rest] = parseSse(streamOf('plain'))
      if (!first) throw new Error('the fixture is empty')
      const played = play(format.createStreamDecoder(), [first, { event: null, data }, ...rest])
      expect(played).toMatchObject({ complete: true, answer: { ok: true, value: { text: TEXT } } })
    })

    it('an error event is a failure of its class', () => {
      const { answer, complete } = playStream(streamOf('error'))
      expect(complete).toBe(false)
      expect(answer).toMatchObject({ ok: false, failure: { class: 'server_error' } })
    })

    it('an error event after the finish reason changes nothing', () => {
      const whole = parseSse(streamOf('plain'))
      const events = ENDS_WITH_REASON.has(api) || ENDS_WITH_BODY.has(api) ? whole : whole.slice(0, -1)
      const late = {
        event: 'error',
        data: '{"type":"error","error":{"type":"server_error","message":"late"}}',
      }
      expect(play(format.createStreamDecoder(), [...events, late]).answer).toMatchObject({ ok: true })
    })
  })

  describe('error', () => {
    it.each(
      PROVIDERS[api].flatMap((provider) => errorsOf(provider).map((error) => ({ provider, ...error }))),
    )(
      '$provider: $status $name -> $class',
      ({ status, headers, body, class: expected, expect: fields = {} }) => {
        const text = typeof body === 'string' ? body : JSON.stringify(body)
        const failure = format.decodeFailure({ status, headers, body: text, now: NOW })
        expect(failure).toMatchObject({ class: expected, status, ...fields })
        expect(failure.message.length).toBeLessThanOrEqual(300)
        expect(failure.message).not.toMatch(/sk-proj-\*+abcd|my secret prompt|<html|<!DOCTYPE/i)
      },
    )

    it('every class that an HTTP response can mean is among them', () => {
      const seen = new Set(
        PROVIDERS[api].flatMap((provider) => errorsOf(provider).map((error) => error.class)),
      )
      expect([...seen].sort()).toEqual([...HTTP_CLASSES].sort())
    })
  })
})
